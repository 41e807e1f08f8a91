package io.streamsocial.cli.shell;

import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * Which options of a command line have their values from the environment. Whoever reads that a
 * value is wrong looks for it on the command line, and does not find it there.
 */
public final class ValueSources {
  // By option, as --port.
  private final Map<String, String> variables = new TreeMap<>();

  /**
   * @param line the outermost level of a command line
   * @param environment with which it was parsed
   */
  public ValueSources(ParseResult line, Environment environment) {
    for (@Nullable ParseResult level = line; level != null; level = level.subcommand()) {
      for (OptionSpec option : level.commandSpec().options()) {
        String variable = environment.variable(option);
        if (variable != null && !level.hasMatchedOption(option)) {
          variables.put(option.longestName(), variable);
        }
      }
    }
  }

  /** A message about options, and behind it the variables that those have their values from. */
  public String explain(String message) {
    String from =
        variables.entrySet().stream()
            .filter(each -> names(message, each.getKey()))
            .map(
                each ->
                    "%s is from the environment variable %s"
                        .formatted(each.getKey(), each.getValue()))
            .collect(Collectors.joining("; "));
    return from.isEmpty() ? message : "%s (%s)".formatted(message, from);
  }

  /** As {@code --port} anywhere, or as {@code port} at its beginning. */
  private static boolean names(String message, String option) {
    String bare = option.substring(2);
    return Pattern.compile(Pattern.quote(option) + "(?![a-z-])").matcher(message).find()
        || Pattern.compile(Pattern.quote(bare) + "(?![a-z-])").matcher(message).lookingAt();
  }
}
