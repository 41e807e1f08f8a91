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
        .contains("--state-dir", "Environment: STATE_DIR", "Environment: INSTANCE_ID")
        .contains("Environment: BOOTSTRAP or KAFKA_BOOTSTRAP or KAFKA_BOOTSTRAP_SERVERS")
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
    assertThat(run(Map.of(), "sevre")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("sevre", "serve", "doctor");
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
            Map.of("PUBLISH_MS", "0", "RETENTION", "soon"),
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
            "PUBLISH_MS", "soon",
            "THREADS", "many",
            "GUARANTEE", "mostly",
            "WINDOW", "a while",
            "PORT", "eighty",
            "MAX_CONNECTIONS", "0");
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
