package io.streamsocial.cli;

import io.streamsocial.cli.query.ClientCommands;
import io.streamsocial.cli.shell.Command;
import io.streamsocial.cli.shell.CommandException;
import io.streamsocial.cli.shell.DurationConverter;
import io.streamsocial.cli.shell.Environment;
import io.streamsocial.cli.shell.ExitCode;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.cli.shell.Shutdown;
import io.streamsocial.cli.shell.ValueSources;
import io.streamsocial.cli.state.OperatorCommands;
import io.streamsocial.http.Version;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.UnavailableException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import picocli.CommandLine;

/** The command line: finds the command and its options, and turns what happens into exit codes. */
@CommandLine.Command(
    name = "trending",
    description = "What is trending right now, answered from the state of a stream processor.",
    versionProvider = Main.VersionText.class,
    footer = {
      "",
      "To begin:   ./trending demo                 all of it on this machine, with a page to look at",
      "To go on:   ./trending serve --bootstrap HOST:9092          an instance beside your own Kafka",
      "All of a command's options: ./trending help COMMAND",
      "",
      "Every option has an environment variable: --state-dir is TRENDING_STATE_DIR.",
      "Durations: 300000ms, 300s, 5m, 1h; a plain number is milliseconds.",
      "Exit codes: 0 done, 1 failed, 2 usage, 3 not ready or partial, 4 a difference was found."
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
    List<String> words = List.of(withPassThrough(args));
    if (!words.isEmpty() && words.get(0).equals("help")) {
      return help(words.subList(1, words.size()), shell);
    }
    ParsedLine line = ParsedLine.parse(words, shell.environment());
    line.result().commandSpec().commandLine().setOut(shell.out()).setErr(shell.err());
    ValueSources sources = new ValueSources(line.result(), shell.environment());
    CommandLine chosen = line.command();
    if (line.isUnknownCommand()) {
      line.problems().forEach(problem -> shell.say("error: " + problem));
      shell.say("all commands: " + chosen.getCommandSpec().qualifiedName() + " --help");
      return ExitCode.USAGE;
    }
    Integer help = CommandLine.executeHelpRequest(line.result());
    if (help != null) {
      return help;
    }
    if (!(chosen.getCommand() instanceof Command command)) {
      line.problems().forEach(problem -> shell.say("error: " + sources.explain(problem)));
      chosen.usage(shell.err());
      return ExitCode.USAGE;
    }
    List<String> problems = new ArrayList<>(line.problems());
    problems.addAll(command.problems(shell));
    if (!problems.isEmpty()) {
      return refuse(problems, sources, chosen, shell);
    }
    shell
        .environment()
        .withoutPrefix(chosen.getCommandSpec())
        .forEach(
            (bare, name) ->
                shell.say(
                    "note: %s is set, and not read: the variable is %s".formatted(bare, name)));
    return execute(command, sources, shell);
  }

  /** {@code help query trending} is {@code query trending --help}. */
  private static int help(List<String> words, Shell shell) {
    CommandLine command = commandLine(shell.environment());
    for (String word : words) {
      CommandLine next = command.getSubcommands().get(word);
      if (next == null) {
        shell.say("error: " + ParsedLine.unknown(word, command.getCommandSpec()));
        shell.say("all commands: trending --help");
        return ExitCode.USAGE;
      }
      command = next;
    }
    command.usage(shell.out());
    return ExitCode.DONE;
  }

  /** With all commands. */
  public static CommandLine commandLine(Environment environment) {
    return commandLine(environment, command -> true);
  }

  /**
   * With the command that a line begins with, or else with all. Picocli looks at every option of
   * every command that it is given, which is much of what a command costs.
   */
  static CommandLine commandLine(Environment environment, List<String> args) {
    String first = args.isEmpty() ? "" : args.get(0);
    boolean isCommand = commands().stream().anyMatch(command -> name(command).equals(first));
    return commandLine(environment, command -> !isCommand || name(command).equals(first));
  }

  private static List<Object> commands() {
    List<Object> all =
        new ArrayList<>(
            List.of(
                new DemoCommand(), new ServeCommand(), new BrokerCommand(), new GenerateCommand()));
    all.addAll(ClientCommands.all());
    all.addAll(OperatorCommands.all());
    all.add(new CompletionCommand());
    return all;
  }

  private static String name(Object command) {
    return command.getClass().getAnnotation(CommandLine.Command.class).name();
  }

  private static CommandLine commandLine(Environment environment, Predicate<Object> isMeant) {
    CommandLine commandLine = new CommandLine(new Main());
    commands().stream().filter(isMeant).forEach(commandLine::addSubcommand);
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

  private static int refuse(
      List<String> problems, ValueSources sources, CommandLine command, Shell shell) {
    problems.forEach(problem -> shell.say("error: " + sources.explain(problem)));
    shell.say(
        "nothing was started; options: " + command.getCommandSpec().qualifiedName() + " --help");
    return ExitCode.USAGE;
  }

  private static int execute(Command command, ValueSources sources, Shell shell) {
    try {
      return command.run(shell);
    } catch (CommandException e) {
      shell.say("error: " + sources.explain(String.valueOf(e.getMessage())));
      return e.exitCode();
    } catch (ConfigException e) {
      e.problems().forEach(problem -> shell.say("error: " + sources.explain(problem)));
      return e instanceof UnavailableException ? ExitCode.FAILED : ExitCode.USAGE;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return ExitCode.FAILED;
    } catch (Exception e) {
      shell.say("error: " + reason(e));
      return ExitCode.FAILED;
    }
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
