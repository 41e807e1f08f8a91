package io.streamsocial.http.net;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.http.fixture.Pulse;
import io.streamsocial.http.fixture.SmallServer;
import io.streamsocial.http.fixture.TestServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What strangers send does not end a process with a heap of 64 MB: while they send it, /livez is
 * answered, and each refusal is a problem that says what is allowed.
 */
@Timeout(300)
class RequestMemoryIT {
  private static final int BODY = 1 << 20;
  private static final int ANSWER_MAX = 64 * 1024;
  private static final int SENDERS = 8;

  // One for all tests: what one left behind would be the next one's trouble.
  private static SmallServer server;

  private Pulse pulse;
  private String name;
  private final AtomicInteger refused = new AtomicInteger();

  @BeforeAll
  static void startServer() throws IOException {
    server = SmallServer.start("-Xmx64m");
  }

  @AfterAll
  static void closeServer() {
    server.close();
  }

  @BeforeEach
  void start(TestInfo test) {
    name = test.getTestMethod().orElseThrow().getName() + " " + test.getDisplayName();
    pulse = new Pulse(server.port());
  }

  @AfterEach
  void stop() throws InterruptedException {
    pulse.stop();
  }

  private void survived() throws InterruptedException {
    assertThat(server.isAlive()).as("it printed %s", server.lines()).isTrue();
    // What was taken is given back: an honest post is accepted as ever.
    assertThat(postUntilAnswered("application/json", "{\"text\":\"#a\"}"))
        .startsWith("HTTP/1.1 202 ");
    pulse.stop();
    List<Long> times = pulse.times().stream().sorted().toList();
    System.out.printf(
        "%s: alive=%s, %d /livez, the slowest after %d ms, lost: %s%n",
        name,
        server.isAlive(),
        times.size(),
        times.isEmpty() ? -1 : times.get(times.size() - 1),
        pulse.lost());
    assertThat(String.join("\n", server.lines())).doesNotContain("OutOfMemory");
    assertThat(pulse.lost()).isEmpty();
    assertThat(times).isNotEmpty();
    // The machine may pause once; the server may not.
    assertThat(times.get(times.size() * 19 / 20)).isLessThan(1_000);
  }

  @ParameterizedTest
  @CsvSource({
    "'[', '0,', '0]', application/json",
    "'[', '{},', '{}]', application/json",
    "'[', '[],', '[]]', application/json",
    "'[', '{\"text\":\"\"},', '{\"text\":\"\"}]', application/json",
    "'{\"text\":\"', '#a ', '\"}', application/json",
    "'[', '{\"text\":\"#a #a #a\"},', '{\"text\":\"\"}]', application/json",
    "'{\"text\":\"\",\"x\":[', '{},', '{}]}', application/json",
    "'', '0\n', '0', application/x-ndjson",
    "'', '{}\n', '{}', application/x-ndjson",
  })
  void bodiesOfManySmallItems(String first, String item, String last, String type)
      throws Exception {
    int items = (BODY - first.length() - last.length()) / item.length();
    String body = first + item.repeat(items) + last;
    List<String> answers = postMany(type, IntStream.range(0, 24).mapToObj(i -> body).toList());
    for (String answer : answers) {
      refusedOrAccepted(answer);
    }
    survived();
  }

  @Test
  void namesThatNobodySentBefore() throws Exception {
    List<String> bodies =
        IntStream.range(0, 100)
            .mapToObj(
                post ->
                    IntStream.range(0, 21)
                        .mapToObj(i -> ",\"%s%06d\":0".formatted("n".repeat(48_994), post * 21 + i))
                        .reduce(
                            new StringBuilder("{\"text\":\"a\""),
                            StringBuilder::append,
                            (a, b) -> a)
                        .append('}')
                        .toString())
            .toList();
    // Few at a time: what is asked for is that names do not stay, not that too many are refused.
    for (String answer : postMany("application/json", bodies, 2)) {
      refusedOrAccepted(answer);
    }
    survived();
  }

  @Test
  void manyShortNames() throws Exception {
    String names =
        IntStream.range(100_000, 186_000)
            .mapToObj(i -> "\"%s\":0".formatted(Integer.toString(i, 36)))
            .collect(Collectors.joining(",", "{\"text\":\"\",\"x\":{", "}}"));
    for (String answer : postMany("application/json", Collections.nCopies(24, names))) {
      refusedOrAccepted(answer);
    }
    survived();
  }

