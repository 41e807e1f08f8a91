package io.streamsocial.processor.kafka;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.Guarantee;
import io.streamsocial.processor.TopicNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.common.acl.AclOperation;

/**
 * The ACLs that a user needs on brokers with authorization: as few as possible. In Kafka READ,
 * WRITE and DELETE imply DESCRIBE, so DESCRIBE is not listed beside them.
 */
public final class AccessNeeds {
  private static final Pattern USER_NAME =
      Pattern.compile("\\busername\\s*=\\s*[\"']?([^\"'\\s;]+)");

  /** The command that needs the access. */
  public enum Purpose {
    SERVE("serve"),
    /** Only POST /api/posts needs it. */
    POSTS_API("serve: POST /api/posts"),
    RESTORE("restore"),
    VERIFY("verify"),
    RESET("reset --topics");

    private final String title;

    Purpose(String title) {
      this.title = title;
    }

    /** The command, and the part of it when only a part needs the access. */
    public String title() {
      return title;
    }
  }

  /**
   * @param kind as kafka-acls.sh names it: topic, group or transactional-id
   * @param isPrefix whether the need covers all names that begin with this one
   */
  public record Need(String kind, String name, boolean isPrefix, Set<AclOperation> operations) {
    public Need {
      operations = Set.copyOf(operations);
    }

    Need only(Set<AclOperation> some) {
      return new Need(kind, name, isPrefix, some);
    }

    /** The kafka-acls.sh command that grants the need. */
    String command(EngineConfig config, String principal) {
      return "kafka-acls.sh --bootstrap-server %s --add --allow-principal '%s'%s --%s '%s'%s"
          .formatted(
              config.brokers().bootstrap(),
              principal,
              String.join(
                  "",
                  new TreeSet<>(operations)
                      .stream().map(operation -> " --operation " + camel(operation)).toList()),
              kind,
              name,
              isPrefix ? " --resource-pattern-type prefixed" : "");
    }

    /** A message that the need is missing, with the command that grants it. */
    String refusal(EngineConfig config) {
      String principal = principal(config).orElse("User:NAME");
      return "%s is not allowed to %s %s %s%s: have it allowed with %s"
          .formatted(
              principal(config).orElse("the user of this process"),
              String.join(
                  ", ", new TreeSet<>(operations).stream().map(AccessNeeds::camel).toList()),
              kind,
              name,
              isPrefix ? "*" : "",
              command(config, principal));
    }
  }

  private AccessNeeds() {}

  public static List<Need> of(EngineConfig config, Purpose purpose) {
    TopicNames topics = TopicNames.of(config);
    return switch (purpose) {
      case SERVE -> serve(config, topics);
      case POSTS_API -> List.of(topic(topics.posts(), AclOperation.WRITE));
      // The shuffle is only looked at: its id says whether state and changelog belong together.
      case RESTORE -> on(topics, List.of(topics.shuffle()), AclOperation.READ);
      case VERIFY ->
          on(
              topics,
              List.of(topics.posts(), topics.shuffle(), topics.rejected()),
              AclOperation.READ);
      case RESET -> {
        List<Need> needs =
            on(topics, List.of(topics.shuffle(), topics.rejected()), AclOperation.DELETE);
        needs.add(group(config, AclOperation.DELETE));
        yield needs;
      }
    };
  }

  /** Of these topics and the changelogs. */
  private static List<Need> on(TopicNames topics, List<String> others, AclOperation operation) {
    List<Need> needs = new ArrayList<>();
    Stream.concat(others.stream(), topics.changelogs().stream())
        .forEach(name -> needs.add(topic(name, operation)));
    return needs;
  }

  private static List<Need> serve(EngineConfig config, TopicNames topics) {
    List<Need> needs = new ArrayList<>();
    for (String input : topics.inputs()) {
      needs.add(
          config.posts().createTopic()
              ? topic(input, AclOperation.READ, AclOperation.CREATE)
              : topic(input, AclOperation.READ));
    }
    needs.add(
        topic(
            topics.shuffle(),
            AclOperation.READ,
            AclOperation.WRITE,
            AclOperation.DESCRIBE_CONFIGS,
            AclOperation.CREATE,
            // For records that the checkpoints have made superfluous.
            AclOperation.DELETE));
    for (String changelog : topics.changelogs()) {
      needs.add(
          topic(
              changelog,
              AclOperation.READ,
              AclOperation.WRITE,
              AclOperation.DESCRIBE_CONFIGS,
              AclOperation.CREATE));
    }
    needs.add(topic(topics.rejected(), AclOperation.WRITE, AclOperation.CREATE));
    needs.add(group(config, AclOperation.READ));
    if (config.guarantee() == Guarantee.EXACTLY_ONCE) {
      needs.add(transactions(config));
    }
    return needs;
  }

  static Need topic(String name, AclOperation... operations) {
    return new Need("topic", name, false, Set.of(operations));
  }

  static Need group(EngineConfig config, AclOperation operation) {
    return new Need("group", config.identity().appId(), false, Set.of(operation));
  }

  /**
   * For the ids of all instances: an instance ends the transactions that a killed one left open.
   */
  static Need transactions(EngineConfig config) {
    return new Need(
        "transactional-id", config.identity().appId() + "-", true, Set.of(AclOperation.WRITE));
  }

  /**
   * The commands that grant all needs of the purpose.
   *
   * @param principal as User:name
   */
  public static List<String> commands(EngineConfig config, Purpose purpose, String principal) {
    return of(config, purpose).stream().map(need -> need.command(config, principal)).toList();
  }

  /**
   * The user of the clients, as User:name; empty when the settings do not name one, as with a
   * client certificate or a token.
   */
  public static Optional<String> principal(EngineConfig config) {
    String login = config.brokers().kafka().getOrDefault("sasl.jaas.config", "");
    Matcher matcher = USER_NAME.matcher(login);
    return matcher.find() ? Optional.of("User:" + matcher.group(1)) : Optional.empty();
  }

  private static String camel(AclOperation operation) {
    StringBuilder text = new StringBuilder();
    for (String word : operation.name().split("_", -1)) {
      text.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
    }
    return text.toString();
  }
}
