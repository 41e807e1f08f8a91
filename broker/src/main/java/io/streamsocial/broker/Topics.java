package io.streamsocial.broker;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Creates topics where they are missing. */
public final class Topics {

  private static final Duration TIMEOUT = Duration.ofMinutes(1);

  private Topics() {}

  /** As {@link #ensure(Admin, String, int, Map)}, with a client of its own. */
  public static boolean ensure(
      String bootstrap, String topic, int partitions, Map<String, String> config) {
    try (Admin admin =
        Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap))) {
      return ensure(admin, topic, partitions, config);
    }
  }

  /**
   * Creates the topic with the broker's default replication if it is missing, and returns when
   * every partition has a leader. A topic that exists is left as it is, whatever its partitions and
   * config.
   *
   * @return whether it was missing
   */
  public static boolean ensure(
      Admin admin, String topic, int partitions, Map<String, String> config) {
    NewTopic wanted =
        new NewTopic(topic, Optional.of(partitions), Optional.<Short>empty()).configs(config);
    try {
      boolean created = create(admin, wanted);
      awaitLogs(admin, awaitLeaders(admin, topic));
      return created;
    } catch (ExecutionException e) {
      throw new BrokerException("topic %s cannot be created: %s".formatted(topic, e.getCause()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BrokerException("interrupted while creating topic " + topic, e);
    }
  }

  private static boolean create(Admin admin, NewTopic topic)
      throws ExecutionException, InterruptedException {
    try {
      admin.createTopics(List.of(topic)).all().get();
      return true;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof TopicExistsException) {
        return false;
      }
      throw e;
    }
  }

  /** The controller has created it; the node that we ask may not have heard of it yet. */
  private static TopicDescription awaitLeaders(Admin admin, String topic)
      throws ExecutionException, InterruptedException {
    long deadline = System.nanoTime() + TIMEOUT.toNanos();
    while (true) {
      Optional<TopicDescription> description = describe(admin, topic);
      if (description.isPresent() && hasLeaders(description.get())) {
        return description.get();
      }
      if (System.nanoTime() - deadline > 0) {
        throw new BrokerException(
            "topic %s has partitions without a leader after %s".formatted(topic, TIMEOUT));
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  /**
   * A leader that has not made its logs yet refuses what producers send, and an idempotent one
   * whose first batch is refused while its second is taken waits for a sequence that never comes.
   * Who tells an offset has its log.
   */
  private static void awaitLogs(Admin admin, TopicDescription topic)
      throws ExecutionException, InterruptedException {
    Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
    topic
        .partitions()
        .forEach(
            p -> ends.put(new TopicPartition(topic.name(), p.partition()), OffsetSpec.latest()));
    long deadline = System.nanoTime() + TIMEOUT.toNanos();
    while (true) {
      try {
        admin.listOffsets(ends).all().get();
        return;
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof RetriableException) || System.nanoTime() > deadline) {
          throw e;
        }
        TimeUnit.MILLISECONDS.sleep(20);
      }
    }
  }

  /** Empty while the node that is asked has not heard of it; another one may have. */
  private static Optional<TopicDescription> describe(Admin admin, String topic)
      throws ExecutionException, InterruptedException {
    try {
      return Optional.ofNullable(
          admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic));
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static boolean hasLeaders(TopicDescription description) {
    return description.partitions().stream()
        .allMatch(p -> p.leader() != null && !p.leader().isEmpty());
  }
}
