package io.streamsocial.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.example.shop.Revenue;
import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.broker.Topics;
import io.streamsocial.http.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The first program of docs/embedding.md, on a real Kafka and asked over HTTP. */
@Timeout(300)
final class RevenueIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir Path temp;

  private final HttpClient client = HttpClient.newHttpClient();
  private int port;

  /** As Protobuf has it on the wire, with a field that the program does not know. */
  private static byte[] order(String country, String shop, long cents, long timeMs) {
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    text(message, 1, country);
    text(message, 2, shop);
    number(message, 3, cents);
    number(message, 4, timeMs);
    number(message, 9, 1);
    return message.toByteArray();
  }

  private static void text(ByteArrayOutputStream message, int field, String text) {
    byte[] bytes = text.getBytes(UTF_8);
    message.write(field << 3 | 2);
    varint(message, bytes.length);
    message.writeBytes(bytes);
  }

  private static void number(ByteArrayOutputStream message, int field, long value) {
    message.write(field << 3);
    varint(message, value);
  }

  private static void varint(ByteArrayOutputStream message, long value) {
    long rest = value;
    while (rest > 0x7F) {
      message.write((int) (rest & 0x7F) | 0x80);
      rest >>>= 7;
    }
    message.write((int) rest);
  }

  @Test
  void itAnswersTheTopShopsOfACountry() throws Exception {
    Topics.ensure(KafkaFixture.bootstrap(), "orders", 2, Map.of());
    long now = System.currentTimeMillis();
    try (KafkaProducer<byte[], byte[]> orders =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", KafkaFixture.bootstrap()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (byte[] order :
          List.of(
              order("PT", "Lisboa", 300, now),
              order("PT", "Porto", 200, now),
              order("PT", "Porto", 500, now),
              order("FR", "Lyon", 900, now))) {
        orders.send(new ProducerRecord<>("orders", order)).get();
      }
    }
    Path log = temp.resolve("program.log");
    Process program = start(log);
    try {
      await()
          .atMost(PATIENCE)
          .ignoreExceptionsInstanceOf(IOException.class)
          .failFast(
              "it ended by itself", () -> assertThat(program.isAlive()).as(read(log)).isTrue())
          .untilAsserted(
              () -> {
                assertThat(top("country=PT")).containsExactly("Porto 700", "Lisboa 300");
                assertThat(top("limit=1")).containsExactly("Lyon 900");
              });
      JsonNode porto = ask("keys/Porto?country=PT");
      assertThat(porto.at("/windows/0/cents").longValue()).isEqualTo(700);
      assertThat(porto.at("/windows/0/largest").longValue()).isEqualTo(500);
    } finally {
      program.destroyForcibly().onExit().join();
    }
  }

  private List<String> top(String question) throws IOException, InterruptedException {
    List<String> rows = new ArrayList<>();
    for (JsonNode row : ask("top?windows=60&" + question).path("top")) {
      rows.add(row.path("key").textValue() + " " + row.path("total").longValue());
    }
    return rows;
  }

  private JsonNode ask(String path) throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:%d/api/stores/revenue-by-shop/%s".formatted(port, path));
    HttpResponse<byte[]> answer =
        client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofByteArray());
    return Json.MAPPER.readTree(answer.body());
  }

  /** In a directory of its own, where its state goes. */
  private Process start(Path log) throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            Revenue.class.getName(),
            KafkaFixture.bootstrap(),
            Integer.toString(port))
        .directory(Files.createDirectory(temp.resolve("cwd")).toFile())
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }

  private static String read(Path log) throws IOException {
    return Files.readString(log);
  }
}
