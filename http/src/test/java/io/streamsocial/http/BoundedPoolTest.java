package io.streamsocial.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class BoundedPoolTest {

  @Test
  void whatFindsTheQueueFullIsRefusedAtOnce() throws Exception {
    try (BoundedPool pool = new BoundedPool("test", 1, 1)) {
      CountDownLatch release = new CountDownLatch(1);
      CompletableFuture<String> runs = submit(pool, release);
      CompletableFuture<String> waits = submit(pool, release);
      CompletableFuture<String> refused = submit(pool, release);
      assertThat(refused).isDone();
      RefusalException overloaded =
          RefusalException.in(catchThrowable(refused::join)).orElseThrow();
      Response response = overloaded.problem().toResponse("/", "id");
      assertThat(response.status()).isEqualTo(503);
      assertThat(response.headers()).containsEntry("Retry-After", "1");
      release.countDown();
      assertThat(runs.get()).isEqualTo("done");
      assertThat(waits.get()).isEqualTo("done");
    }
  }

  private static CompletableFuture<String> submit(BoundedPool pool, CountDownLatch release) {
    return pool.submit(
            () -> {
              try {
                release.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              return "done";
            })
        .toCompletableFuture();
  }
}
