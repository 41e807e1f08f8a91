package io.streamsocial.processor.offline;

import io.streamsocial.processor.AccessException;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.kafka.BrokerRefusal;
import io.streamsocial.processor.kafka.Brokers;
import io.streamsocial.processor.kafka.NetworkClients;
import io.streamsocial.store.StateDirectory;
import io.streamsocial.store.StoreException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/**
 * Deletes the state of an application, so that it starts from nothing: {@link #open} lists the
 * state and deletes nothing, then {@link #delete} deletes it. The posts are never deleted.
 *
 * <p>Holds the state directory until closed. Single-threaded.
 */
public final class StateReset implements AutoCloseable {

  /** Bytes under one path. */
  public record Local(Path path, long bytes) {}

  /**
   * @param records between beginning and end; an upper bound
   */
  public record Topic(String name, int partitions, long records) {}

  /**
   * The state to delete.
   *
   * @param local stores of this instance, damaged ones too
   * @param topics internal ones
   * @param group which would be deleted with its offsets; empty when there is none
   * @param offsets of the group, how many are visible
   */
  public record Plan(List<Local> local, List<Topic> topics, String group, int offsets) {
    public boolean isEmpty() {
      return local.isEmpty() && topics.isEmpty() && group.isEmpty();
    }
  }

  private final EngineConfig config;
  private final @Nullable StateDirectory directory;
  private final @Nullable Admin admin;
  private final Plan plan;

  private StateReset(
      EngineConfig config, @Nullable StateDirectory directory, @Nullable Admin admin) {
    this.config = config;
    this.directory = directory;
    this.admin = admin;
    List<Topic> topics = new ArrayList<>();
    int offsets = 0;
    boolean hasGroup = false;
    if (admin != null) {
      hasGroup = requireNobody(admin);
      topics.addAll(internalTopics(admin));
      offsets = offsets(admin);
    }
    this.plan =
        new Plan(
            directory == null ? List.of() : stores(directory),
            topics,
            // Not by its offsets: a user without access to the posts topic does not see them.
            hasGroup ? config.identity().appId() : "",
            offsets);
  }

  /**
   * Finds the state.
   *
   * @param local whether the state directory of the instance is to be emptied
   * @param topics whether the internal topics and the group's offsets are to be deleted
   * @throws StoreException LOCKED when the directory is in use; the message names the holder
   * @throws ConfigException when the brokers do not answer
   * @throws IllegalStateException when instances of the application are alive; it names them
   */
  public static StateReset open(EngineConfig config, boolean local, boolean topics) {
    StateDirectory directory =
        local && Files.isDirectory(config.instanceDirectory())
            ? StateDirectory.lock(config.instanceDirectory())
            : null;
    Admin admin = null;
    try {
      admin = topics ? new NetworkClients(config).admin() : null;
      return new StateReset(config, directory, admin);
    } catch (RuntimeException e) {
      if (admin != null) {
        admin.close(Duration.ZERO);
      }
      if (directory != null) {
        directory.close();
      }
      throw e;
    }
  }

  public Plan plan() {
    return plan;
  }

  private static List<Local> stores(StateDirectory directory) {
    List<Local> stores = new ArrayList<>();
    for (int partition : directory.tasks()) {
      Path path = directory.task(partition);
      stores.add(new Local(path, StateDirectory.bytes(path)));
    }
    for (Path copy : directory.damaged()) {
      stores.add(new Local(copy, StateDirectory.bytes(copy)));
    }
    return stores;
  }

  private List<Topic> internalTopics(Admin kafka) {
    Brokers brokers = new Brokers(kafka, config, AclOperation.DELETE);
    TopicNames names = TopicNames.of(config);
    List<Topic> topics = new ArrayList<>();
    List<String> internal = new ArrayList<>(names.changelogs());
    internal.add(names.shuffle());
    internal.add(names.rejected());
    for (String name : internal) {
      brokers
          .partitions(name)
          .ifPresent(
              partitions ->
                  topics.add(
                      new Topic(
                          name,
                          partitions,
                          offsetSum(brokers, kafka, name, partitions, OffsetSpec.latest())
                              - offsetSum(
                                  brokers, kafka, name, partitions, OffsetSpec.earliest()))));
    }
    return topics;
  }

