package io.streamsocial.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.cli.shell.Environment;
import io.streamsocial.cli.shell.ExitCode;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.cli.shell.Shutdown;
import io.streamsocial.http.Version;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** From the arguments to the exit code. */
@Timeout(300)
class MainTest extends CommandLineCase {
  @Test
  void helpNamesTheEnvironmentVariablesAndDefaults() {
    assertThat(run(Map.of(), "serve", "--help")).isZero();
    assertThat(out.toString())
        .contains(
            "--state-dir",
            "Environment: TRENDING_STATE_DIR",
            "Environment: TRENDING_INSTANCE_ID or INSTANCE_ID")
        .contains("Environment: TRENDING_BOOTSTRAP or KAFKA_BOOTSTRAP or")
        .contains("Default: localhost:9092", "Default: 5m", "Default: 1h", "127.0.0.1");
    assertThat(err.toString()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--help",
        "demo --help",
        "broker --help",
        "generate --help",
        "query --help",
        "query trending --help",
        "query hashtag --help"
      })
  void everyCommandHasHelpOnStdout(String line) {
    assertThat(run(Map.of(), line.split(" "))).isZero();
    assertThat(out.toString()).startsWith("Usage: trending");
  }

  @Test
  void aLineIsReadWithTheCommandThatItBeginsWith() {
    Environment none = new Environment(Map.of());
    assertThat(Main.commandLine(none, List.of("serve", "demo")).getSubcommands())
        .containsOnlyKeys("serve");
    assertThat(Main.commandLine(none, List.of("--help")).getSubcommands())
        .containsOnlyKeys(Main.commandLine(none).getSubcommands().keySet())
        .containsKeys("serve", "query", "doctor");
  }

