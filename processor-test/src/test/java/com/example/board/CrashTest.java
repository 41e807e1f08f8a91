package com.example.board;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.test.ViewTest;
import io.streamsocial.processor.trends.Trending;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A unit test of a program with the engine inside: no broker, no waiting, every run the same. */
final class CrashTest {
  private static final byte[] POST =
      "{\"text\":\"hello #kafka\",\"region\":\"EU\"}".getBytes(UTF_8);

  @Test
  void everyPostCountsOnceThroughACrashAndARebalance() {
    EngineConfig config =
        EngineConfig.defaults().topic("posts").window(Duration.ofMinutes(1)).build();
    try (ViewTest test = ViewTest.of(config).instances(2).seed(7).start()) {
      for (int i = 0; i < 100; i++) {
        test.send("posts", null, POST, test.nowMs());
        test.advance(Duration.ofMillis(50));
        if (i == 40) {
          test.crash(0);
        }
        if (i == 70) {
          test.restart(0);
          test.rebalance();
        }
      }
      test.settle();
      Trending.Question question = new Trending.Question(1, 10, "EU", test.nowMs());
      Trending.Answer answer = test.queries().trending(question);
      assertThat(answer.completeness().partial()).isFalse();
      assertThat(answer.rows().get(0).hashtag()).isEqualTo("kafka");
      assertThat(answer.rows().get(0).count()).isEqualTo(100);
    }
  }
}
