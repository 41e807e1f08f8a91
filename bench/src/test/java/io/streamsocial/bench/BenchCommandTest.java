package io.streamsocial.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class BenchCommandTest {
  private record Outcome(int exitCode, String out, String err) {}

  private static Outcome run(String... words) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode =
        Bench.commandLine()
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(words);
    return new Outcome(exitCode, out.toString(), err.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "restore --rouns 3",
        "restore --rounds three",
        "restore surplus",
        "compare --posts many",
        "compare --view hashtags",
        "compare --view users,",
        "compare --jdk /nowhere",
        "query --tags 1,x",
        "freshness --rate",
        "return --only home",
        "nonsense",
        "rebuild"
      })
  void wrongUsageEndsWith2AndSaysWhyOnStderr(String words) {
    Outcome outcome = run(words.split(" ", -1));
    assertThat(outcome.exitCode).isEqualTo(2);
    assertThat(outcome.err).isNotBlank();
    assertThat(outcome.out).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"compare", "query", "freshness", "restore", "return", "idle", "jmh"})
  void helpOfEachCommandEndsWith0(String command) {
    Outcome outcome = run(command, "--help");
    assertThat(outcome.exitCode).isZero();
    assertThat(outcome.out).contains("Usage: bench/run " + command);
  }

  @Test
  void sharedOptionsReachTheirCommands() {
    CommandLine.ParseResult restored =
        Bench.commandLine()
            .parseArgs("restore", "--rounds=7", "--seed=9", "--java-options=-Xmx2g", "--warm=4");
    Restore restore = (Restore) restored.subcommand().commandSpec().userObject();
    assertThat(restore.options.rounds).isEqualTo(7);
    assertThat(restore.options.seed).isEqualTo(9);
    assertThat(restore.options.javaOptions).isEqualTo("-Xmx2g");
    assertThat(restore.times).isEqualTo(4);
    CommandLine.ParseResult queried =
        Bench.commandLine()
            .parseArgs("query", "--rounds=5", "--posts=11", "--serve-options=--threads=2");
    Query query = (Query) queried.subcommand().commandSpec().userObject();
    assertThat(query.options.rounds).isEqualTo(5);
    assertThat(query.options.posts).isEqualTo(11);
    assertThat(query.options.serveWords()).containsExactly("--threads=2");
  }

  @Test
  void eachViewOptionIsOneEngine() {
    CommandLine.ParseResult parsed =
        Bench.commandLine().parseArgs("compare", "--view=trending", "--view=users,trending");
    Compare compare = (Compare) parsed.subcommand().commandSpec().userObject();
    assertThat(compare.views)
        .extracting(ViewSet::toString)
        .containsExactly("trending", "trending,users");
    assertThat(compare.runs())
        .filteredOn(run -> run.views().isTrending())
        .extracting(Compare.Run::contender)
        .containsExactlyElementsOf(compare.options.only);
    assertThat(compare.runs())
        .filteredOn(run -> !run.views().isTrending())
        .extracting(Compare.Run::contender)
        .as("those that can keep several views")
        .containsExactly("ours-eos", "ours-alo", "ours-eos-dedupe");
  }

  @Test
  void anyOneViewRunsOnKafkaStreamsToo() {
    CommandLine.ParseResult parsed = Bench.commandLine().parseArgs("compare", "--view=sessions");
    Compare compare = (Compare) parsed.subcommand().commandSpec().userObject();
    assertThat(compare.runs())
        .extracting(Compare.Run::contender)
        .containsExactly(
            "ours-eos", "streams-eos", "streams-eos-tx", "ours-alo", "ours-eos-dedupe");
  }

  @Test
  void eachContenderRunsOnEachJdk() {
    String home = System.getProperty("java.home");
    CommandLine.ParseResult parsed =
        Bench.commandLine().parseArgs("compare", "--only=ours-eos", "--jdk=" + home + "," + home);
    Compare compare = (Compare) parsed.subcommand().commandSpec().userObject();
    assertThat(compare.runs())
        .extracting(run -> run.jdk().feature())
        .containsExactly(
            Integer.toString(Runtime.version().feature()),
            Integer.toString(Runtime.version().feature()));
  }
}