  private static long offsetSum(
      Brokers brokers, Admin kafka, String topic, int partitions, OffsetSpec spec) {
    Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
    for (int p = 0; p < partitions; p++) {
      asked.put(new TopicPartition(topic, p), spec);
    }
    return brokers.get(kafka.listOffsets(asked).all(), AclOperation.DELETE, topic).values().stream()
        .mapToLong(each -> each.offset())
        .sum();
  }

  private int offsets(Admin kafka) {
    return ask(kafka
            .listConsumerGroupOffsets(config.identity().appId())
            .partitionsToOffsetAndMetadata())
        .map(Map::size)
        .orElse(0);
  }

  /** Whether there is a group, without members. */
  private boolean requireNobody(Admin kafka) {
    Optional<ConsumerGroupDescription> group =
        ask(
            Brokers.only(
                kafka
                    .describeConsumerGroups(List.of(config.identity().appId()))
                    .describedGroups()));
    Collection<MemberDescription> members =
        group.map(ConsumerGroupDescription::members).orElse(List.of());
    if (!members.isEmpty()) {
      throw new IllegalStateException(
          "%d member(s) of group %s are alive: %s; stop their instances first (one that was killed counts for 10 s more)"
              .formatted(
                  members.size(),
                  config.identity().appId(),
                  String.join(", ", members.stream().map(StateReset::name).sorted().toList())));
    }
    return group.isPresent();
  }

  private static String name(MemberDescription member) {
    return "%s at %s"
        .formatted(member.groupInstanceId().orElse(member.consumerId()), member.host());
  }

  /** Empty when there is no such group. */
  private <T> Optional<T> ask(KafkaFuture<T> answer) {
    try {
      return Optional.of(new Brokers(requireAdmin(), config, AclOperation.DELETE).wait(answer));
    } catch (ExecutionException e) {
      if (e.getCause() instanceof GroupIdNotFoundException) {
        return Optional.empty();
      }
      String refusal = BrokerRefusal.explain(config, e, AclOperation.DELETE);
      throw refusal != null
          ? new AccessException(refusal)
          : new ConfigException(
              "group %s cannot be asked for: %s"
                  .formatted(config.identity().appId(), e.getCause()));
    }
  }

  private Admin requireAdmin() {
    Admin kafka = admin;
    if (kafka == null) {
      throw new IllegalStateException("opened without topics");
    }
    return kafka;
  }

  /**
   * Deletes what the plan names. Topics first, then the group's offsets, then the stores: if it
   * fails half-way, the next start refuses the rest or finds it empty, and counts nothing twice.
   * Can be called again.
   *
   * @throws KafkaException when the brokers refuse
   */
  public void delete() {
    if (admin != null) {
      Admin kafka = requireAdmin();
      boolean unused = requireNobody(kafka);
      for (Topic topic : plan.topics) {
        delete("topic " + topic.name, topic.name, kafka.deleteTopics(List.of(topic.name)).all());
      }
      if (!plan.group.isEmpty()) {
        delete(
            "the offsets of group " + plan.group,
            "",
            kafka.deleteConsumerGroups(List.of(plan.group)).all());
      }
    }
    if (directory != null) {
      directory.deleteStores();
    }
  }

  private void delete(String what, String topic, KafkaFuture<Void> done) {
    try {
      Void unused = new Brokers(requireAdmin(), config, AclOperation.DELETE).wait(done);
    } catch (ExecutionException e) {
      boolean isGone =
          e.getCause() instanceof UnknownTopicOrPartitionException
              || e.getCause() instanceof GroupIdNotFoundException;
      if (!isGone) {
        String refusal = BrokerRefusal.explain(config, e, AclOperation.DELETE, topic);
        if (refusal != null) {
          throw new AccessException(what + " cannot be deleted: " + refusal);
        }
        throw new KafkaException(
            "%s cannot be deleted: %s".formatted(what, e.getCause()), e.getCause());
      }
    }
  }

  @Override
  public void close() {
    if (admin != null) {
      admin.close(Duration.ZERO);
    }
    if (directory != null) {
      directory.close();
    }
  }
}