  @Test
  void whatWasMeantIsSuggested() {
    assertThat(runAlone(false, "sevre")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString())
        .isEqualTo(
            """
            error: trending has no command 'sevre': did you mean serve?
            all commands: trending --help
            """);
    assertThat(runAlone(false, "query", "tranding")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("did you mean trending?");
    assertThat(runAlone(false, "serve", "--prot", "8081")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("serve has no option '--prot': did you mean --port?");
    assertThat(runAlone(false, "serve", "--colour=red")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("no option '--colour=red'").doesNotContain("did you mean");
  }

  @Test
  void aShellCanCompleteCommandsAndOptions(@TempDir Path directory) throws Exception {
    assertThat(runAlone(false, "completion")).isZero();
    Path script = Files.writeString(directory.resolve("completion"), out.toString());
    Process bash =
        new ProcessBuilder(
                "bash",
                "-c",
                "exec 2>/dev/null; source '%s'; COMP_WORDS=(trending qu); COMP_CWORD=1; _complete_trending; echo ${COMPREPLY[*]}; COMP_WORDS=(trending serve --state); COMP_CWORD=2; _complete_trending; echo ${COMPREPLY[*]}"
                    .formatted(script))
            .start();
    String completed = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(bash.waitFor()).as(completed).isZero();
    assertThat(completed.lines()).containsExactly("query", "--state-dir");
  }

  @Test
  void helpIsACommandToo() {
    assertThat(runAlone(false, "help")).isZero();
    assertThat(out.toString()).contains("To begin:", "./trending demo", "doctor");
    assertThat(runAlone(false, "help", "query", "hashtag")).isZero();
    assertThat(out.toString()).startsWith("Usage: trending query hashtag");
    assertThat(runAlone(false, "help", "sevre")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("did you mean serve?");
  }

  @Test
  void anErrorNamesTheVariableThatItsValueIsFrom() {
    assertThat(run(Map.of("PORT", "70000", "TRENDING_WINDOW", "soon"), "serve", "--threads=0"))
        .isEqualTo(ExitCode.USAGE);
    assertThat(err.toString().lines())
        .anyMatch(line -> line.endsWith("(--port is from the environment variable PORT)"))
        .anyMatch(
            line -> line.contains("'soon' is not a duration") && line.contains("TRENDING_WIN"))
        .anyMatch(line -> line.contains("threads is 0") && !line.contains("environment"));
  }

  @Test
  void whatOtherProgramsSetIsNotRead() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      // As conda and others have it.
      Map<String, String> environment =
          Map.of("HOST", "x86_64-conda-linux-gnu", "YES", "true", "STATE_DIR", "/elsewhere");
      String port = Integer.toString(taken.getLocalPort());
      assertThat(run(environment, "serve", "--port", port)).isEqualTo(ExitCode.FAILED);
      assertThat(err.toString())
          .contains("port " + port + " on 127.0.0.1 is in use")
          .contains("note: STATE_DIR is set, and not read: the variable is TRENDING_STATE_DIR")
          .doesNotContain("conda", "HOST");
    }
    assertThat(run(Map.of(), "reset", "--help")).isZero();
    assertThat(out.toString()).contains("--yes").doesNotContain("TRENDING_YES");
  }

  @Test
  void kafkaIsWaitedForAndItsAbsenceIsNoMistakeOfUse(@TempDir Path state) throws IOException {
    int nobody;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      nobody = free.getLocalPort();
    }
    String[] serve = {
      "serve",
      "--port=0",
      "--state-dir=" + state,
      "--bootstrap=127.0.0.1:" + nobody,
      "--wait-for-kafka=1s"
    };
    assertThat(run(Map.of(), serve)).isEqualTo(ExitCode.FAILED);
    assertThat(err.toString())
        .contains("waiting for Kafka at 127.0.0.1:" + nobody, "5s, at most 1s (--wait-for-kafka)")
        .contains("error: no answer from Kafka at 127.0.0.1:" + nobody);
  }

  @Test
  void versionIsTheBuildsOwn() {
    assertThat(run(Map.of(), "--version")).isZero();
    assertThat(out.toString().trim()).isEqualTo("trending " + Version.TEXT);
  }

  @Test
  void withoutACommandTheUsageIsShownOnStderr() {
    assertThat(run(Map.of())).isEqualTo(2);
    assertThat(err.toString()).contains("Usage: trending", "serve");
    assertThat(run(Map.of(), "query")).isEqualTo(2);
    assertThat(run(Map.of(), "dmeo")).isEqualTo(2);
    assertThat(err.toString()).contains("dmeo");
  }

  @Test
  void allConfigErrorsAreToldAtOnce() {
    int code =
        run(
            Map.of("TRENDING_PUBLISH_MS", "0", "TRENDING_RETENTION", "soon"),
            "serve",
            "--threads=many",
            "--port=70000",
            "--window=1",
            "--app-id=a b",
            "--read-queue=0",
            "--peer-timeout-ms=5",
            "--standbys=11",
            "--zone=a b",
            "--advertise=a_b:1",
            "--guarantee=maybe",
            "--kafka.acks=1",
            "--colour=red");
    assertThat(code).isEqualTo(2);
    assertThat(err.toString())
        .contains(
            "publish-ms is 0: allowed is 1 to 10000",
            "--retention",
            "'soon' is not a duration",
            "--threads",
            "'many'",
            "port is 70000: allowed is 0 to 65535",
            "window (ms) is 1: allowed is 1000 to 86400000",
            "app-id is 'a b'",
            "read-queue is 0",
            "peer-timeout-ms is 5: allowed is 10 to 60000",
            "standbys is 11",
            "zone is 'a b'",
            "advertise is 'a_b:1': write HOST or HOST:PORT",
            "--guarantee",
            "kafka.acks cannot be set",
            "--colour");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void everyVariableThatCannotBeReadIsTold() {
    Map<String, String> environment =
        Map.of(
            "TRENDING_PUBLISH_MS", "soon",
            "TRENDING_THREADS", "many",
            "TRENDING_GUARANTEE", "mostly",
            "TRENDING_WINDOW", "a while",
            "PORT", "eighty",
            "TRENDING_MAX_CONNECTIONS", "0");
    assertThat(run(environment, "serve", "--standbys=some")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString())
        .contains("soon", "many", "mostly", "a while", "eighty", "some", "max-connections is 0");
  }

  @Test
  void serveTriesThePortBeforeAnythingElse() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(taken.getLocalPort());
      assertThat(run(Map.of(), "serve", "--port", port)).isEqualTo(1);
      assertThat(err.toString()).contains("port " + port + " on 127.0.0.1 is in use", "--port");
    }
  }

  @Test
  void serveEndsWhenAskedThoughKafkaDoesNotAnswer(@TempDir Path state) throws Exception {
    Shutdown shutdown = new Shutdown();
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Shell shell = shell(false, Map.of(), shutdown);
      String[] command = {
        "serve",
        "--port=0",
        "--state-dir=" + state,
        "--bootstrap=127.0.0.1:" + silent.getLocalPort()
      };
      CompletableFuture<Integer> code = CompletableFuture.supplyAsync(() -> run(shell, command));
      try (Socket asked = silent.accept()) {
        shutdown.request();
        assertThat(code.get(60, TimeUnit.SECONDS)).as(err.toString()).isZero();
        assertThat(asked.isConnected()).isTrue();
      }
      assertThat(err.toString()).contains("stopped before it had started");
    }
  }
}