  @Test
  void bodiesOfWhichHalfIsNeverSent() throws Exception {
    List<SocketChannel> open = new ArrayList<>();
    try {
      ByteBuffer half = ByteBuffer.allocate(BODY / 2);
      byte[] head = head("application/json", BODY).getBytes(StandardCharsets.US_ASCII);
      Arrays.fill(half.array(), (byte) '[');
      System.arraycopy(head, 0, half.array(), 0, head.length);
      for (int i = 0; i < 1_000; i++) {
        open.add(
            SocketChannel.open(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port())));
        open.get(i).configureBlocking(false);
        pause(4); // what is asked for is memory, not the processor
      }
      long sent = 0;
      int[] at = new int[open.size()];
      for (int round = 0; round < 64; round++) {
        for (int i = 0; i < at.length; i++) {
          ByteBuffer rest =
              half.duplicate().position(at[i]).limit(Math.min(BODY / 2, at[i] + 8_192));
          try {
            int written = open.get(i).write(rest);
            at[i] += written;
            sent += written;
          } catch (IOException e) {
            at[i] = BODY / 2; // it was refused
          }
        }
        pause(20);
      }
      System.out.printf("%d MB were taken%n", sent >> 20);
      pause(2_000);
      int turnedAway = 0;
      for (SocketChannel each : open) {
        String answer = receivedSoFar(each);
        if (!answer.isEmpty()) {
          refusedOrAccepted(answer);
          turnedAway++;
        }
      }
      System.out.printf("%d of 1000 were refused%n", turnedAway);
      assertThat(turnedAway).isPositive();
      survived();
    } finally {
      for (SocketChannel each : open) {
        each.close();
      }
    }
  }

  private void refusedOrAccepted(String answer) {
    assertThat(answer.length()).isLessThan(ANSWER_MAX);
    if (answer.startsWith("HTTP/1.1 202 ")) {
      return;
    }
    assertThat(answer).as("it printed %s", server.lines()).matches("(?s)HTTP/1.1 (400|413|503) .*");
    assertThat(answer).contains("application/problem+json");
    JsonNode problem = TestServer.parse(HttpRulesTest.body(answer));
    assertThat(problem.path("detail").textValue()).containsPattern("[0-9]");
  }

  private static String head(String type, int length) {
    return "POST /api/posts HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
        .formatted(type, length);
  }

  private List<String> postMany(String type, List<String> bodies) throws Exception {
    return postMany(type, bodies, SENDERS);
  }

  private List<String> postMany(String type, List<String> bodies, int atOnce) throws Exception {
    ExecutorService senders = Executors.newFixedThreadPool(atOnce);
    try {
      List<CompletableFuture<String>> answers =
          bodies.stream()
              .map(
                  body ->
                      CompletableFuture.supplyAsync(() -> postUntilAnswered(type, body), senders))
              .toList();
      List<String> all = new ArrayList<>();
      for (CompletableFuture<String> answer : answers) {
        all.add(answer.get(200, TimeUnit.SECONDS));
      }
      System.out.printf(
          "%s: answers by status %s after %d of 503, the longest of %d bytes%n",
          name,
          all.stream()
              .collect(
                  Collectors.groupingBy(
                      a -> a.isEmpty() ? "none" : a.substring(9, 12),
                      TreeMap::new,
                      Collectors.counting())),
          refused.get(),
          all.stream().mapToInt(String::length).max().orElse(0));
      return all;
    } finally {
      senders.shutdownNow();
    }
  }

  /** Tries again when it is told to. */
  private String postUntilAnswered(String type, String body) {
    String answer = post(type, body);
    for (int i = 0; i < 200 && answer.startsWith("HTTP/1.1 503 "); i++) {
      refused.incrementAndGet();
      pause(50);
      answer = post(type, body);
    }
    return answer;
  }

  private static void pause(long ms) {
    try {
      Thread.sleep(ms);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String post(String type, String body) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(60_000);
      try {
        socket
            .getOutputStream()
            .write((head(type, body.length()) + body).getBytes(StandardCharsets.US_ASCII));
      } catch (SocketException e) {
        // Refused before all was written: the answer is still to be read.
      }
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }

  private static String receivedSoFar(SocketChannel channel) {
    ByteBuffer into = ByteBuffer.allocate(ANSWER_MAX);
    try {
      while (channel.read(into) > 0) {
        // As long as there is something.
      }
    } catch (IOException e) {
      // Closed by the server: what came before counts.
    }
    return new String(into.array(), 0, into.position(), StandardCharsets.ISO_8859_1);
  }
}
