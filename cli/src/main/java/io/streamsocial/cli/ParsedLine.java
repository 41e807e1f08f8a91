package io.streamsocial.cli;

import io.streamsocial.cli.shell.Environment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * A command line as picocli understands it, with everything that is wrong with it.
 *
 * <p>Picocli applies no more defaults, and so no more variables, behind a value that it cannot
 * convert. To report all problems at once, the line is parsed again without such a value until none
 * is left.
 *
 * @param result of the last attempt
 * @param problems of all attempts, each once
 */
record ParsedLine(ParseResult result, List<String> problems) {

  static ParsedLine parse(List<String> args, Environment environment) {
    List<String> problems = new ArrayList<>();
    return new ParsedLine(parse(args, environment, problems), problems);
  }

  private static ParseResult parse(
      List<String> args, Environment environment, List<String> problems) {
    ParseResult parsed = Main.commandLine(environment, args).parseArgs(args.toArray(new String[0]));
    List<String> goodArgs = args;
    Environment good = environment;
    for (ParseResult level = parsed; level != null; level = level.subcommand()) {
      collect(level, problems);
      for (Exception error : level.errors()) {
        if (error instanceof ParameterException wrong
            && wrong.getArgSpec() instanceof OptionSpec option
            && wrong.getValue() != null) {
          List<String> fewer = without(goodArgs, option, wrong.getValue());
          good = fewer.size() == goodArgs.size() ? good.without(option) : good;
          goodArgs = fewer;
        }
      }
    }
    boolean isSame = goodArgs.size() == args.size() && good.size() == environment.size();
    return isSame ? parsed : parse(goodArgs, good, problems);
  }

  private static void collect(ParseResult parsed, List<String> problems) {
    for (Exception error : parsed.errors()) {
      String message =
          error instanceof UnmatchedArgumentException unmatched
              ? unknown(
                  unmatched.getUnmatched().get(0), unmatched.getCommandLine().getCommandSpec())
              : String.valueOf(error.getMessage());
      if (error instanceof ParameterException && !problems.contains(message)) {
        problems.add(message);
      }
    }
  }

  /** What nobody knows, with what may have been meant. */
  static String unknown(String word, CommandSpec command) {
    boolean isOption = word.startsWith("-");
    List<String> known =
        isOption
            ? command.options().stream().map(OptionSpec::longestName).toList()
            : List.copyOf(command.subcommands().keySet());
    String what =
        isOption
            ? "%s has no option '%s'".formatted(command.qualifiedName(), word)
            : known.isEmpty()
                ? "%s takes no '%s'".formatted(command.qualifiedName(), word)
                : "%s has no command '%s'".formatted(command.qualifiedName(), word);
    return Similar.to(word.split("=", 2)[0], known)
        .map(meant -> "%s: did you mean %s?".formatted(what, meant))
        .orElse(what);
  }

  /** Whether a word stands where a command should. */
  boolean isUnknownCommand() {
    CommandLine chosen = command();
    return !chosen.getSubcommands().isEmpty()
        && chosen.getParseResult().errors().stream()
            .anyMatch(
                error ->
                    error instanceof UnmatchedArgumentException unmatched
                        && !unmatched.getUnmatched().get(0).startsWith("-"));
  }

  private static List<String> without(List<String> args, OptionSpec option, String value) {
    List<String> rest = new ArrayList<>();
    for (int i = 0; i < args.size(); i++) {
      String arg = args.get(i);
      boolean isNext = i + 1 < args.size() && args.get(i + 1).equals(value);
      if (isNext && List.of(option.names()).contains(arg)) {
        i++;
      } else if (Stream.of(option.names()).noneMatch(name -> arg.equals(name + "=" + value))) {
        rest.add(arg);
      }
    }
    return rest;
  }

  /** The command that was chosen: the last of the subcommands. */
  CommandLine command() {
    ParseResult leaf = result;
    while (leaf.hasSubcommand()) {
      leaf = leaf.subcommand();
    }
    return leaf.commandSpec().commandLine();
  }
}
