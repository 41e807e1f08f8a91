package io.streamsocial.processor.offline;

import io.streamsocial.processor.AccessException;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.kafka.BrokerRefusal;
import io.streamsocial.processor.kafka.Brokers;
import io.streamsocial.processor.kafka.NetworkClients;
import java.time.Duration;
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

/**
 * The topics and the group of an application, looked at to be deleted. Single-threaded; the caller
 * closes it.
 */
final class ApplicationTopics implements AutoCloseable {
  private final EngineConfig config;
  private final Admin admin;
  private final Brokers brokers;

  /**
   * @throws ConfigException when no client can be made of the settings
   */
  ApplicationTopics(EngineConfig config) {
    this.config = config;
    this.admin = new NetworkClients(config).admin();
    this.brokers = new Brokers(admin, config, AclOperation.DELETE);
  }

  /** Empty when there is no such topic. */
  Optional<StateReset.Topic> topic(String name) {
    return brokers
        .partitions(name)
        .map(
            partitions ->
                new StateReset.Topic(
                    name,
                    partitions,
                    offsetSum(name, partitions, OffsetSpec.latest())
                        - offsetSum(name, partitions, OffsetSpec.earliest())));
  }

  /** 0 when there is no such topic. */
  int partitions(String name) {
    return brokers.partitions(name).orElse(0);
  }

  private long offsetSum(String topic, int partitions, OffsetSpec spec) {
    Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
    for (int p = 0; p < partitions; p++) {
      asked.put(new TopicPartition(topic, p), spec);
    }
    return brokers.get(admin.listOffsets(asked).all(), AclOperation.DELETE, topic).values().stream()
        .mapToLong(each -> each.offset())
        .sum();
  }

  /** Committed offsets of the group that are visible. */
  int offsets() {
    return ask(admin
            .listConsumerGroupOffsets(config.identity().appId())
            .partitionsToOffsetAndMetadata())
        .map(Map::size)
        .orElse(0);
  }

  /** Of the group; empty when there is none. */
  Optional<Collection<MemberDescription>> members() {
    return ask(Brokers.only(
            admin.describeConsumerGroups(List.of(config.identity().appId())).describedGroups()))
        .map(ConsumerGroupDescription::members);
  }

  /**
   * @throws IllegalStateException when the group has members: it names them
   */
  void requireNoMembers() {
    Collection<MemberDescription> members = members().orElse(List.of());
    if (members.isEmpty()) {
      return;
    }
    throw new IllegalStateException(
        "%d member(s) of group %s are alive: %s; stop their instances first (one that was killed counts for 10 s more)"
            .formatted(
                members.size(),
                config.identity().appId(),
                String.join(
                    ", ", members.stream().map(ApplicationTopics::name).sorted().toList())));
  }

  private static String name(MemberDescription member) {
    return "%s at %s"
        .formatted(member.groupInstanceId().orElse(member.consumerId()), member.host());
  }

  /** Empty when there is no such group. */
  private <T> Optional<T> ask(KafkaFuture<T> answer) {
    try {
      return Optional.of(brokers.wait(answer));
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

  /**
   * @throws KafkaException when the brokers refuse; one that is gone is deleted
   */
  void delete(String topic) {
    delete("topic " + topic, topic, admin.deleteTopics(List.of(topic)).all());
  }

  /** The offsets of the group, which has no members. */
  void deleteGroup() {
    String group = config.identity().appId();
    delete("the offsets of group " + group, "", admin.deleteConsumerGroups(List.of(group)).all());
  }

  private void delete(String what, String topic, KafkaFuture<Void> done) {
    try {
      Void unused = brokers.wait(done);
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
    admin.close(Duration.ZERO);
  }
}
