package io.streamsocial.processor.kafka;

import io.streamsocial.processor.AccessException;
import io.streamsocial.processor.EngineConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeConsumerGroupsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.AuthorizationException;
import org.jspecify.annotations.Nullable;

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

  public AccessCheck(KafkaClients clients, Admin admin, EngineConfig config) {
    this.clients = clients;
    this.admin = admin;
    this.config = config;
    this.brokers = new Brokers(admin, config);
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
      Set<AclOperation> allowed = allowed(need);
      if (allowed == null) {
        missing.clear();
      } else {
        missing.remove(AclOperation.CREATE); // it exists
        missing.removeAll(allowed);
      }
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof AuthorizationException)) {
        missing.clear(); // it does not exist, or another check reports the same error
      }
    }
    return missing;
  }

  /** Null when the brokers do not report permissions. */
  private @Nullable Set<AclOperation> allowed(AccessNeeds.Need need) throws ExecutionException {
    return switch (need.kind()) {
      case "topic" ->
          ask(Brokers.only(
                  admin
                      .describeTopics(
                          List.of(need.name()),
                          new DescribeTopicsOptions().includeAuthorizedOperations(true))
                      .topicNameValues()))
              .authorizedOperations();
      case "group" ->
          ask(Brokers.only(
                  admin
                      .describeConsumerGroups(
                          List.of(need.name()),
                          new DescribeConsumerGroupsOptions().includeAuthorizedOperations(true))
                      .describedGroups()))
              .authorizedOperations();
      default -> {
        // Refused without DESCRIBE; brokers do not report whether WRITE is allowed.
        String id = need.name() + config.identity().instanceId() + "-0";
        var unused = ask(clients.describeTransaction(admin, id));
        yield null;
      }
    };
  }

  private <T> T ask(KafkaFuture<T> future) throws ExecutionException {
    return brokers.wait(future);
  }
}
