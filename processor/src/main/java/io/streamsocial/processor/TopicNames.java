package io.streamsocial.processor;

import java.util.List;
import java.util.Optional;

/**
 * The topics of one application.
 *
 * @param inputs what is read, the posts first; not ours to write
 * @param shuffle packed partial counts by hash of the tag: the log of the state
 * @param changelogs the snapshots of the state, one a view, in the order of {@link
 *     EngineConfig.Views#names}; in the formats of Kafka Streams
 * @param rejected posts that could not be counted, and why
 */
public record TopicNames(
    List<String> inputs, String shuffle, List<String> changelogs, String rejected) {
  /** The trending view's store. Its changelog topic is named by it, so it never changes. */
  public static final String STORE = "hashtag-trends-store";

  private static final String CHANGELOG = "-changelog";

  public TopicNames {
    inputs = List.copyOf(inputs);
    changelogs = List.copyOf(changelogs);
  }

  /** The first input topic: that of the hashtags, if they are counted. */
  public String posts() {
    return inputs.get(0);
  }

  public boolean isInput(String topic) {
    return inputs.contains(topic);
  }

  /**
   * The topic of a view's rows.
   *
   * @param view its name
   */
  public static String changelog(String appId, String view) {
    return appId + "-" + view + CHANGELOG;
  }

  /**
   * The view whose rows a topic has, if it is a changelog of the application. Of two applications
   * one may be named like the beginning of the other's topics; then it may be the other's.
   */
  public static Optional<String> view(String appId, String topic) {
    int begin = appId.length() + 1;
    int end = topic.length() - CHANGELOG.length();
    boolean isChangelog = topic.startsWith(appId + "-") && topic.endsWith(CHANGELOG) && begin < end;
    return isChangelog ? Optional.of(topic.substring(begin, end)) : Optional.empty();
  }

  public static TopicNames of(EngineConfig config) {
    String app = config.identity().appId();
    return new TopicNames(
        config.inputs(),
        app + "-shuffle",
        config.views().names().stream().map(view -> changelog(app, view)).toList(),
        app + "-rejected");
  }
}
