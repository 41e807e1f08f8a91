package io.streamsocial.cli.docs;

import io.streamsocial.cli.Main;
import io.streamsocial.cli.shell.DurationConverter;
import io.streamsocial.cli.shell.Environment;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import java.lang.reflect.Field;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/**
 * docs/configuration.md, made of the commands as picocli knows them and of what the engine says
 * itself: a new option is on the page as soon as it exists, and what is allowed is what the check
 * answers when it is given something else.
 */
final class ConfigurationPage {
  private static final String HEAD =
      """
      # Configuration

      <!-- Generated from the code, do not edit: mvn -pl cli -am test -Dtest=ConfigurationPageTest -Ddocs.write=true -Dsurefire.failIfNoSpecifiedTests=false -->

      Every setting is an option of `./trending` and an environment variable. The command line overrides
      the environment. All errors are reported at once, with what is allowed, and nothing is started
      (exit code 2). `./trending COMMAND --help` says the same as this page.

      Durations are written `300000ms`, `300s`, `5m`, `1h` or `2d`; a plain number is milliseconds. Sizes
      are bytes. To set a flag, name it, or give its variable the value `true`.

      Parameters of HTTP requests are described where they are served: in `/openapi.json`, and for reading
      in `/docs`. For programs that embed the engine see [embedding.md](embedding.md); for the commands,
      [operating/commands.md](operating/commands.md).
      """;

  private static final String KAFKA =
      """
      ## Kafka's clients

      `--kafka.KEY=VALUE` passes a setting unchanged to every Kafka client that the command opens: TLS,
      SASL, timeouts. The prefixes `consumer.`, `producer.` and `admin.` address one kind of client and
      override: `--kafka.consumer.max.poll.records=2000`. In the environment the name is `KAFKA_` and the
      key in upper case with `_` for each dot: `KAFKA_SECURITY_PROTOCOL`,
      `KAFKA_CONSUMER_MAX_POLL_RECORDS`. Variables that name no setting of a client (`KAFKA_OPTS`) are
      ignored.

      These are refused, because the engine's promises rest on them:

      | setting | refused with the prefixes | why |
      |---|---|---|
      """;

  private static final String REST =
      """

      The figures of the clients are in `/metrics`, so none of them registers its own with JMX or offers
      them to the brokers, which would cost a part of each start. To have them there, too:
      `--kafka.metric.reporters=org.apache.kafka.common.metrics.JmxReporter`,
      `--kafka.enable.metrics.push=true`.

      Besides these, the engine sets bootstrap servers and client ids, TRANSACTION_TIMEOUT on the
      transactional producer, and its own serializers; other values for them have no effect.

      ## Other variables

      | variable | read by | what it does |
      |---|---|---|
      | `POD_NAME` | `serve` and the commands on its state | its ordinal at the end (`trending-2`) is the instance id, when `--instance-id` is not given |
      | `JAVA_HOME` | `./trending` | the JDK to use, instead of the `java` on the path |
      | `JAVA_OPTS` | `./trending` | more options for the JVM; they override its own |
      | `TRENDING_ARCHIVE` | `./trending` | `no`: neither make nor use a class archive, see [performance/restore.md](performance/restore.md) |

      ## The same in Java

      `EngineConfig.defaults()` has a method for each setting; `build()` checks all of them.

      | method | type | default | option |
      |---|---|---|---|
      """;

  /** What the sections are called; a class that is not named here gives its own name. */
  private static final Map<String, String> TITLES =
      Map.of(
          "EngineOptions", "How an instance counts",
          "StateOptions", "What the state depends on",
          "InstanceOptions", "Which instance it is",
          "ListenOptions", "How an instance serves",
          "FromPeerOptions", "State from another instance",
          "GeneratorOptions", "Generated posts",
          "StateCommand", "Commands on the state");

  /** Methods of the builder that are not called like the setting: each call adds one of a list. */
  private static final Map<String, String> METHODS = Map.of("others", "view");

  private static final int LINE_MAX = 100;

  private static final Pattern DEFAULT_TEXT = Pattern.compile("\\s*Default: (.*?)\\.?$");

  /** One option as one or several commands have it. */
  private record Setting(String names, String variables, String fallback, String text) {}

