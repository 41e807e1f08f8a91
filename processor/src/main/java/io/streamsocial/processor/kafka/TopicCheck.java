package io.streamsocial.processor.kafka;

import io.streamsocial.processor.AccessException;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.UnavailableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creates the internal topics that are missing, and checks those that exist: a topic with the wrong
 * partitions or cleanup would lose counts long after the start, when no operator watches any more.
 */
public final class TopicCheck {
  private static final Logger log = LoggerFactory.getLogger(TopicCheck.class);
  private static final int INPUT_PARTITIONS = 4;
  private static final long REJECTED_RETENTION_MS = Duration.ofDays(7).toMillis();

  /** As in Kafka Streams: a changelog outlives its windows by a day. */
  private static final long CHANGELOG_MARGIN_MS = Duration.ofDays(1).toMillis();

  private final Admin admin;
  private final EngineConfig config;
  private final Brokers brokers;
  private final TopicNames topics;
  private final List<String> problems = new ArrayList<>();
  // Answers that were asked for ahead, by topic.
  private final Map<String, KafkaFuture<Config>> configs = new HashMap<>();

  public TopicCheck(Admin admin, EngineConfig config) {
    this(admin, config, new Brokers(admin, config));
  }

  /**
   * @param brokers asked for the topics
   */
  public TopicCheck(Admin admin, EngineConfig config, Brokers brokers) {
    this.admin = admin;
    this.config = config;
    this.brokers = brokers;
    this.topics = TopicNames.of(config);
  }

  /**
   * Creates and checks.
   *
   * @return partitions of each topic that is read
   * @throws ConfigException with all problems; an UnavailableException when topics that are read do
   *     not exist
   */
  public Map<String, Integer> run() {
    Map<String, Integer> inputs = new HashMap<>();
    for (String input : topics.inputs()) {
      Optional<Integer> partitions = brokers.partitions(input);
      if (partitions.isPresent()) {
        inputs.put(input, partitions.get());
      } else if (config.posts().createTopic()) {
        create(new Wanted(input, INPUT_PARTITIONS, Map.of(), Map.of()));
        inputs.put(input, INPUT_PARTITIONS);
      } else {
        problems.add(missing(input));
      }
    }
    if (!problems.isEmpty()) {
      throw new UnavailableException(problems);
    }
    List<Wanted> internal = internal();
    lookAhead(internal);
    for (Wanted wanted : internal) {
      ensure(wanted);
    }
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
    return inputs;
  }

  private String missing(String input) {
    return "topic '%s' does not exist on %s: create it (kafka-topics.sh --bootstrap-server %s --create --topic %s --partitions %d), start with --create-topic (a program that embeds the engine: createTopic(true) of its configuration), or %s"
        .formatted(
            input,
            config.brokers().bootstrap(),
            config.brokers().bootstrap(),
            input,
            INPUT_PARTITIONS,
            input.equals(topics.posts())
                ? "name another one with --topic (a program: in from() of its views, or topic())"
                : "leave out the views that read it");
  }

  /**
   * The same checks of one topic without creating anything.
   *
   * @return what is wrong; empty when all is well. Null when the topic does not exist and the first
   *     start creates it
   */
  @Nullable List<String> look(String topic) {
    problems.clear();
    Optional<Integer> partitions = brokers.partitions(topic);
    if (partitions.isEmpty()) {
      boolean isRefused = topics.isInput(topic) && !config.posts().createTopic();
      return isRefused ? List.of(missing(topic)) : null;
    }
    for (Wanted wanted : internal()) {
      if (wanted.name.equals(topic)) {
        check(wanted, partitions.get());
      }
    }
    return List.copyOf(problems);
  }

  /**
   * @param configs without which counts would be lost
   * @param advised set on a topic that is created here; without them a topic works nearly always
   */
  private record Wanted(
      String name, int partitions, Map<String, String> configs, Map<String, String> advised) {}

  // By the broker's clock: it refuses records that this machine's clock dates an hour ahead.
  private static final Map<String, String> STAMPED_BY_BROKER =
      Map.of(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "LogAppendTime");

