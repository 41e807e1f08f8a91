package io.streamsocial.cli.docs;

import io.streamsocial.cli.Main;
import io.streamsocial.cli.shell.Command;
import io.streamsocial.cli.shell.DurationConverter;
import io.streamsocial.cli.shell.Environment;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.cli.shell.Shutdown;
import java.io.PrintWriter;
import java.io.Writer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** What an option may be, as its check says it when it is given something else. */
final class AllowedValues {
  private static final Pattern ALLOWED =
      Pattern.compile(": (?:allowed (?:is|are)|write(?: it as)?) (.*)$");
  private static final Pattern NUMBER = Pattern.compile("\\d{3,}(?!\\w)");

  /** What each command says without any option. */
  private static final Map<String, List<String>> WITHOUT = new ConcurrentHashMap<>();

  private AllowedValues() {}

  /**
   * @param path the command that has the option, as it is typed
   * @return empty when anything is allowed that can be parsed
   */
  static String of(OptionSpec option, CommandSpec spec, String path) {
    if (option.type().isEnum()) {
      List<String> constants = new ArrayList<>();
      for (Object constant : option.type().getEnumConstants()) {
        constants.add(ConfigurationPage.code(ConfigurationPage.text(constant)));
      }
      return String.join(", ", constants);
    }
    if (!(spec.userObject() instanceof Command) || option.arity().max() == 0) {
      return "";
    }
    for (String value : strange(option.type())) {
      for (String problem : problems(path, option.longestName() + "=" + value)) {
        Matcher matcher = ALLOWED.matcher(problem);
        if (matcher.find()) {
          return option.type() == Duration.class ? durations(matcher.group(1)) : matcher.group(1);
        }
      }
    }
    return "";
  }

  /** Values that a check of this type refuses, if there is one. */
  private static List<String> strange(Class<?> type) {
    if (type == Duration.class) {
      return List.of("99999d", "0ms");
    }
    if (type == short.class || type == Short.class) {
      return List.of(String.valueOf(Short.MIN_VALUE), String.valueOf(Short.MAX_VALUE));
    }
    if (type == int.class || type == Integer.class) {
      return List.of(String.valueOf(Integer.MIN_VALUE), String.valueOf(Integer.MAX_VALUE));
    }
    if (type == long.class || type == Long.class) {
      return List.of(String.valueOf(Long.MIN_VALUE), String.valueOf(Long.MAX_VALUE));
    }
    if (type == double.class || type == Double.class) {
      return List.of("-1e300", "1e300");
    }
    // No name, no address (nor is one looked up), no list of anything.
    return type == String.class ? List.of("[") : List.of();
  }

  /** What the command says of this option and not without it. Nothing is started. */
  private static List<String> problems(String path, String option) {
    List<String> problems = new ArrayList<>(problems(path, List.of(option)));
    problems.removeAll(WITHOUT.computeIfAbsent(path, p -> problems(p, List.of())));
    return problems;
  }

  private static List<String> problems(String path, List<String> options) {
    CommandLine commandLine = Main.commandLine(new Environment(Map.of()));
    List<String> line = new ArrayList<>(Arrays.asList(path.split(" ", -1)));
    line.addAll(options);
    CommandLine.ParseResult leaf = commandLine.parseArgs(line.toArray(new String[0]));
    while (leaf.hasSubcommand()) {
      leaf = leaf.subcommand();
    }
    Command command = (Command) leaf.commandSpec().userObject();
    Shell shell =
        new Shell(
            new PrintWriter(Writer.nullWriter()),
            new PrintWriter(Writer.nullWriter()),
            false,
            new Environment(Map.of()),
            new Shutdown());
    return command.problems(shell);
  }

  /** The checks count in milliseconds. */
  private static String durations(String text) {
    return NUMBER
        .matcher(text)
        .replaceAll(n -> DurationConverter.format(Duration.ofMillis(Long.parseLong(n.group()))));
  }
}