  /** What is the same of all commands that have the setting. */
  private static final class Row {
    private final Set<String> commands = new LinkedHashSet<>();
    private String allowed = "";
  }

  private final Map<String, Map<Setting, Row>> sections = new LinkedHashMap<>();
  private final Map<Setting, String> allowed = new LinkedHashMap<>();

  static String render() {
    return new ConfigurationPage().page();
  }

  private String page() {
    CommandLine root = Main.commandLine(new Environment(Map.of()));
    // The instance first: it has nearly all of them, and is what one configures.
    collect(serve(root), "serve");
    root.getSubcommands().forEach((name, command) -> collect(command, name));
    StringBuilder page = new StringBuilder(HEAD);
    sections.forEach((title, rows) -> section(page, title, rows));
    page.append('\n').append(KAFKA);
    refused().forEach(line -> page.append(line).append('\n'));
    page.append(REST.replace("TRANSACTION_TIMEOUT", code("transaction.timeout.ms")));
    builder().forEach(line -> page.append(line).append('\n'));
    return page.toString();
  }

  private static CommandLine serve(CommandLine root) {
    return Objects.requireNonNull(root.getSubcommands().get("serve"));
  }

  private void collect(CommandLine command, String path) {
    for (OptionSpec option : command.getCommandSpec().options()) {
      if (option.usageHelp() || option.versionHelp() || option.longestName().equals("--kafka")) {
        continue;
      }
      Setting setting = setting(option);
      Row row =
          sections
              .computeIfAbsent(title(option, path), title -> new LinkedHashMap<>())
              .computeIfAbsent(setting, s -> new Row());
      if (row.commands.add(path) && row.allowed.isEmpty()) {
        row.allowed =
            allowed.computeIfAbsent(
                setting, s -> AllowedValues.of(option, command.getCommandSpec(), path));
      }
    }
    command.getSubcommands().forEach((name, sub) -> collect(sub, path + " " + name));
  }

  private static Setting setting(OptionSpec option) {
    List<String> lines = new ArrayList<>(List.of(option.description()));
    lines.removeIf(line -> line.startsWith("Environment: "));
    String text = String.join(" ", lines);
    Matcher stated = DEFAULT_TEXT.matcher(text);
    String fallback = fallback(option);
    if (fallback.isEmpty() && stated.find()) {
      fallback = stated.group(1);
      text = text.substring(0, stated.start());
    }
    List<String> variables =
        Environment.names(option).stream().map(ConfigurationPage::code).toList();
    return new Setting(
        String.join(", ", List.of(option.names()).stream().map(ConfigurationPage::code).toList()),
        String.join(", ", variables),
        fallback,
        text);
  }

  private static String fallback(OptionSpec option) {
    if (option.arity().max() == 0) {
      return "off";
    }
    Object initial = option.defaultValue() != null ? option.defaultValue() : option.initialValue();
    String value = initial == null ? "" : text(initial);
    return value.isEmpty() ? "" : code(value);
  }

  /** In the form in which it is written, on every machine the same. */
  static String text(Object value) {
    if (value instanceof Duration duration) {
      return DurationConverter.format(duration);
    }
    if (value instanceof Enum<?> constant) {
      return constant.name().toLowerCase(Locale.ROOT);
    }
    return value instanceof Path path ? path.toString().replace('\\', '/') : value.toString();
  }

  private static String title(OptionSpec option, String path) {
    String owner =
        option.userObject() instanceof Field field ? field.getDeclaringClass().getSimpleName() : "";
    String known = TITLES.get(owner);
    if (known != null) {
      return known;
    }
    return owner.endsWith("Options")
        ? owner.replaceAll("(?<=[a-z])(?=[A-Z])", " ")
        : "Only " + code(path.replaceAll(" .*", ""));
  }

  // ---------------------------------------------------------------- tables

