package io.streamsocial.processor.kafka;

import io.streamsocial.processor.AccessException;
import io.streamsocial.processor.EngineConfig;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeConsumerGroupsOptions;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.AuthorizationException;

/**
 * Dry-run ACL check: which operations of an instance the brokers would refuse. Brokers report
 * permissions only for topics and groups that exist; whether one may be created shows when it is
 * created. Single-threaded.
 */
public final class AccessCheck {
  private final KafkaClients clients;
  private final Admin admin;
  private final EngineConfig config;
  private final Brokers brokers;
  // Answers that were asked for ahead.
  private final Map<AccessNeeds.Need, KafkaFuture<Optional<Set<AclOperation>>>> ahead =
      new HashMap<>();

  public AccessCheck(KafkaClients clients, Admin admin, EngineConfig config) {
    this(clients, admin, config, new Brokers(admin, config));
  }

  /**
   * @param brokers asked for the topics
   */
  public AccessCheck(KafkaClients clients, Admin admin, EngineConfig config, Brokers brokers) {
    this.clients = clients;
    this.admin = admin;
    this.config = config;
    this.brokers = brokers;
  }

  /** Asks for all but topics, without waiting for the answers. */
  public void lookAhead() {
    for (AccessNeeds.Need need : AccessNeeds.of(config, AccessNeeds.Purpose.SERVE)) {
      if (!need.kind().equals("topic")) {
        ahead.put(need, ask(need));
      }
    }
  }

  /** The needs with the operations that are missing; empty when the brokers report none. */
  List<AccessNeeds.Need> missing() {
    List<AccessNeeds.Need> missing = new ArrayList<>();
    for (AccessNeeds.Need need : AccessNeeds.of(config, AccessNeeds.Purpose.SERVE)) {
      Set<AclOperation> operations = missing(need);
      if (!operations.isEmpty()) {
        missing.add(need.only(operations));
      }
    }
    return missing;
  }

  /**
   * @throws AccessException with every missing permission
   */
  public void require() {
    List<AccessNeeds.Need> missing = missing();
    if (!missing.isEmpty()) {
      throw new AccessException(missing.stream().map(need -> need.refusal(config)).toList());
    }
  }

  /** The operations of one need that the brokers would refuse. */
  Set<AclOperation> missing(AccessNeeds.Need need) {
    Set<AclOperation> missing = new TreeSet<>(need.operations());
    try {
      KafkaFuture<Optional<Set<AclOperation>>> asked = ahead.get(need);
      Optional<Set<AclOperation>> allowed = brokers.wait(asked == null ? ask(need) : asked);
      if (allowed.isEmpty()) {
        missing.clear();
      } else {
        missing.remove(AclOperation.CREATE); // it exists
        missing.removeAll(allowed.get());
      }
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof AuthorizationException)) {
        missing.clear(); // it does not exist, or another check reports the same error
      }
    }
    return missing;
  }

  /** Empty when the brokers do not report permissions. */
  private KafkaFuture<Optional<Set<AclOperation>>> ask(AccessNeeds.Need need) {
    return switch (need.kind()) {
      case "topic" ->
          brokers
              .description(need.name())
              .thenApply(topic -> Optional.ofNullable(topic.authorizedOperations()));
      case "group" ->
          Brokers.only(
                  admin
                      .describeConsumerGroups(
                          List.of(need.name()),
                          new DescribeConsumerGroupsOptions().includeAuthorizedOperations(true))
                      .describedGroups())
              .thenApply(group -> Optional.ofNullable(group.authorizedOperations()));
      default ->
          // Refused without DESCRIBE; brokers do not report whether WRITE is allowed.
          clients
              .describeTransaction(admin, need.name() + config.identity().instanceId() + "-0")
              .thenApply(transaction -> Optional.empty());
    };
  }
}
