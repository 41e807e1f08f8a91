package io.streamsocial.processor.kafka;

import io.streamsocial.processor.Incidents;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.IntSupplier;
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
 * Asks once a second where the posts partitions end, see {@link PostsTopic#end}, and reports when
 * they cannot be read: a consumer whose topic was deleted gets no records and no error. It has its
 * own thread, because the loop must never wait for this.
 */
public final class PostsWatch implements PostsTopic, AutoCloseable {
  private static final long INTERVAL_MS = 1_000;
  private static final int ANSWER_MS = 2_000;
  private static final ListOffsetsOptions UNCOMMITTED =
      new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED).timeoutMs(ANSWER_MS);
  private static final DescribeTopicsOptions DESCRIBE =
      new DescribeTopicsOptions().timeoutMs(ANSWER_MS);
  private static final Incidents.Kind UNAVAILABLE = Incidents.Kind.POSTS_UNAVAILABLE;

  private final String topic;
  private final IntSupplier partitions;
  private final Supplier<Admin> admin;
  private final Incidents incidents;
  private final Thread thread = new Thread(this::run, "posts-watch");
  private volatile Map<Integer, Long> ends = Map.of();
  private volatile boolean closed;

  /**
   * @param partitions of the topic now
   * @param admin the present client; stays the caller's
   */
  public PostsWatch(
      String topic, IntSupplier partitions, Supplier<Admin> admin, Incidents incidents) {
    this.topic = topic;
    this.partitions = partitions;
    this.admin = admin;
    this.incidents = incidents;
    thread.setDaemon(true);
  }

  /** Once. */
  public void start() {
    thread.start();
  }

  @Override
  public int partitions() {
    return partitions.getAsInt();
  }

  @Override
  public long end(int partition) {
    return ends.getOrDefault(partition, UNKNOWN);
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
    List<Integer> silent = ask();
    if (ends.size() == partitions()) {
      incidents.end(UNAVAILABLE, topic, "all partitions of topic %s answer".formatted(topic));
    } else if (!silent.isEmpty()) {
      report(silent);
    }
  }

  /** Learns the ends; returns the partitions whose leader did not answer, ascending. */
  private List<Integer> ask() throws InterruptedException {
    Map<Integer, Long> found = new HashMap<>();
    List<Integer> silent = new ArrayList<>();
    try {
      ListOffsetsResult result = admin.get().listOffsets(latest(), UNCOMMITTED);
      for (int p = 0; p < partitions(); p++) {
        try {
          found.put(p, result.partitionResult(new TopicPartition(topic, p)).get().offset());
        } catch (ExecutionException e) {
          // A refusal is reported by the loop, which meets it too.
          if (e.getCause() instanceof TimeoutException) {
            silent.add(p);
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
    for (int p = 0; p < partitions(); p++) {
      latest.put(new TopicPartition(topic, p), OffsetSpec.latest());
    }
    return latest;
  }

  /** Says what is wrong, unless no broker answers at all: {@link BrokerWatch} reports that. */
  private void report(List<Integer> silent) throws InterruptedException {
    try {
      var unused = admin.get().describeTopics(List.of(topic), DESCRIBE).allTopicNames().get();
      begin(
          "partitions %s of topic %s have no leader that answers: their posts are not counted, and answers grow stale; look for the broker that is away, counting goes on by itself"
              .formatted(silent, topic));
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        begin(
            "topic %s does not exist any more: nothing new is counted, and what was counted is served as it is; stop the instances, or if it was deleted by mistake, create it again: they read it from its beginning"
                .formatted(topic));
      }
    } catch (KafkaException | IllegalStateException e) {
      // The client is closed.
    }
  }

  private void begin(String what) {
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