  private List<Wanted> internal() {
    List<Wanted> wanted = new ArrayList<>();
    wanted.add(
        new Wanted(
            topics.shuffle(),
            config.tasks().shufflePartitions(),
            Map.of(
                TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE,
                // Never by time or size, only behind the checkpoints: it is the log of the state.
                TopicConfig.RETENTION_MS_CONFIG, "-1",
                TopicConfig.RETENTION_BYTES_CONFIG, "-1"),
            STAMPED_BY_BROKER));
    for (String view : config.views().names()) {
      wanted.add(changelog(view, config.keptMs(view)));
    }
    wanted.add(
        new Wanted(
            topics.rejected(),
            1,
            Map.of(
                TopicConfig.CLEANUP_POLICY_CONFIG,
                TopicConfig.CLEANUP_POLICY_DELETE,
                TopicConfig.RETENTION_MS_CONFIG,
                Long.toString(REJECTED_RETENTION_MS)),
            STAMPED_BY_BROKER));
    return wanted;
  }

  private Wanted changelog(String view, OptionalLong keptMs) {
    Map<String, String> configs;
    if (keptMs.isEmpty()) {
      // A row that does not change for years must stay, so nothing is deleted by its age.
      configs = Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT);
    } else {
      String retentionMs = Long.toString(keptMs.getAsLong() + CHANGELOG_MARGIN_MS);
      configs = new HashMap<>();
      configs.put(TopicConfig.CLEANUP_POLICY_CONFIG, "compact,delete");
      configs.put(TopicConfig.RETENTION_MS_CONFIG, retentionMs);
      // By when it was written: replaying last year's posts must not delete the state.
      configs.put(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "LogAppendTime");
      if (config.hasSessions(view)) {
        // A store that goes on after a while must still be told which sessions others swallowed.
        configs.put(TopicConfig.DELETE_RETENTION_MS_CONFIG, retentionMs);
      }
    }
    return new Wanted(
        TopicNames.changelog(config.identity().appId(), view),
        config.tasks().shufflePartitions(),
        configs,
        keptMs.isEmpty() ? STAMPED_BY_BROKER : Map.of());
  }

  private void ensure(Wanted wanted) {
    Optional<Integer> partitions = brokers.partitions(wanted.name);
    if (partitions.isEmpty()) {
      create(wanted);
      return;
    }
    check(wanted, partitions.get());
  }

  /** No count depends on it, so its settings are its owner's, and need no access. */
  private boolean isOwners(Wanted wanted) {
    return wanted.name.equals(topics.rejected());
  }

  private void check(Wanted wanted, int partitions) {
    if (isOwners(wanted)) {
      return;
    }
    if (partitions != wanted.partitions) {
      problems.add(
          "topic %s has %d partitions, configured are %d (--shuffle-partitions): they are fixed at the first start, since every count belongs to one; set %d, or run reset to begin from nothing"
              .formatted(wanted.name, partitions, wanted.partitions, partitions));
    }
    checkConfigs(wanted);
  }

  /** Asks for the settings of those that exist in one request. */
  private void lookAhead(List<Wanted> internal) {
    List<String> topics = new ArrayList<>();
    for (Wanted wanted : internal) {
      if (!isOwners(wanted) && brokers.partitions(wanted.name).isPresent()) {
        topics.add(wanted.name);
      }
    }
    configs.putAll(configs(topics));
  }

  private Map<String, KafkaFuture<Config>> configs(List<String> topics) {
    List<ConfigResource> resources =
        topics.stream().map(topic -> new ConfigResource(ConfigResource.Type.TOPIC, topic)).toList();
    Map<String, KafkaFuture<Config>> byTopic = new HashMap<>();
    admin
        .describeConfigs(resources)
        .values()
        .forEach((resource, answer) -> byTopic.put(resource.name(), answer));
    return byTopic;
  }

  private void checkConfigs(Wanted wanted) {
    KafkaFuture<Config> asked = configs.get(wanted.name);
    Config actual =
        brokers.get(
            asked == null ? Brokers.only(configs(List.of(wanted.name))) : asked,
            AclOperation.DESCRIBE_CONFIGS,
            wanted.name);
    problems.addAll(misfits(wanted.name, wanted.configs, actual, "counts would be lost"));
    misfits(wanted.name, wanted.advised, actual, "counting stops while a clock is an hour ahead")
        .forEach(log::warn);
  }

  private List<String> misfits(
      String topic, Map<String, String> wanted, Config actual, String danger) {
    List<String> misfits = new ArrayList<>();
    for (Map.Entry<String, String> want : wanted.entrySet()) {
      ConfigEntry entry = actual.get(want.getKey());
      String found = entry == null ? "" : String.valueOf(entry.value());
      if (!fits(want.getKey(), want.getValue(), found)) {
        misfits.add(
            "topic %s has %s=%s, needed is %s: %s; mend it with kafka-configs.sh --bootstrap-server %s --alter --topic %s --add-config %s=%s"
                .formatted(
                    topic,
                    want.getKey(),
                    found,
                    want.getValue(),
                    danger,
                    config.brokers().bootstrap(),
                    topic,
                    want.getKey(),
                    want.getValue().contains(",") ? "[" + want.getValue() + "]" : want.getValue()));
      }
    }
    return misfits;
  }

  private static boolean fits(String key, String wanted, String found) {
    if (key.equals(TopicConfig.RETENTION_MS_CONFIG)
        || key.equals(TopicConfig.DELETE_RETENTION_MS_CONFIG)) {
      long foundMs = Long.parseLong(found.isEmpty() ? "0" : found);
      long wantedMs = Long.parseLong(wanted);
      return foundMs == -1 || (wantedMs != -1 && foundMs >= wantedMs);
    }
    if (key.equals(TopicConfig.CLEANUP_POLICY_CONFIG)) {
      // Compaction alone keeps more than needed; deletion alone would lose counts.
      return Set.of(found.split(",")).equals(Set.of(wanted.split(",")))
          || (wanted.contains("compact") && found.equals("compact"));
    }
    return found.equals(wanted);
  }

  private void create(Wanted wanted) {
    NewTopic topic =
        new NewTopic(
            wanted.name,
            Optional.of(wanted.partitions),
            Optional.of(config.brokers().replicationFactor()));
    Map<String, String> configs = new HashMap<>(wanted.configs);
    configs.putAll(wanted.advised);
    topic.configs(configs);
    brokers.forget(wanted.name);
    try {
      brokers.wait(admin.createTopics(List.of(topic)).all());
      log.info("created topic {} with {} partitions", wanted.name, wanted.partitions);
      awaitLogs(wanted);
    } catch (ExecutionException e) {
      // Another instance of the application was faster: it wanted the same.
      if (!(e.getCause() instanceof TopicExistsException)) {
        String refusal = BrokerRefusal.explain(config, e, AclOperation.CREATE, wanted.name);
        if (refusal != null) {
          throw new AccessException(refusal);
        }
        throw new ConfigException(
            "topic %s cannot be created: %s".formatted(wanted.name, e.getCause()));
      }
    }
  }

  /**
   * Right after its creation a leader may refuse one batch and take the next, which an idempotent
   * producer does not get over before its delivery times out. Who tells an offset is ready.
   */
  private void awaitLogs(Wanted topic) throws ExecutionException {
    Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
    for (int p = 0; p < topic.partitions; p++) {
      ends.put(new TopicPartition(topic.name, p), OffsetSpec.latest());
    }
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(Brokers.CALL_SECONDS);
    while (true) {
      try {
        brokers.wait(admin.listOffsets(ends).all());
        return;
      } catch (ExecutionException e) {
        // Not every broker has heard of the topic yet.
        if (!(e.getCause() instanceof RetriableException) || System.nanoTime() > deadline) {
          throw e;
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
      }
    }
  }
}
