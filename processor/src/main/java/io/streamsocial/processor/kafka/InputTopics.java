package io.streamsocial.processor.kafka;

import io.streamsocial.processor.Moment;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The topics that an engine reads, as the brokers have them now. Thread-safe; shared by the loops.
 */
public final class InputTopics {
  private final Map<String, TopicIdentity> byName;

  /**
   * @param topics one or more; the first is the posts topic
   */
  public InputTopics(Collection<TopicIdentity> topics) {
    Map<String, TopicIdentity> all = new LinkedHashMap<>();
    topics.forEach(topic -> all.put(topic.name(), topic));
    byName = Collections.unmodifiableMap(all);
  }

  /** In the order of the configuration. */
  public Collection<TopicIdentity> all() {
    return byName.values();
  }

  /** The first. */
  public TopicIdentity posts() {
    return byName.values().iterator().next();
  }

  public Set<String> names() {
    return byName.keySet();
  }

  /**
   * @throws IllegalArgumentException when the engine does not read it
   */
  public TopicIdentity get(String name) {
    TopicIdentity topic = byName.get(name);
    if (topic == null) {
      throw new IllegalArgumentException(
          "topic %s is not read: the topics are %s".formatted(name, names()));
    }
    return topic;
  }

  /** See {@link TopicIdentity#turn}. */
  public void turn(Moment now) {
    byName.values().forEach(topic -> topic.turn(now));
  }
}
