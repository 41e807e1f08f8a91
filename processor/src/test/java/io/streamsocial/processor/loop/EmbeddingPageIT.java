package io.streamsocial.processor.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.example.board.TrendBoard;
import io.streamsocial.broker.KafkaFixture;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The programs of docs/embedding.md, and the page's word that it shows them. */
@Timeout(600)
final class EmbeddingPageIT {
  private static final Pattern EXAMPLE =
      Pattern.compile(
          "<!-- example: ([^>]*) -->\n```java\n(.*?)```\n<!-- end of example -->", Pattern.DOTALL);

  // Which one depends on how many minutes have passed since the posts.
  private static final String TREND = "(UP|FLAT|DOWN)";

  @TempDir Path temp;

  @Test
  void thePageShowsProgramsAsTheyAreCompiled() throws IOException {
    Path root = Path.of("").toAbsolutePath().resolve("..").normalize();
    String page = Files.readString(root.resolve("docs").resolve("embedding.md"));
    Matcher example = EXAMPLE.matcher(page);
    List<String> shown = new ArrayList<>();
    while (example.find()) {
      Path source = root.resolve(example.group(1));
      assertThat(source).exists();
      assertThat(example.group(2))
          .as("docs/embedding.md must show %s as it is: copy it", source)
          .isEqualTo(Files.readString(source));
      shown.add(source.getFileName().toString());
    }
    assertThat(shown)
        .contains(
            "TrendBoard.java",
            "StateLog.java",
            "BoardMeters.java",
            "RevenueTest.java",
            "RegionBoard.java");
  }

  @Test
  void theProgramPrintsTrendsEndsInOrderAndGoesOnWhereItWas() throws Exception {
    String topic = KafkaFixture.createTopic("posts", 2);
    List<String> arguments =
        List.of(
            KafkaFixture.bootstrap(),
            topic,
            KafkaFixture.uniqueName("board"),
            temp.resolve("state").toString());
    post(topic, "#Kafka and #streams");
    post(topic, "again #KAFKA");
    Path log = temp.resolve("first.log");
    Process first = start(arguments, log);
    try {
      awaitLine(first, log, "RUNNING after .*: every assigned task counts");
      awaitLine(first, log, "#kafka 2 " + TREND);
      awaitLine(first, log, "#streams 1 " + TREND);
      awaitLine(first, log, "#kafka in this minute: \\d+");
      first.destroy();
      assertThat(first.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      end(first);
    }
    post(topic, "once more #kafka");
    Path secondLog = temp.resolve("second.log");
    Process second = start(arguments, secondLog);
    try {
      awaitLine(second, secondLog, "#kafka 3 " + TREND);
    } finally {
      end(second);
    }
  }

  @Test
  void whatIsWrongIsSaidAndNothingStarts() throws Exception {
    Path log = temp.resolve("wrong.log");
    Process program =
        start(List.of(KafkaFixture.bootstrap(), "no.such.topic", "a board", temp.toString()), log);
    try {
      assertThat(program.waitFor(120, TimeUnit.SECONDS)).isTrue();
      assertThat(program.exitValue()).isEqualTo(2);
      assertThat(Files.readString(log)).contains("app-id is 'a board': allowed are");
    } finally {
      end(program);
    }
  }

  private static void awaitLine(Process program, Path log, String line) {
    Pattern whole = Pattern.compile("^" + line + "$", Pattern.MULTILINE);
    await(line)
        .atMost(Duration.ofSeconds(90))
        .failFast("it ended by itself", () -> assertThat(program.isAlive()).as(read(log)).isTrue())
        .untilAsserted(() -> assertThat(read(log)).containsPattern(whole));
  }

  private static String read(Path log) {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Before its directory is deleted. */
  private static void end(Process program) {
    program.destroyForcibly().onExit().join();
  }

  private static Process start(List<String> arguments, Path log) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                TrendBoard.class.getName()));
    command.addAll(arguments);
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }

  private static void post(String topic, String text) throws Exception {
    try (KafkaProducer<String, String> posts =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", KafkaFixture.bootstrap()),
            new StringSerializer(),
            new StringSerializer())) {
      posts.send(new ProducerRecord<>(topic, "{\"text\":\"" + text + "\"}")).get();
    }
  }
}
