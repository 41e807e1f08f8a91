package io.streamsocial.processor.loop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.example.active.ActiveUsers;
import com.example.board.TrendBoard;
import com.example.prices.Prices;
import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.broker.Topics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
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
import org.apache.kafka.common.serialization.ByteArraySerializer;
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
            "Revenue.java",
            "RevenueTest.java",
            "Prices.java",
            "PricesTest.java",
            "ActiveUsers.java",
            "ActiveUsersTest.java",
            "DistinctUsers.java",
            "VisitorsTest.java",
            "TrendBoard.java",
            "StateLog.java",
            "BoardMeters.java",
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
    Process first = start(TrendBoard.class, arguments, log);
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
    Process second = start(TrendBoard.class, arguments, secondLog);
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
        start(
            TrendBoard.class,
            List.of(KafkaFixture.bootstrap(), "no.such.topic", "a board", temp.toString()),
            log);
    try {
      assertThat(program.waitFor(120, TimeUnit.SECONDS)).isTrue();
      assertThat(program.exitValue()).isEqualTo(2);
      assertThat(Files.readString(log)).contains("app-id is 'a board': allowed are");
    } finally {
      end(program);
    }
  }

  @Test
  void pricesAreReadByTheirProducts() throws Exception {
    Topics.ensure(KafkaFixture.bootstrap(), "shop.prices", 2, Map.of());
    byte[] value = ByteBuffer.allocate(Long.BYTES).putLong(350).array();
    send(new ProducerRecord<>("shop.prices", "tea".getBytes(UTF_8), value));
    Path log = temp.resolve("prices.log");
    Process program =
        start(Prices.class, List.of(KafkaFixture.bootstrap(), temp.resolve("s").toString()), log);
    try {
      await("the price of tea")
          .atMost(Duration.ofSeconds(90))
          .pollInterval(Duration.ofMillis(500))
          .failFast("it ended", () -> assertThat(program.isAlive()).as(read(log)).isTrue())
          .until(
              () -> {
                ask(program, "tea");
                return read(log).contains("tea: 350 cents, 350 at the lowest");
              });
      ask(program, "rice");
      awaitLine(program, log, "rice: no price");
      program.getOutputStream().close();
      assertThat(program.waitFor(60, TimeUnit.SECONDS)).as(read(log)).isTrue();
      assertThat(program.exitValue()).as(read(log)).isZero();
    } finally {
      end(program);
    }
  }

  private static void ask(Process program, String product) throws IOException {
    program.getOutputStream().write((product + "\n").getBytes(UTF_8));
    program.getOutputStream().flush();
  }

  @Test
  void activeUsersAreCountedByRegion() throws Exception {
    Topics.ensure(KafkaFixture.bootstrap(), "app.events", 2, Map.of());
    for (String user : List.of("ada", "bob", "ada")) {
      String event = "{\"user\":\"%s\",\"region\":\"EU\"}".formatted(user);
      send(new ProducerRecord<>("app.events", event.getBytes(UTF_8)));
    }
    Path log = temp.resolve("active.log");
    Process program =
        start(
            ActiveUsers.class,
            List.of(KafkaFixture.bootstrap(), temp.resolve("s").toString()),
            log);
    try {
      awaitLine(program, log, "2 active, EU 2");
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

  private static Process start(Class<?> program, List<String> arguments, Path log)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                program.getName()));
    command.addAll(arguments);
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }

  private static void post(String topic, String text) throws Exception {
    send(new ProducerRecord<>(topic, "{\"text\":\"%s\"}".formatted(text).getBytes(UTF_8)));
  }

  private static void send(ProducerRecord<byte[], byte[]> record) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", KafkaFixture.bootstrap()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      producer.send(record).get();
    }
  }
}
