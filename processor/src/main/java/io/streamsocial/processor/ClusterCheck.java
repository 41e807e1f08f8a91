package io.streamsocial.processor;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeConsumerGroupsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/**
 * Whether the brokers have what an instance of this configuration needs, found out without creating
 * or writing anything. Single-threaded.
 */
public final class ClusterCheck {
  private static final int ANSWER_SECONDS = 10;
  private static final int TRANSACTION_VERSION = 2;
  private static final long SKEW_MS_MAX = 2_000;

  /** What became of a check. */
  public enum Status {
    OK,
    /** The text says what to do. */
    PROBLEM,
    /** Could not be found out, or need not be. */
    SKIPPED
  }

  /** One line of the answer. */
  public record Check(String name, Status status, String detail) {}

  private final EngineConfig config;
  private final Admin admin;
  private final TopicNames topics;
  private final TopicCheck topicCheck;
  private final List<Check> checks = new ArrayList<>();

  private ClusterCheck(EngineConfig config, Admin admin) {
    this.config = config;
    this.admin = admin;
    this.topics = TopicNames.of(config);
    this.topicCheck = new TopicCheck(admin, config);
  }

  /** Runs all checks; what the brokers do not answer is a problem and no exception. */
  public static List<Check> run(EngineConfig config) {
    Admin admin;
    try {
      admin = OfflineState.openAdmin(new NetworkClients(config));
    } catch (ConfigException e) {
      return List.of(
          new Check("brokers", Status.PROBLEM, e.getMessage() + "; check the kafka.* settings"));
    }
    try {
      return new ClusterCheck(config, admin).run();
    } finally {
      admin.close(Duration.ZERO);
    }
  }

  private List<Check> run() {
    if (brokers()) {
      features();
      List.of(topics.posts(), topics.shuffle(), topics.changelog(), topics.rejected())
          .forEach(this::topic);
      group();
      clock();
    } else {
      checks.add(
          new Check("topics, group, clock", Status.SKIPPED, "the brokers must answer first"));
    }
    return checks;
  }

  private boolean brokers() {
    try {
      Collection<Node> nodes = answer(admin.describeCluster().nodes());
      checks.add(
          new Check(
              "brokers",
              Status.OK,
              "%d broker(s) answer at %s".formatted(nodes.size(), config.bootstrap())));
      return true;
    } catch (UnansweredException e) {
      checks.add(
          new Check(
              "brokers",
              Status.PROBLEM,
              "no answer at %s (%s): is Kafka running? check --bootstrap and the kafka.* settings"
                  .formatted(config.bootstrap(), e.getMessage())));
      return false;
    }
  }

  private void features() {
    String name = "transactions";
    if (config.guarantee() != Guarantee.EXACTLY_ONCE) {
      checks.add(new Check(name, Status.SKIPPED, "not needed for at_least_once"));
      return;
    }
    try {
      FinalizedVersionRange version =
          answer(admin.describeFeatures().featureMetadata())
              .finalizedFeatures()
              .get("transaction.version");
      int level = version == null ? 0 : version.maxVersionLevel();
      checks.add(
          level >= TRANSACTION_VERSION
              ? new Check(name, Status.OK, "transaction.version is " + level)
              : new Check(
                  name,
                  Status.PROBLEM,
                  "transaction.version is %d, needed for exactly_once is %d: upgrade the brokers to 4.0 or newer, then kafka-features.sh --bootstrap-server %s upgrade --feature transaction.version=%d"
                      .formatted(
                          level, TRANSACTION_VERSION, config.bootstrap(), TRANSACTION_VERSION)));
    } catch (UnansweredException e) {
      checks.add(unanswered(name, e));
    }
  }

  private void topic(String topic) {
    String name = "topic " + topic;
    try {
      List<String> problems = topicCheck.look(topic);
      if (problems == null) {
        checks.add(new Check(name, Status.OK, "does not exist yet, the first start creates it"));
        return;
      }
      checks.add(
          problems.isEmpty()
              ? new Check(name, Status.OK, partitions(topic))
              : new Check(name, Status.PROBLEM, String.join("; ", problems)));
      if (problems.isEmpty()) {
        TopicDescription description =
            answer(
                Brokers.only(
                    admin
                        .describeTopics(
                            List.of(topic),
                            new DescribeTopicsOptions().includeAuthorizedOperations(true))
                        .topicNameValues()));
        allowed("topic", topic, description.authorizedOperations());
      }
    } catch (UnansweredException | ConfigException e) {
      checks.add(unanswered(name, e));
    }
  }

