package io.streamsocial.cli;

import io.streamsocial.cli.query.QueryCommand;
import io.streamsocial.cli.query.TopCommand;
import io.streamsocial.cli.shell.Command;
import io.streamsocial.cli.shell.CommandException;
import io.streamsocial.cli.shell.DurationConverter;
import io.streamsocial.cli.shell.Environment;
import io.streamsocial.cli.shell.ExitCode;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.cli.shell.Shutdown;
import io.streamsocial.cli.state.DoctorCommand;
import io.streamsocial.cli.state.InspectCommand;
import io.streamsocial.cli.state.ResetCommand;
import io.streamsocial.cli.state.RestoreCommand;
import io.streamsocial.cli.state.VerifyCommand;
import io.streamsocial.http.Version;
import io.streamsocial.processor.AccessException;
import io.streamsocial.processor.ConfigException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** The command line: finds the command and its options, and turns what happens into exit codes. */
@CommandLine.Command(
    name = "trending",
    description = "What is trending right now, answered from the state of a stream processor.",
    versionProvider = Main.VersionText.class,
    footer = {
      "",
      "Every option has an environment variable of the same name: --state-dir is STATE_DIR.",
      "Durations: 300000ms, 300s, 5m, 1h; a plain number is milliseconds.",
      "Exit codes: 0 done, 1 failed, 2 usage, 3 not ready or partial, 4 a difference was found."
    },
    subcommands = {
      DemoCommand.class,
      ServeCommand.class,
      BrokerCommand.class,
      GenerateCommand.class,
      TopCommand.class,
      QueryCommand.class,
      RestoreCommand.class,
      VerifyCommand.class,
      InspectCommand.class,
      ResetCommand.class,
      DoctorCommand.class
    })
public final class Main {
  private static final String PASS_THROUGH = "--kafka.";

  private Main() {}

  /** For {@code --version}. */
  static final class VersionText implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"trending " + Version.TEXT};
    }
  }

  public static void main(String[] args) {
    Shutdown shutdown = Shutdown.install();
    PrintWriter out = new PrintWriter(System.out, false, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    Environment environment = new Environment(System.getenv());
    Shell shell = new Shell(out, err, Shell.stderrIsTerminal(), environment, shutdown);
    int code = run(args, shell);
    out.flush();
    err.flush();
    shutdown.exit(code);
  }

  /** One command from its arguments to its exit code; never throws what a user could cause. */
  public static int run(String[] args, Shell shell) {
    List<String> problems = new ArrayList<>();
    ParseResult parsed = parse(List.of(withPassThrough(args)), shell.environment(), problems);
    parsed.commandSpec().commandLine().setOut(shell.out()).setErr(shell.err());
    Integer help = CommandLine.executeHelpRequest(parsed);
    if (help != null) {
      return help;
    }
    ParseResult leaf = leaf(parsed);
    CommandLine chosen = leaf.commandSpec().commandLine();
    if (!(chosen.getCommand() instanceof Command command)) {
      problems.forEach(problem -> shell.say("error: " + problem));
      chosen.usage(shell.err());
      return ExitCode.USAGE;
    }
    problems.addAll(command.problems(shell));
    if (!problems.isEmpty()) {
      return refuse(problems, chosen, shell);
    }
    return execute(command, shell);
  }

  /**
   * Parses, and adds what is wrong. Picocli applies no more defaults, and so no more variables,
   * behind a value that it cannot convert: so that all are told at once, it parses again without
   * that value, until there is none.
   */
  private static ParseResult parse(
      List<String> args, Environment environment, List<String> problems) {
    ParseResult parsed = commandLine(environment).parseArgs(args.toArray(new String[0]));
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

  private static ParseResult leaf(ParseResult parsed) {
    ParseResult leaf = parsed;
    while (leaf.hasSubcommand()) {
      leaf = leaf.subcommand();
    }
    return leaf;
  }

  public static CommandLine commandLine(Environment environment) {
    CommandLine commandLine = new CommandLine(new Main());
    environment.applyTo(commandLine);
    commandLine.registerConverter(Duration.class, new DurationConverter());
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    commandLine.setUsageHelpWidth(100);
    prepare(commandLine);
    return commandLine;
  }

  private static void prepare(CommandLine commandLine) {
    // All that is wrong at once, so parsing goes on after the first error.
    commandLine.getCommandSpec().parser().collectErrors(true);
    commandLine.getCommandSpec().mixinStandardHelpOptions(true);
    if (!commandLine.getCommandName().equals("trending") || commandLine.getParent() != null) {
      commandLine.getCommandSpec().versionProvider(new VersionText());
    }
    commandLine.getCommandSpec().usageMessage().showDefaultValues(true);
    commandLine.getSubcommands().values().forEach(Main::prepare);
  }

  private static void collect(ParseResult parsed, List<String> problems) {
    for (Exception error : parsed.errors()) {
      String message = String.valueOf(error.getMessage());
      if (error instanceof ParameterException && !problems.contains(message)) {
        problems.add(message);
      }
    }
  }

  private static int refuse(List<String> problems, CommandLine command, Shell shell) {
    problems.forEach(problem -> shell.say("error: " + problem));
    shell.say(
        "nothing was started; options: " + command.getCommandSpec().qualifiedName() + " --help");
    return ExitCode.USAGE;
  }

  private static int execute(Command command, Shell shell) {
    try {
      return command.run(shell);
    } catch (CommandException e) {
      shell.say("error: " + e.getMessage());
      return e.exitCode();
    } catch (ConfigException e) {
      e.problems().forEach(problem -> shell.say("error: " + problem));
      return e instanceof AccessException ? ExitCode.FAILED : ExitCode.USAGE;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return ExitCode.FAILED;
    } catch (NoClassDefFoundError e) {
      return missing(e, shell);
    } catch (Exception e) {
      shell.say("error: " + reason(e));
      return ExitCode.FAILED;
    }
  }

  /** The broker's jars are for development only; any other class that is missing is a bug. */
  private static int missing(NoClassDefFoundError error, Shell shell) {
    String name = String.valueOf(error.getMessage()).toLowerCase(Locale.ROOT);
    if (!name.contains("broker") && !name.contains("kafka/kafka")) {
      throw error;
    }
    shell.say(
        "error: demo and broker need the development jars (lib-broker): run them through ./trending");
    return ExitCode.FAILED;
  }

  private static String reason(Throwable error) {
    String message = error.getMessage();
    return message == null || message.isBlank() ? error.getClass().getSimpleName() : message;
  }

  /** {@code --kafka.security.protocol=SSL} as the option {@code --kafka=security.protocol=SSL}. */
  public static String[] withPassThrough(String[] args) {
    List<String> result = new ArrayList<>();
    for (int i = 0; i < args.length; i++) {
      String arg = args[i];
      if (!arg.startsWith(PASS_THROUGH)) {
        result.add(arg);
        continue;
      }
      String setting = arg.substring(PASS_THROUGH.length());
      if (setting.indexOf('=') < 0 && i + 1 < args.length) {
        setting += "=" + args[++i];
      }
      result.add("--kafka=" + setting);
    }
    return result.toArray(new String[0]);
  }
}
