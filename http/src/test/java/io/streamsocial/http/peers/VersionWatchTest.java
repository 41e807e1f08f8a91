package io.streamsocial.http.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.trends.Queries;
import java.lang.reflect.Proxy;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a wait for posts asks of the state. */
final class VersionWatchTest {
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicLong version = new AtomicLong();
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private final Queries state =
      (Queries)
          Proxy.newProxyInstance(
              Queries.class.getClassLoader(),
              new Class<?>[] {Queries.class},
              (proxy, method, arguments) ->
                  switch (method.getName()) {
                    case "version" -> version.incrementAndGet();
                    case "waitBegan" -> {
                      waiting.incrementAndGet();
                      yield null;
                    }
                    case "waitEnded" -> {
                      waiting.decrementAndGet();
                      yield null;
                    }
                    default -> throw new UnsupportedOperationException(method.getName());
                  });
  private final VersionWatch watch = new VersionWatch(state, timer, 1);

  @AfterEach
  void end() {
    timer.shutdownNow();
  }

  private void assertNobodyWaits() throws InterruptedException {
    timer.shutdown();
    assertThat(timer.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    assertThat(waiting).hasValue(0);
  }

  @Test
  void theStateHurriesUntilAWaitIsOver() throws Exception {
    AtomicBoolean isIncluded = new AtomicBoolean();
    CompletionStage<Boolean> over = watch.await(isIncluded::get, 60_000);
    assertThat(waiting).hasValue(1);
    isIncluded.set(true);
    assertThat(over.toCompletableFuture().get(30, TimeUnit.SECONDS)).isTrue();
    assertNobodyWaits();
  }

  @Test
  void aWaitInVainAndOneThatIsRefusedLeaveNothingBehind() throws Exception {
    CompletionStage<Boolean> inVain = watch.await(() -> false, 50);
    assertThat(watch.await(() -> true, 50).toCompletableFuture()).isCompletedExceptionally();
    assertThat(inVain.toCompletableFuture().get(30, TimeUnit.SECONDS)).isFalse();
    assertNobodyWaits();
  }
}
