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
 * What of an instance's needs the brokers would refuse, asked without doing any of it. They tell it
 * of what exists; whether something may be created shows when it is. Single-threaded.
 */
public final class AccessCheck {
  private final Admin admin;
  private final EngineConfig config;
  private final Brokers brokers;

  public AccessCheck(Admin admin, EngineConfig config) {
    this.admin = admin;
    this.config = config;
    this.brokers = new Brokers(admin, config);
  }

  /** The needs with what is missing of each; empty when all is well, as far as they tell. */
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
   * @throws AccessException naming all that is missing
   */
  public void require() {
    List<AccessNeeds.Need> missing = missing();
    if (!missing.isEmpty()) {
      throw new AccessException(missing.stream().map(need -> need.refusal(config)).toList());
    }
  }

  /** Operations of one need that would be refused. */
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
        missing.clear(); // it does not exist, or others will stumble over the same
      }
    }
    return missing;
  }

  /** Null when they do not tell. */
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
        // Refused unless it may be described at least; of what may be written they tell nothing.
        String id = need.name() + config.identity().instanceId() + "-0";
        var unused = ask(admin.describeTransactions(List.of(id)).description(id));
        yield null;
      }
    };
  }

  private <T> T ask(KafkaFuture<T> future) throws ExecutionException {
    return brokers.wait(future);
  }
}
