package io.streamsocial.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class BoundedPoolTest {
  private static final Request REQUEST =
      new Request(
          "/api/trending/x",
          "x",
          Arguments.parse("", List.of(), 0).arguments(),
          new Request.Headers("", "", "", ""),
          new byte[0],
          "id",
          0,
          0);

  @Test
  void whatFindsTheQueueFullIsAnsweredAtOnce() throws Exception {
    try (BoundedPool pool = new BoundedPool("test", 1, 1)) {
      CountDownLatch release = new CountDownLatch(1);
      CompletableFuture<Response> runs = submit(pool, release);
      CompletableFuture<Response> waits = submit(pool, release);
      CompletableFuture<Response> refused = submit(pool, release);
      assertThat(refused).isDone();
      assertThat(refused.join().status()).isEqualTo(503);
      assertThat(refused.join().headers()).containsEntry("Retry-After", "1");
      release.countDown();
      assertThat(runs.get().status()).isEqualTo(200);
      assertThat(waits.get().status()).isEqualTo(200);
    }
  }

  private static CompletableFuture<Response> submit(BoundedPool pool, CountDownLatch release) {
    return pool.answer(
            REQUEST,
            request -> {
              try {
                release.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              return Response.text(200, "done");
            })
        .toCompletableFuture();
  }
}
