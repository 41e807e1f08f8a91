package io.streamsocial.processor.posts;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** A parser lives as long as its loop: what it keeps of posts has a bound. */
final class PostParserMemoryTest {
  private static final long NOW = 1_763_000_000_000L;
  private static final int KEPT_MAX = 2_000_000;

  private final PostParser parser = new PostParser(1 << 21, 0);

  private void parse(String post) {
    byte[] bytes = post.getBytes(UTF_8);
    assertThat(parser.parse(bytes, 0, bytes.length, NOW, NOW)).isNull();
  }

  private static long heldAfterGc() {
    Runtime runtime = Runtime.getRuntime();
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      runtime.gc();
      least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
    }
    return least;
  }

  @Test
  void longNamesThatNobodySentBefore() {
    long before = heldAfterGc();
    for (int post = 0; post < 100; post++) {
      StringBuilder json = new StringBuilder("{\"text\":\"#a\"");
      for (int i = 0; i < 21; i++) {
        json.append(",\"").append("n".repeat(48_000)).append(post * 21 + i).append("\":0");
      }
      parse(json.append('}').toString());
    }
    // 206 MB where the names are kept. The classes that a first parse loads are in the difference,
    // too.
    assertThat(heldAfterGc() - before).isLessThan(20_000_000);
    parse("{\"text\":\"#b\"}");
    assertThat(parser.hashtags().size()).isEqualTo(1);
  }

  @Test
  void shortNamesThatNobodySentBefore() {
    parse("{\"text\":\"#warm\"}");
    long before = heldAfterGc();
    for (int i = 0; i < 500_000; i++) {
      parse("{\"text\":\"\",\"n" + i + "\":{\"m" + i + "\":0}}");
    }
    assertThat(heldAfterGc() - before).isLessThan(KEPT_MAX);
  }

  @Test
  void aPostOfNothingButHashtags() {
    parse("{\"text\":\"#warm\"}");
    long before = heldAfterGc();
    parse("{\"text\":\"" + "#abcdefg ".repeat(200_000) + "\"}");
    assertThat(parser.hashtags().size()).isEqualTo(200_000);
    parse("{\"text\":\"#b\"}");
    assertThat(heldAfterGc() - before).isLessThan(1_000_000);
  }
}
