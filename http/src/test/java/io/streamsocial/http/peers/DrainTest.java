package io.streamsocial.http.peers;

import static io.streamsocial.http.net.PipeliningTest.readUntil;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.http.api.Health;
import io.streamsocial.http.fixture.Statuses;
import io.streamsocial.http.fixture.TestServer;
import io.streamsocial.processor.EngineState;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class DrainTest {
  private static byte[] get(String path) {
    return ("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
  }

  @Test
  void whatRunsIsAnsweredWhatIsIdleIsClosedAndNobodyNewComesIn()
      throws IOException, InterruptedException, ExecutionException {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    try (TestServer server = new TestServer();
        Socket idle = server.connect();
        Socket running = server.connect()) {
      server.trends.beforeRead =
          () -> {
            entered.countDown();
            await(release);
          };
      // A connection that the server has not taken yet could not be told of the drain.
      idle.getOutputStream().write(get("/livez"));
      assertThat(readUntil(idle.getInputStream(), "ok\n")).startsWith("HTTP/1.1 200 ");
      running.getOutputStream().write(get("/api/trending/java"));
      await(entered);

      FutureTask<Boolean> drain =
          new FutureTask<>(() -> server.server.drain(TestServer.PATIENCE), true);
      Thread draining = new Thread(drain);
      draining.start();
      // Its end of stream is the proof that the drain is under way; that it waits, that the other
      // connection has been told too.
      assertThat(idle.getInputStream().read()).isEqualTo(-1);
      Awaitility.await()
          .atMost(TestServer.PATIENCE)
          .until(() -> draining.getState() == Thread.State.TIMED_WAITING);
      idle.shutdownOutput();
      assertThatThrownBy(server::connect).isInstanceOf(ConnectException.class);
      assertThat(drain.isDone()).isFalse();

      release.countDown();
      String answer =
          new String(running.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
      running.shutdownOutput();
      assertThat(answer).startsWith("HTTP/1.1 200 ");
      assertThat(answer.toLowerCase(Locale.ROOT)).contains("connection: close");
      assertThat(drain.get()).isTrue();
    }
  }

  @Test
  void readinessEndsWithTheDrain() {
    ThisInstance self =
        new ThisInstance("0", TestServer.peers(500), () -> Statuses.of(EngineState.RUNNING, 0, 0));
    assertThat(Health.of(self, Members.Group.NONE, TestServer.MOMENT).isReady()).isTrue();
    self.stop();
    assertThat(Health.of(self, Members.Group.NONE, TestServer.MOMENT).isReady()).isFalse();
    assertThat(Health.of(self, Members.Group.NONE, TestServer.MOMENT).isLive()).isTrue();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
