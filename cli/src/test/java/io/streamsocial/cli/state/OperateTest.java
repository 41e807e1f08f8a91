package io.streamsocial.cli.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.streamsocial.cli.CommandLineCase;
import io.streamsocial.cli.shell.ConsoleProgress;
import io.streamsocial.cli.shell.Shutdown;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The operator's commands as far as they need no Kafka. */
class OperateTest extends CommandLineCase {
  @ParameterizedTest
  @ValueSource(strings = {"inspect", "restore", "verify", "reset", "doctor"})
  void everyCommandHasHelpWithExamplesAndExitCodes(String command) {
    assertThat(run(Map.of(), command, "--help")).isZero();
    assertThat(out.toString())
        .contains("Usage: trending " + command, "Examples:", "Exit codes:")
        .contains(
            "Environment: TRENDING_STATE_DIR",
            "Environment: TRENDING_INSTANCE_ID or INSTANCE_ID",
            "Environment: TRENDING_JSON");
  }

  @Test
  void allErrorsAreToldAtOnce() {
    assertThat(
            run(
                Map.of("TRENDING_MAX_ROWS", "3"),
                "verify",
                "--partitions=0;1",
                "--app-id=a b",
                "--max-differences=-1",
                "--colour=red"))
        .isEqualTo(2);
    assertThat(err.toString())
        .contains(
            "partitions is '0;1': write all, or numbers with commas between as in 0,2",
            "max-rows is 3",
            "max-differences is -1",
            "app-id is 'a b'",
            "--colour");
    assertThat(run(Map.of(), "inspect", "--top=-1", "--instance-id=..")).isEqualTo(2);
    assertThat(err.toString()).contains("top is -1", "instance-id is '..'");
    assertThat(run(Map.of(), "doctor", "--principal=me", "--port=70000")).isEqualTo(2);
    assertThat(err.toString()).contains("principal is 'me': write it as User:name", "port is 7");
    assertThat(run(Map.of(), "reset")).isEqualTo(2);
    assertThat(err.toString()).contains("say --local, --topics or both");
  }

  @Test
  void aViewThatThereIsNotIsNoSuccess(@TempDir Path state) {
    String[] line = {"reset", "--local", "--yes", "--state-dir", state.toString(), "--view"};
    String[] wrong = Arrays.copyOf(line, line.length + 1);
    wrong[line.length] = "sesions";
    assertThat(run(Map.of(), wrong)).isEqualTo(1);
    assertThat(err.toString())
        .contains("there is no view 'sesions'", "trending, users, sessions, bursts");
    for (String known : new String[] {"sessions", "hashtag-bursts-store"}) {
      String[] right = wrong.clone();
      right[line.length] = known;
      assertThat(run(Map.of(), right)).as(known).isZero();
    }
  }

  @Test
  void partitionsAreNumbersOrAll() {
    PartitionsOption option = new PartitionsOption();
    assertThat(option.chosen()).isEmpty();
    option.partitions = "3,0,3";
    assertThat(option.problems()).isEmpty();
    assertThat(option.chosen()).containsExactly(0, 3);
    for (String bad : new String[] {"", "-1", "1,", ",1", "1-3", "12345", "ALL"}) {
      option.partitions = bad;
      assertThat(option.problems()).as(bad).hasSize(1);
    }
  }

  @Test
  void withoutATerminalThereIsALineEveryFiveSeconds() {
    AtomicLong nanos = new AtomicLong(1_000);
    try (ConsoleProgress progress =
        new ConsoleProgress(shell(false, Map.of(), new Shutdown()), nanos::get)) {
      progress.at("restore", 0, 1_000);
      nanos.addAndGet(4_999_000_000L);
      progress.at("restore", 100, 1_000);
      assertThat(err.toString()).isEmpty();
      nanos.addAndGet(1_000_000L);
      progress.at("restore", 200, 1_000);
      progress.at("restore", 201, 1_000);
      assertThat(err.toString().lines())
          .containsExactly("restore: 200 of 1000 (20 %), 40/s, about 20 s to go");
    }
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void bytesAreShownAsMegabytes() {
    AtomicLong nanos = new AtomicLong(1_000);
    try (ConsoleProgress progress =
        new ConsoleProgress(shell(false, Map.of(), new Shutdown()), nanos::get)) {
      progress.atBytes("fetch", 0, 0);
      nanos.addAndGet(5_000_000_000L);
      progress.atBytes("fetch", 0, 0);
      nanos.addAndGet(5_000_000_000L);
      progress.atBytes("fetch", 20_000_000, 50_000_000);
    }
    assertThat(err.toString().lines())
        .containsExactly(
            "fetch: 0.0 MB, how much there is is not known yet",
            "fetch: 20.0 of 50.0 MB (40 %), 2.0 MB/s, about 15 s to go");
  }

  @Test
  void onATerminalThereIsABar() {
    try (ConsoleProgress progress =
        new ConsoleProgress(shell(true, Map.of(), new Shutdown()), System::nanoTime)) {
      progress.at("restore", 0, 1_000);
      progress.at("restore", 1_000, 1_000);
    }
    assertThat(err.toString()).contains("\rrestore", "1000/1000", "100%", "/s");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void aStateDirectoryBelongsToOneUserWhoAloneWritesIt(@TempDir Path state) throws Exception {
    Path table = Files.createDirectories(state.resolve("task-0")).resolve("000001.sst");
    Files.writeString(table, "rows");
    assertThat(StateOwner.problem(state)).isEmpty();
    Files.setPosixFilePermissions(table, PosixFilePermissions.fromString("rw-rw-rw-"));
    assertThat(StateOwner.problem(state).orElseThrow())
        .contains("000001.sst can be written by everybody: chmod -R o-w");
    Files.setPosixFilePermissions(table, PosixFilePermissions.fromString("rw-r--r--"));
    assumeTrue(System.getProperty("user.name").equals("root"), "only root gives files away");
    Files.setOwner(
        table,
        table.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody"));
    assertThat(StateOwner.problem(state).orElseThrow())
        .contains("000001.sst belongs to nobody, its directory to root", "chown -R root " + state);
  }

  @Test
  void theLimitOfOpenFilesIsTheSoftOne() {
    String limits =
        """
        Limit                     Soft Limit           Hard Limit           Units
        Max cpu time              unlimited            unlimited            seconds
        Max open files            1024                 524288               files
        """;
    assertThat(LocalChecks.parseOpenFiles(limits)).isEqualTo(OptionalLong.of(1024));
    assertThat(LocalChecks.parseOpenFiles("Max open files  unlimited  unlimited  files"))
        .isEqualTo(OptionalLong.of(Long.MAX_VALUE));
    assertThat(LocalChecks.parseOpenFiles("")).isEmpty();
  }
}