  private String partitions(String topic) {
    return new Brokers(admin, config.bootstrap()).partitions(topic).orElse(0) + " partition(s)";
  }

  private void group() {
    try {
      Set<AclOperation> operations =
          answer(
                  Brokers.only(
                      admin
                          .describeConsumerGroups(
                              List.of(config.appId()),
                              new DescribeConsumerGroupsOptions().includeAuthorizedOperations(true))
                          .describedGroups()))
              .authorizedOperations();
      allowed("group", config.appId(), operations);
    } catch (UnansweredException e) {
      checks.add(
          e.getCause() instanceof GroupIdNotFoundException
              ? new Check(
                  "group " + config.appId(),
                  Status.OK,
                  "does not exist yet, the first start makes it")
              : unanswered("group " + config.appId(), e));
    }
  }

  private void allowed(String kind, String name, @Nullable Set<AclOperation> operations) {
    String check = "access to %s %s".formatted(kind, name);
    if (operations == null || operations.isEmpty()) {
      checks.add(new Check(check, Status.SKIPPED, "the brokers do not tell"));
      return;
    }
    Set<AclOperation> missing = new TreeSet<>();
    for (AccessNeeds.Need need : AccessNeeds.of(config)) {
      if (need.kind().equals(kind) && need.name().equals(name)) {
        missing.addAll(need.operations());
      }
    }
    missing.remove(AclOperation.CREATE); // it exists
    missing.removeAll(operations);
    checks.add(
        missing.isEmpty()
            ? new Check(check, Status.OK, "all that is needed")
            : new Check(
                check,
                Status.PROBLEM,
                "%s is not allowed: doctor --acls prints the commands that allow it"
                    .formatted(missing)));
  }

  /** The brokers tell their time only where they have stamped a record with it. */
  private void clock() {
    String name = "clock";
    try {
      if (new Brokers(admin, config.bootstrap()).partitions(topics.changelog()).isEmpty()) {
        checks.add(new Check(name, Status.SKIPPED, "no record yet that a broker has stamped"));
        return;
      }
      ListOffsetsResult.ListOffsetsResultInfo newest =
          answer(
              admin
                  .listOffsets(
                      Map.of(new TopicPartition(topics.changelog(), 0), OffsetSpec.maxTimestamp()))
                  .partitionResult(new TopicPartition(topics.changelog(), 0)));
      long aheadMs = newest.timestamp() - InstantSource.system().millis();
      if (newest.timestamp() < 0) {
        checks.add(new Check(name, Status.SKIPPED, "no record yet that a broker has stamped"));
      } else if (aheadMs > SKEW_MS_MAX) {
        checks.add(
            new Check(
                name,
                Status.PROBLEM,
                "a broker's clock is at least %d ms ahead of this machine's: synchronise both (NTP); posts may be rejected as dated in the future"
                    .formatted(aheadMs)));
      } else {
        checks.add(
            new Check(
                name,
                Status.OK,
                "the broker's is not ahead of this machine's; whether it is behind cannot be told without writing"));
      }
    } catch (UnansweredException | ConfigException e) {
      checks.add(unanswered(name, e));
    }
  }

  private static Check unanswered(String name, Exception e) {
    return new Check(
        name,
        Status.PROBLEM,
        "the brokers refuse to tell: %s; doctor --acls prints what must be allowed"
            .formatted(e.getMessage()));
  }

  /** No answer, or an error; the cause is Kafka's. */
  private static final class UnansweredException extends Exception {
    private static final long serialVersionUID = 1L;

    UnansweredException(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  private static <T> T answer(KafkaFuture<T> future) throws UnansweredException {
    try {
      return future.get(ANSWER_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new UnansweredException(String.valueOf(e.getCause()), e.getCause());
    } catch (TimeoutException e) {
      throw new UnansweredException("nothing within %d s".formatted(ANSWER_SECONDS), null);
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    } catch (KafkaException e) {
      throw new UnansweredException(String.valueOf(e.getMessage()), e);
    }
  }
}
