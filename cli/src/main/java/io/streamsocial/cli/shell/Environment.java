package io.streamsocial.cli.shell;

import io.streamsocial.http.server.ClientSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The process environment as defaults of the options: {@code --state-dir} is {@code
 * TRENDING_STATE_DIR}, and the help text says so. The prefix keeps away what other programs have
 * set: conda sets HOST, for one.
 */
public final class Environment implements IDefaultValueProvider {
  private static final String PREFIX = "TRENDING_";

  /** The variable that may hold a token. */
  public static final String TOKEN = PREFIX + "TOKEN";

  /** Further names of the variable of an option: those of the tutorial, and Kafka's own. */
  private static final Map<String, List<String>> ALIASES =
      Map.of(
          "--instance-id", List.of("INSTANCE_ID"),
          "--port", List.of("PORT"),
          "--bootstrap", List.of("KAFKA_BOOTSTRAP", "KAFKA_BOOTSTRAP_SERVERS"));

  /** Nobody confirms for a command that has not been typed yet. */
  private static final String CONFIRMATION = "--yes";

  // Whose port is Kafka's, and not an instance's.
  private static final String BROKER = "broker";

  private static final Pattern ORDINAL = Pattern.compile(".*-(\\d+)");

  private final Map<String, String> variables;

  public Environment(Map<String, String> variables) {
    this.variables = Map.copyOf(variables);
  }

  @Override
  public @Nullable String defaultValue(ArgSpec argument) {
    String name = argument instanceof OptionSpec option ? variable(option) : null;
    return name == null ? null : variables.get(name);
  }

  /** The variable that an option without a value on the command line takes; null for none. */
  @Nullable String variable(OptionSpec option) {
    return names(option).stream()
        .filter(name -> !variables.getOrDefault(name, "").isEmpty())
        .findFirst()
        .orElse(null);
  }

  /**
   * Variables that are set and look as if they were meant for an option of this command, without
   * the prefix that it has, each with the name that is read. Only those of several words: a single
   * one belongs to anybody.
   */
  public SortedMap<String, String> withoutPrefix(CommandSpec command) {
    SortedMap<String, String> found = new TreeMap<>();
    for (OptionSpec option : command.options()) {
      for (String name : names(option)) {
        String bare = name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : "";
        boolean isMeant = bare.contains("_") && variables.containsKey(bare);
        if (isMeant && !names(option).contains(bare) && variable(option) == null) {
          found.put(bare, name);
        }
      }
    }
    return found;
  }

  /** The ordinal at the end of POD_NAME, which a stateful set gives each pod; null without one. */
  public @Nullable String podOrdinal() {
    Matcher matcher = ORDINAL.matcher(variables.getOrDefault("POD_NAME", ""));
    return matcher.matches() ? matcher.group(1) : null;
  }

  /** The token in the variable {@link #TOKEN}; empty for none. */
  public String token() {
    return variables.getOrDefault(TOKEN, "").strip();
  }

  /**
   * The variables of an option; none for help, version, a confirmation, and Kafka's settings, which
   * have their own.
   */
  public static List<String> names(OptionSpec option) {
    String longest = option.longestName();
    if (option.usageHelp()
        || option.versionHelp()
        || longest.equals(CONFIRMATION)
        || longest.equals("--kafka")) {
      return List.of();
    }
    List<String> names = new ArrayList<>();
    names.add(PREFIX + longest.substring(2).replace('-', '_').toUpperCase(Locale.ROOT));
    if (option.command() == null || !option.command().name().equals(BROKER)) {
      names.addAll(ALIASES.getOrDefault(longest, List.of()));
    }
    return names;
  }

  public Environment without(OptionSpec option) {
    Map<String, String> rest = new HashMap<>(variables);
    rest.keySet().removeAll(names(option));
    return new Environment(rest);
  }

  public int size() {
    return variables.size();
  }

  /**
   * Settings for Kafka's clients: KAFKA_SECURITY_PROTOCOL is security.protocol. Only settings that
   * a client knows: other programs set KAFKA_... variables, too (KAFKA_OPTS, KAFKA_PORT).
   */
  public Map<String, String> kafka() {
    if (variables.keySet().stream().noneMatch(name -> name.startsWith("KAFKA_"))) {
      return new HashMap<>();
    }
    Set<String> known = new TreeSet<>(ConsumerConfig.configNames());
    known.addAll(ProducerConfig.configNames());
    known.addAll(AdminClientConfig.configNames());
    known.remove("bootstrap.servers");
    Map<String, String> settings = new HashMap<>();
    for (String name : known) {
      passThrough(name, settings);
      ClientSettings.PREFIXES.forEach(prefix -> passThrough(prefix + name, settings));
    }
    // The user chooses the names of the providers of secrets.
    variables.forEach(
        (name, value) -> {
          if (name.startsWith("KAFKA_CONFIG_PROVIDERS")) {
            String key = name.substring("KAFKA_".length()).toLowerCase(Locale.ROOT);
            settings.put(key.replace('_', '.'), value);
          }
        });
    return settings;
  }

  private void passThrough(String key, Map<String, String> settings) {
    String value = variables.get("KAFKA_" + key.toUpperCase(Locale.ROOT).replace('.', '_'));
    if (value != null) {
      settings.put(key, value);
    }
  }

  /**
   * Takes defaults of a command and its subcommands from here, and names the variables in the help.
   */
  public void applyTo(CommandLine command) {
    command.setDefaultValueProvider(this);
    CommandSpec spec = command.getCommandSpec();
    for (OptionSpec option : List.copyOf(spec.options())) {
      List<String> names = names(option);
      if (!names.isEmpty()) {
        List<String> lines = new ArrayList<>(List.of(option.description()));
        lines.add("Environment: " + String.join(" or ", names));
        OptionSpec.Builder described =
            OptionSpec.builder(option).description(lines.toArray(new String[0]));
        // The help shows a default in the form in which a user writes it.
        Object initial = option.initialValue();
        if (initial instanceof Duration duration) {
          described.defaultValue(DurationConverter.format(duration));
        } else if (initial instanceof Enum<?> constant) {
          described.defaultValue(constant.name().toLowerCase(Locale.ROOT));
        }
        spec.remove(option);
        spec.addOption(described.build());
      }
    }
    command.getSubcommands().values().forEach(this::applyTo);
  }
}
