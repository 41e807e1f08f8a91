package io.streamsocial.processor.kafka;

import io.streamsocial.processor.Incidents;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Asks once a second where the partitions of the input end, see {@link InputEnds#end}, and reports
 * when they cannot be read: a consumer whose topic was deleted gets no records and no error. It has
 * its own thread, because the loop must never wait for this.
 */
public final class InputWatch implements InputEnds, AutoCloseable {
  private static final long INTERVAL_MS = 1_000;
  private static final int ANSWER_MS = 2_000;
  private static final ListOffsetsOptions UNCOMMITTED =
      new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED).timeoutMs(ANSWER_MS);
  private static final DescribeTopicsOptions DESCRIBE =
      new DescribeTopicsOptions().timeoutMs(ANSWER_MS);
  private static final Incidents.Kind UNAVAILABLE = Incidents.Kind.POSTS_UNAVAILABLE;

  private final InputTopics topics;
  private final Supplier<Admin> admin;
  private final Incidents incidents;
  private final Thread thread = new Thread(this::run, "input-watch");
  private volatile Map<TopicPartition, Long> ends = Map.of();
  private volatile boolean closed;

  /**
   * @param admin the present client; stays the caller's
   */
  public InputWatch(InputTopics topics, Supplier<Admin> admin, Incidents incidents) {
    this.topics = topics;
    this.admin = admin;
    this.incidents = incidents;
    thread.setDaemon(true);
  }

  /** Once. */
  public void start() {
    thread.start();
  }

  @Override
  public long end(TopicPartition source) {
    return ends.getOrDefault(source, UNKNOWN);
  }

  private void run() {
    try {
      while (!closed) {
        look();
        Thread.sleep(INTERVAL_MS);
      }
    } catch (InterruptedException e) {
      // Closed.
    }
  }

  /** Asks once, and waits for the answers: what the thread does, for who has not started it. */
  public void look() throws InterruptedException {
    Set<TopicPartition> silent = ask();
    for (TopicIdentity topic : topics.all()) {
      List<Integer> ofTopic = new ArrayList<>();
      int known = 0;
      for (TopicPartition source : sources(topic)) {
        known += ends.containsKey(source) ? 1 : 0;
        if (silent.contains(source)) {
          ofTopic.add(source.partition());
        }
      }
      if (known == topic.now().partitions()) {
        incidents.end(
            UNAVAILABLE, topic.name(), "all partitions of topic %s answer".formatted(topic.name()));
      } else if (!ofTopic.isEmpty()) {
        report(topic.name(), ofTopic);
      }
    }
  }

  private static List<TopicPartition> sources(TopicIdentity topic) {
    List<TopicPartition> sources = new ArrayList<>();
    for (int p = 0; p < topic.now().partitions(); p++) {
      sources.add(new TopicPartition(topic.name(), p));
    }
    return sources;
  }

  /** Learns the ends; returns the partitions whose leader did not answer. */
  private Set<TopicPartition> ask() throws InterruptedException {
    Map<TopicPartition, Long> found = new HashMap<>();
    Set<TopicPartition> silent = new HashSet<>();
    try {
      Map<TopicPartition, OffsetSpec> latest = latest();
      ListOffsetsResult result = admin.get().listOffsets(latest, UNCOMMITTED);
      for (TopicPartition source : latest.keySet()) {
        try {
          found.put(source, result.partitionResult(source).get().offset());
        } catch (ExecutionException e) {
          // A refusal is reported by the loop, which meets it too.
          if (e.getCause() instanceof TimeoutException) {
            silent.add(source);
          }
        }
      }
    } catch (KafkaException | IllegalStateException e) {
      // The client is closed.
    }
    ends = Map.copyOf(found);
    return silent;
  }

  private Map<TopicPartition, OffsetSpec> latest() {
    Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
    for (TopicIdentity topic : topics.all()) {
      sources(topic).forEach(source -> latest.put(source, OffsetSpec.latest()));
    }
    return latest;
  }

  /** Says what is wrong, unless no broker answers at all: {@link BrokerWatch} reports that. */
  private void report(String topic, List<Integer> silent) throws InterruptedException {
    try {
      var unused = admin.get().describeTopics(List.of(topic), DESCRIBE).allTopicNames().get();
      begin(
          topic,
          "partitions %s of topic %s have no leader that answers: their posts are not counted, and answers grow stale; look for the broker that is away, counting goes on by itself"
              .formatted(silent, topic));
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        begin(
            topic,
            "topic %s does not exist any more: nothing new is counted, and what was counted is served as it is; stop the instances, or if it was deleted by mistake, create it again: they read it from its beginning"
                .formatted(topic));
      }
    } catch (KafkaException | IllegalStateException e) {
      // The client is closed.
    }
  }

  private void begin(String topic, String what) {
    if (!closed) {
      incidents.begin(UNAVAILABLE, topic, what);
    }
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      thread.join(Duration.ofSeconds(1).toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
