package io.streamsocial.cli.state;

import io.streamsocial.cli.options.EngineOptions;
import io.streamsocial.cli.options.ListenOptions;
import io.streamsocial.cli.shell.Command;
import io.streamsocial.cli.shell.ExitCode;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.cli.shell.Table;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.kafka.AccessNeeds;
import io.streamsocial.processor.kafka.ClusterCheck;
import io.streamsocial.processor.kafka.ClusterCheck.Check;
import io.streamsocial.processor.kafka.ClusterCheck.Status;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Checks whether serve would run here with these options, and says what to do if not. */
@CommandLine.Command(
    name = "doctor",
    description = {
      "Check what serve needs, with the same options: brokers, topics, access, state directory,"
          + " disk, open files, memory, port, clock. Creates and writes nothing on Kafka."
    },
    footer = {
      "",
      "Examples:",
      "  trending doctor --bootstrap kafka:9092 --state-dir /var/lib/trending",
      "  trending doctor --acls --for serve,restore --principal User:trending",
      "Exit codes: 0 all is well, 2 usage, 3 something is to be done."
    })
final class DoctorCommand implements Command {
  @Mixin final EngineOptions engine = new EngineOptions();
  @Mixin final ListenOptions listen = new ListenOptions();

  @Option(
      names = "--acls",
      description =
          "Print the commands that allow what serve and the other commands do, and end; with"
              + " --for, only some.")
  boolean acls;

  @Option(
      names = "--for",
      split = ",",
      paramLabel = "COMMAND",
      showDefaultValue = CommandLine.Help.Visibility.NEVER,
      description = "With --acls: serve, posts_api, restore, verify, reset. Default: all.")
  Set<AccessNeeds.Purpose> purposes = EnumSet.allOf(AccessNeeds.Purpose.class);

  @Option(
      names = "--principal",
      description = "Principal to allow. Default: the user of kafka.sasl.jaas.config.")
  String principal = "";

  @Option(names = "--json", description = "Print the result as JSON.")
  boolean json;

  @Override
  public List<String> problems(Shell shell) {
    List<String> problems = new ArrayList<>(listen.problems());
    if (!principal.isEmpty() && !principal.matches("[A-Za-z]+:[^'\\p{Cntrl}]+")) {
      problems.add("principal is '%s': write it as User:name".formatted(principal));
    }
    try {
      EngineConfig unused = engine.build(shell.environment());
    } catch (ConfigException e) {
      problems.addAll(e.problems());
    }
    return problems;
  }

  @Override
  public int run(Shell shell) {
    EngineConfig config = engine.build(shell.environment());
    if (acls) {
      printAcls(config, shell);
      return ExitCode.DONE;
    }
    List<Check> checks = new ArrayList<>(ClusterCheck.run(config));
    checks.addAll(new LocalChecks(config, listen).run());
    if (json) {
      StateCommand.print(
          out -> {
            out.writeStartObject();
            out.writeBooleanField("ok", isWell(checks));
            out.writeArrayFieldStart("checks");
            for (Check check : checks) {
              out.writeStartObject();
              out.writeStringField("name", check.name());
              out.writeStringField("status", text(check.status()));
              out.writeStringField("detail", check.detail());
              out.writeEndObject();
            }
            out.writeEndArray();
            out.writeEndObject();
          },
          shell);
    } else {
      Table table = new Table("STATUS", "CHECK", "DETAIL");
      checks.forEach(check -> table.row(text(check.status()), check.name(), check.detail()));
      table.print(shell.out());
      shell.out().flush();
    }
    return isWell(checks) ? ExitCode.DONE : ExitCode.NOT_READY;
  }

  /** Prints a script: all but the commands are comments. */
  private void printAcls(EngineConfig config, Shell shell) {
    String allowed =
        principal.isEmpty() ? AccessNeeds.principal(config).orElse("User:trending") : principal;
    shell
        .out()
        .println("# For a super user; on brokers that want a login with --command-config FILE.");
    for (AccessNeeds.Purpose purpose : new TreeSet<>(purposes)) {
      shell.out().println("# " + purpose.title());
      AccessNeeds.commands(config, purpose, allowed).forEach(shell.out()::println);
    }
    shell.out().flush();
  }

  private static boolean isWell(List<Check> checks) {
    return checks.stream().noneMatch(check -> check.status() == Status.PROBLEM);
  }

  private static String text(Status status) {
    return status.name().toLowerCase(Locale.ROOT);
  }
}
