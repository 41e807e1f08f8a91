package io.streamsocial.processor.kafka;

import io.streamsocial.processor.AccessException;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.Guarantee;
import io.streamsocial.processor.TopicNames;
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
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.InterruptException;

/**
 * Checks that the brokers offer what an instance of this configuration needs. Creates and writes
 * nothing. Single-threaded.
 */
public final class ClusterCheck {
  private static final int ANSWER_SECONDS = 10;
  private static final int TRANSACTION_VERSION = 2;
  private static final long SKEW_MS_MAX = 2_000;

  /** The outcome of a check. */
  public enum Status {
    OK,
    /** The detail says what to do. */
    PROBLEM,
    /** The check was impossible or not needed. */
    SKIPPED
  }

  /** One line of the report. */
  public record Check(String name, Status status, String detail) {}

  private final EngineConfig config;
  private final KafkaClients clients;
  private final Admin admin;
  private final TopicNames topics;
  private final TopicCheck topicCheck;
  private final List<Check> checks = new ArrayList<>();

  private ClusterCheck(EngineConfig config, KafkaClients clients, Admin admin) {
    this.config = config;
    this.clients = clients;
    this.admin = admin;
    this.topics = TopicNames.of(config);
    this.topicCheck = new TopicCheck(admin, config);
  }

  /** Runs all checks. A request that the brokers do not answer is a problem, not an exception. */
  public static List<Check> run(EngineConfig config) {
    KafkaClients clients = new NetworkClients(config);
    Admin admin;
    try {
      admin = clients.admin();
    } catch (AccessException e) {
      return List.of(new Check("brokers", Status.PROBLEM, String.valueOf(e.getMessage())));
    } catch (ConfigException e) {
      return List.of(
          new Check("brokers", Status.PROBLEM, e.getMessage() + "; check the kafka.* settings"));
    }
    try {
      return new ClusterCheck(config, clients, admin).run();
    } finally {
      admin.close(Duration.ZERO);
    }
  }

  private List<Check> run() {
    if (brokers()) {
      features();
      topics.inputs().forEach(this::topic);
      topic(topics.shuffle());
      topics.changelogs().forEach(this::topic);
      topic(topics.rejected());
      otherViews();
      access();
      clock();
    } else {
      checks.add(
          new Check("topics, access, clock", Status.SKIPPED, "the brokers must answer first"));
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
              "%d broker(s) answer at %s".formatted(nodes.size(), config.brokers().bootstrap())));
      return true;
    } catch (UnansweredException e) {
      checks.add(
          new Check(
              "brokers",
              Status.PROBLEM,
              "no answer at %s: %s; is Kafka running? check --bootstrap and the kafka.* settings"
                  .formatted(config.brokers().bootstrap(), e.getMessage())));
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
                          level,
                          TRANSACTION_VERSION,
                          config.brokers().bootstrap(),
                          TRANSACTION_VERSION)));
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
    } catch (ConfigException e) {
      checks.add(unanswered(name, e));
    }
  }

  /** Changelogs of views that were taken away: they stay until somebody deletes them. */
  private void otherViews() {
    String app = config.identity().appId();
    try {
      for (String topic : new TreeSet<>(answer(admin.listTopics().names()))) {
        TopicNames.view(app, topic)
            .filter(view -> !config.views().names().contains(view))
            .ifPresent(
                view ->
                    checks.add(
                        new Check(
                            "view " + view,
                            Status.OK,
                            "is not configured here and has topic %s: when no instance counts it, and it is no other application's, reset --view %s deletes it"
                                .formatted(topic, view))));
      }
    } catch (UnansweredException e) {
      checks.add(unanswered("views", e));
    }
  }

  private String partitions(String topic) {
    return new Brokers(admin, config).partitions(topic).orElse(0) + " partition(s)";
  }

  private void access() {
    AccessCheck access = new AccessCheck(clients, admin, config);
    for (AccessNeeds.Need need : AccessNeeds.of(config, AccessNeeds.Purpose.SERVE)) {
      Set<AclOperation> missing = access.missing(need);
      checks.add(
          missing.isEmpty()
              ? new Check(name(need), Status.OK, "nothing that is needed is refused")
              : new Check(name(need), Status.PROBLEM, need.only(missing).refusal(config)));
    }
    for (AccessNeeds.Need need : AccessNeeds.of(config, AccessNeeds.Purpose.POSTS_API)) {
      if (!access.missing(need).isEmpty()) {
        checks.add(
            new Check(name(need), Status.SKIPPED, "only POST /api/posts: " + need.refusal(config)));
      }
    }
  }

  private static String name(AccessNeeds.Need need) {
    return "access to %s %s".formatted(need.kind(), need.name());
  }

  /** A broker's clock is visible only in a record that the broker has stamped. */
  private void clock() {
    String name = "clock";
    String changelog = topics.changelogs().get(0);
    try {
      if (new Brokers(admin, config).partitions(changelog).isEmpty()) {
        checks.add(new Check(name, Status.SKIPPED, "no record yet that a broker has stamped"));
        return;
      }
      ListOffsetsResult.ListOffsetsResultInfo newest =
          answer(
              admin
                  .listOffsets(Map.of(new TopicPartition(changelog, 0), OffsetSpec.maxTimestamp()))
                  .partitionResult(new TopicPartition(changelog, 0)));
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
                "the broker's is not ahead of this machine's; whether it is behind shows only in a newly written record"));
      }
    } catch (UnansweredException | ConfigException e) {
      checks.add(unanswered(name, e));
    }
  }

  private static Check unanswered(String name, Exception e) {
    return new Check(name, Status.PROBLEM, "cannot be checked: %s".formatted(e.getMessage()));
  }

  /** No answer, or an error. */
  private static final class UnansweredException extends Exception {
    private static final long serialVersionUID = 1L;

    UnansweredException(String message) {
      super(message);
    }
  }

  private <T> T answer(KafkaFuture<T> future) throws UnansweredException {
    try {
      return future.get(ANSWER_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      String refusal = BrokerRefusal.explain(config, e, AclOperation.READ);
      boolean isSilence = e.getCause() instanceof org.apache.kafka.common.errors.TimeoutException;
      throw refusal == null && isSilence
          ? silence()
          : new UnansweredException(refusal == null ? String.valueOf(e.getCause()) : refusal);
    } catch (TimeoutException e) {
      throw silence();
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    } catch (KafkaException e) {
      throw new UnansweredException(String.valueOf(e.getMessage()));
    }
  }

  private static UnansweredException silence() {
    return new UnansweredException("nothing within %d s".formatted(ANSWER_SECONDS));
  }
}