  private static void section(StringBuilder page, String title, Map<Setting, Row> rows) {
    Set<Set<String>> commands = new LinkedHashSet<>();
    rows.values().forEach(row -> commands.add(row.commands));
    boolean isShared = commands.size() == 1;
    page.append("\n## ").append(title).append("\n\n");
    if (isShared && !title.startsWith("Only ")) {
      page.append(wrapped("Of " + list(commands.iterator().next()) + ".")).append("\n\n");
    }
    page.append("| option | environment | default | allowed | what it is |");
    page.append(
        isShared ? "\n|---|---|---|---|---|\n" : " commands |\n|---|---|---|---|---|---|\n");
    rows.forEach(
        (setting, row) -> {
          List<String> cells =
              new ArrayList<>(
                  List.of(
                      setting.names(),
                      setting.variables(),
                      setting.fallback(),
                      row.allowed,
                      setting.text()));
          if (!isShared) {
            cells.add(list(row.commands));
          }
          page.append(row(cells)).append('\n');
        });
  }

  /** Prose, in lines of the house's length. */
  private static String wrapped(String text) {
    StringBuilder lines = new StringBuilder();
    int length = 0;
    for (String word : text.split(", ", -1)) {
      String next = length == 0 ? word : ", " + word;
      if (length + next.length() >= LINE_MAX) {
        lines.append(",\n");
        next = word;
        length = 0;
      }
      lines.append(next);
      length += next.length();
    }
    return lines.toString();
  }

  private static String list(Set<String> commands) {
    return String.join(", ", commands.stream().map(ConfigurationPage::code).toList());
  }

  private static String row(List<String> cells) {
    StringBuilder line = new StringBuilder("|");
    for (String cell : cells) {
      line.append(cell.isEmpty() ? " " : " " + cell.replace("|", "\\|") + " ").append('|');
    }
    return line.toString();
  }

  static String code(String text) {
    return "`" + text + "`";
  }

  /** Every setting of a client that the engine does not take, by asking it. */
  private static List<String> refused() {
    Set<String> keys = new TreeSet<>(ConsumerConfig.configNames());
    keys.addAll(ProducerConfig.configNames());
    keys.addAll(AdminClientConfig.configNames());
    Map<String, List<String>> prefixes = new TreeMap<>();
    Map<String, String> reasons = new TreeMap<>();
    for (String key : keys) {
      for (String prefix : List.of("", "consumer.", "producer.", "admin.")) {
        String problem = refusal(prefix + key);
        if (problem != null) {
          prefixes
              .computeIfAbsent(key, k -> new ArrayList<>())
              .add(prefix.isEmpty() ? "none" : code(prefix));
          reasons.putIfAbsent(key, problem.replaceAll("^[^:]*: ", ""));
        }
      }
    }
    List<String> rows = new ArrayList<>();
    prefixes.forEach(
        (key, of) ->
            rows.add(
                row(List.of(code(key), String.join(", ", of), reasons.getOrDefault(key, "")))));
    return rows;
  }

  private static @Nullable String refusal(String key) {
    try {
      EngineConfig unused = EngineConfig.defaults().kafka(Map.of(key, "x")).build();
      return null;
    } catch (ConfigException e) {
      return e.problems().get(0);
    }
  }

  private static List<String> builder() {
    EngineConfig defaults = EngineConfig.defaults().build();
    Set<String> options = new TreeSet<>();
    serve(Main.commandLine(new Environment(Map.of())))
        .getCommandSpec()
        .options()
        .forEach(option -> options.add(option.longestName()));
    List<String> rows = new ArrayList<>();
    for (RecordComponent part : EngineConfig.class.getRecordComponents()) {
      Object value = value(part, defaults);
      if (value instanceof Record settings) {
        for (RecordComponent setting : settings.getClass().getRecordComponents()) {
          rows.add(builder(setting, value(setting, settings), options));
        }
      } else {
        rows.add(builder(part, value, options));
      }
    }
    return rows;
  }

  private static Object value(RecordComponent part, Object owner) {
    try {
      return part.getAccessor().invoke(owner);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(part.getName(), e);
    }
  }

  private static String builder(RecordComponent setting, Object value, Set<String> options) {
    String method = METHODS.get(setting.getName());
    if (method != null) {
      return row(List.of(code(method), code("View"), "none", code("--views")));
    }
    String option = "--" + setting.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    String text = text(value);
    return row(
        List.of(
            code(setting.getName()),
            code(setting.getType().getSimpleName()),
            text.isEmpty() || text.equals("{}") ? "none" : code(text),
            options.contains(option) ? code(option) : ""));
  }
}
