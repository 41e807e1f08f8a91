package io.streamsocial.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.streamsocial.http.auth.SecuritySettings;
import io.streamsocial.http.fixture.Rules;
import io.streamsocial.http.fixture.TestCertificates;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a newcomer sees first. */
final class DemoIT {
  /** Two JVMs and more have to start: it costs nothing when all is well. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private static final Pattern FIRST = Pattern.compile("first trend after ([0-9.]+) s: #\\w+");

  private static final Pattern LOG = Pattern.compile("log +(/.*demo\\.log)");

  private static final Pattern URL = Pattern.compile("trending +http://localhost:[0-9]+/");

  @Test
  void theFirstTrendAppearsAndSigtermEndsKafkaToo() throws Exception {
    long begin = System.nanoTime();
    try (CommandProcess demo =
        CommandProcess.start(List.of("demo", "--port", "0", "--kafka-port", "0"))) {
      awaitFirstTrend(demo);
      Matcher first = FIRST.matcher(demo.output());
      assertThat(first.find()).isTrue();
      System.out.printf(
          "DemoIT: %s, %.1f s after the command%n",
          first.group(), (System.nanoTime() - begin) / 1e9);
      Matcher log = LOG.matcher(demo.output());
      assertThat(log.find()).as(demo.output()).isTrue();
      assertThat(Path.of(log.group(1))).content().contains("INFO ", "loop-0: assigned");
      assertThat(demo.output()).as("a screen for people").doesNotContain("INFO ", "\"level\"");
      List<ProcessHandle> kafka = demo.handle().descendants().toList();
      assertThat(kafka).as("the broker's process").isNotEmpty();
      assertThat(demo.terminate()).as(demo.output()).isZero();
      await().atMost(PATIENCE).until(() -> kafka.stream().noneMatch(ProcessHandle::isAlive));
    }
  }

  private static void awaitFirstTrend(CommandProcess demo) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .failFast(() -> assertThat(demo.isAlive()).as(demo.output()).isTrue())
        .untilAsserted(() -> assertThat(demo.output()).containsPattern(FIRST));
  }

  @Test
  void severalInstancesStartAndEndTogether() throws Exception {
    try (CommandProcess demo =
        CommandProcess.start(
            List.of("demo", "--instances", "2", "--port", "0", "--kafka-port", "0"))) {
      awaitFirstTrend(demo);
      assertThat(URL.matcher(demo.output()).results().map(MatchResult::group).distinct())
          .hasSize(2);
      assertThat(demo.terminate()).as(demo.output()).isZero();
    }
  }

  @Test
  void withTokensAndTlsItShowsItsFirstTrendTheSame(@TempDir Path directory) throws Exception {
    TestCertificates ours = new TestCertificates(directory, "ours");
    SecuritySettings.TlsFiles tls = ours.write(ours.issue("localhost"));
    Path tokens = new Rules(directory).write("tokens", "read " + Rules.READ + "\n");
    try (CommandProcess demo =
        CommandProcess.start(
            List.of(
                "demo",
                "--port=0",
                "--kafka-port=0",
                "--tokens-file=" + tokens,
                "--tls-cert=" + tls.cert(),
                "--tls-key=" + tls.key(),
                "--tls-ca=" + tls.ca()))) {
      awaitFirstTrend(demo);
      assertThat(demo.output()).contains("dashboard  https://localhost:");
      assertThat(demo.terminate()).as(demo.output()).isZero();
    }
  }
}
