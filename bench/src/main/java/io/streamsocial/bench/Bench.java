package io.streamsocial.bench;

import io.streamsocial.bench.contender.ContenderMain;
import io.streamsocial.bench.contender.Job;
import io.streamsocial.bench.contender.RestoreMain;
import io.streamsocial.bench.load.ConstantServer;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command line of the benchmarks; see {@code bench/run --help}. */
@Command(
    name = "bench/run",
    description = "Measures the engine, and the same job on Kafka Streams beside it.",
    mixinStandardHelpOptions = true,
    subcommands = {
      Compare.class,
      Jmh.class,
      Query.class,
      Freshness.class,
      Idle.class,
      Restore.class,
      Return.class,
      Bench.Contend.class,
      Bench.Rebuild.class,
      Feed.class,
      ConstantServer.class
    })
final class Bench {
  private Bench() {}

  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Bench());
  }

  /** The arguments of every contender's process. */
  abstract static class Child implements Callable<Integer> {
    @Parameters(index = "0")
    String name = "";

    @Option(names = "--bootstrap")
    String bootstrap = "";

    @Option(names = "--topic")
    String topic = "";

    @Option(names = "--posts")
    long posts;

    @Option(names = "--state-dir")
    Path stateDir = Path.of(".");

    @Option(names = "--threads")
    int threads = 1;

    @Option(names = "--view", converter = ViewSet.Converter.class)
    ViewSet views = ViewSet.TRENDING;

    Job job() {
      return new Job(bootstrap, topic, posts, stateDir, threads, views.views());
    }
  }

  /** One contender in its own process; started by the comparisons. */
  @Command(name = "contend", hidden = true)
  static final class Contend extends Child {
    @Override
    public Integer call() throws Exception {
      // A comparison that is killed must not leave its contender running.
      CompletableFuture<Void> unused =
          ProcessHandle.current()
              .parent()
              .map(ProcessHandle::onExit)
              .orElseGet(CompletableFuture::new)
              .thenRun(() -> Runtime.getRuntime().halt(1));
      return ContenderMain.run(name, job());
    }
  }

  /** One contender that rebuilds its state, in its own process. */
  @Command(name = "rebuild", hidden = true)
  static final class Rebuild extends Child {
    @Option(names = "--times")
    int times = 1;

    @Override
    public Integer call() throws Exception {
      return RestoreMain.run(name, job(), times);
    }
  }
}
