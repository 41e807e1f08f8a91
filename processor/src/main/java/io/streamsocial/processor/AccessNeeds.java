package io.streamsocial.processor;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.acl.AclOperation;

/** What an instance must be allowed to do on brokers that ask: as little as possible. */
public final class AccessNeeds {

  /**
   * @param kind as kafka-acls.sh names it: topic, group or transactional-id
   * @param isPrefix whether all names that begin with it are meant
   */
  public record Need(String kind, String name, boolean isPrefix, Set<AclOperation> operations) {}

  private AccessNeeds() {}

  /** Everything that serve needs; reset needs DELETE on topics and group beside it. */
  public static List<Need> of(EngineConfig config) {
    TopicNames topics = TopicNames.of(config);
    List<Need> needs = new ArrayList<>();
    needs.add(
        // WRITE is for POST /api/posts.
        topic(topics.posts(), AclOperation.READ, AclOperation.DESCRIBE, AclOperation.WRITE));
    needs.add(
        topic(
            topics.shuffle(),
            AclOperation.READ,
            AclOperation.WRITE,
            AclOperation.DESCRIBE,
            AclOperation.DESCRIBE_CONFIGS,
            AclOperation.CREATE,
            // For what lies behind the checkpoints.
            AclOperation.DELETE));
    needs.add(
        topic(
            topics.changelog(),
            AclOperation.READ,
            AclOperation.WRITE,
            AclOperation.DESCRIBE,
            AclOperation.DESCRIBE_CONFIGS,
            AclOperation.CREATE));
    needs.add(
        topic(
            topics.rejected(),
            AclOperation.READ, // verify reads it
            AclOperation.WRITE,
            AclOperation.DESCRIBE,
            AclOperation.CREATE));
    needs.add(
        new Need(
            "group", config.appId(), false, operations(AclOperation.READ, AclOperation.DESCRIBE)));
    if (config.guarantee() == Guarantee.EXACTLY_ONCE) {
      needs.add(
          new Need(
              "transactional-id",
              config.appId() + "-",
              true,
              operations(AclOperation.WRITE, AclOperation.DESCRIBE)));
    }
    return needs;
  }

  /**
   * The commands that allow it.
   *
   * @param principal as User:name
   */
  public static List<String> commands(EngineConfig config, String principal) {
    return of(config).stream()
        .map(
            need ->
                "kafka-acls.sh --bootstrap-server %s --add --allow-principal '%s'%s --%s '%s'%s"
                    .formatted(
                        config.bootstrap(),
                        principal,
                        String.join(
                            "",
                            need.operations.stream()
                                .map(operation -> " --operation " + camel(operation))
                                .toList()),
                        need.kind,
                        need.name,
                        need.isPrefix ? " --resource-pattern-type prefixed" : ""))
        .toList();
  }

  private static String camel(AclOperation operation) {
    StringBuilder text = new StringBuilder();
    for (String word : operation.name().split("_", -1)) {
      text.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
    }
    return text.toString();
  }

  private static Need topic(String name, AclOperation... operations) {
    return new Need("topic", name, false, operations(operations));
  }

  private static Set<AclOperation> operations(AclOperation... operations) {
    return new TreeSet<>(List.of(operations));
  }
}
