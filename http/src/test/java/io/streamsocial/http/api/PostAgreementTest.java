package io.streamsocial.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.http.Fault;
import io.streamsocial.http.fixture.TestServer;
import io.streamsocial.processor.posts.PostParser;
import io.streamsocial.processor.posts.Rejection;
import io.streamsocial.store.Windowing;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A post that the API accepts is never one that the engine rejects. */
final class PostAgreementTest {
  private static final int CASES = 20_000;
  private static final int MAX_BYTES = 200_000;
  private static final long FUTURE_MS = 300_000;
  private static final long NOW = TestServer.NOW;
  private static final PostJudge.Bounds BOUNDS =
      new PostJudge.Bounds(
          Duration.ofMillis(FUTURE_MS), MAX_BYTES, new Windowing(300_000, 60_000, 3_600_000));

  private static PostReader.Read read(String body) {
    return PostReader.read(
        body.getBytes(StandardCharsets.UTF_8),
        new PostReader.Asked(false, false, ""),
        new PostJudge(BOUNDS, TestServer.MOMENT, Long.MIN_VALUE),
        bytes -> {});
  }

  /**
   * @return whether it was accepted
   */
  private static boolean agree(String body, PostParser engine) {
    PostReader.Read read = read(body);
    for (AcceptedPost post : read.posts()) {
      byte[] json = post.json();
      Rejection rejection = engine.parse(json, 0, json.length, NOW, NOW);
      assertThat(rejection).as(body).isNull();
      assertThat(engine.hashtags().size()).as(body).isEqualTo(post.hashtags().size());
    }
    return !read.posts().isEmpty();
  }

  @Test
  void whatTheApiAcceptsTheEngineAccepts() {
    PostParser engine = new PostParser(MAX_BYTES, FUTURE_MS);
    Long only = Long.getLong("seed");
    SplittableRandom seeds = new SplittableRandom();
    int accepted = 0;
    for (int i = 0; i < (only == null ? CASES : 1); i++) {
      long seed = only == null ? seeds.nextLong() : only;
      try {
        accepted += agree(new RandomPost(new SplittableRandom(seed)).json(), engine) ? 1 : 0;
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("does not hold for -Dseed=" + seed + ": " + e, e);
      }
    }
    System.out.printf("PostAgreementTest: %d of %d accepted%n", accepted, CASES);
    assertThat(accepted).isPositive();
  }

  /** The engine's parser counts the bytes of a name, the reader's the characters. */
  @Test
  void aNameThatIsTooLongForTheEngineIsAFault() {
    String post = "{\"text\":\"#a\",\"%s\":1}".formatted("é".repeat(30_000));
    PostReader.Read read = read(post);
    assertThat(read.posts()).isEmpty();
    assertThat(read.faults().listed())
        .singleElement()
        .satisfies(fault -> assertThat(((Fault.OfPost) fault).detail()).contains("50000"));
  }

  @Test
  void aPostOfSixMinutesAheadIsAFault() {
    for (long aheadMs : new long[] {FUTURE_MS, FUTURE_MS + 1, 360_000, Long.MAX_VALUE - NOW}) {
      String post = "{\"text\":\"#a\",\"timestamp\":" + (NOW + aheadMs) + "}";
      assertThat(read(post).faults().count()).as(post).isEqualTo(aheadMs <= FUTURE_MS ? 0 : 1);
    }
  }

  /** JSON that is a post more often than not, of what is unusual in posts. */
  private record RandomPost(SplittableRandom random) {
    private static final String[] NAMES = {
      "text",
      "post_id",
      "user_id",
      "region",
      "timestamp",
      "Text",
      "x",
      "",
      "é",
      "\\ud83d\\ude00",
      "\\u0000",
      "te\\u0078t"
    };
    private static final String[] TEXTS = {
      "#a",
      "#\\u65e5\\u672c",
      "\\ud83d\\ude00",
      "\\ud800",
      "\\udc00#x",
      "\\u0000",
      "EU-West",
      "",
      "#é",
      "\\\"",
      "\\/",
      "#\\u0130",
      "\\u2028",
      "\uFEFF"
    };
    private static final String[] NUMBERS = {
      "0",
      "-0",
      "1.5",
      "1e3",
      "1E400",
      "-1",
      "1700000000",
      "978307200000",
      "978307199999",
      "9223372036854775807",
      "9223372036854775808",
      "-9223372036854775808",
      "1.7e12",
      "1e18"
    };

    private String pick(String[] of) {
      return of[random.nextInt(of.length)];
    }

    String json() {
      StringBuilder json = new StringBuilder("{");
      if (random.nextInt(10) > 0) {
        json.append("\"text\":").append(random.nextInt(10) > 0 ? text() : value(3)).append(',');
      }
      for (int i = random.nextInt(4); i > 0; i--) {
        String name = random.nextInt(3) > 0 ? NAMES[1 + random.nextInt(4)] : pick(NAMES);
        json.append('"').append(name);
        if (random.nextInt(500) == 0) {
          json.append(pick(new String[] {"n", "é", "日"}).repeat(random.nextInt(60_000)));
        }
        String value =
            random.nextInt(3) == 0 ? value(3) : name.equals("timestamp") ? time() : text();
        json.append("\":").append(value).append(',');
      }
      json.append("\"z\":").append(value(4));
      return json.append(random.nextInt(50) == 0 ? "]" : "}").toString();
    }

    private String time() {
      long[] edges = {NOW, NOW + FUTURE_MS, NOW + FUTURE_MS + 1, 978_307_200_000L, NOW + 360_000};
      return random.nextInt(3) == 0
          ? pick(NUMBERS)
          : Long.toString(edges[random.nextInt(edges.length)] + random.nextInt(-2, 3));
    }

    private String text() {
      StringBuilder text = new StringBuilder("\"");
      for (int i = random.nextInt(5); i > 0; i--) {
        text.append(pick(TEXTS)).append(random.nextBoolean() ? " " : "");
      }
      if (random.nextInt(50) == 0) {
        text.append(pick(TEXTS).repeat(random.nextInt(40)));
      }
      return text.append('"').toString();
    }

    private String value(int depth) {
      return switch (random.nextInt(depth == 0 ? 4 : 7)) {
        case 0 -> text();
        case 1 -> pick(NUMBERS);
        case 2 -> pick(new String[] {"null", "true", "false"});
        case 3 -> random.nextInt(100) == 0 ? "9".repeat(random.nextInt(1, 1_100)) : time();
        case 4 -> "[" + value(depth - 1) + "," + value(depth - 1) + "]";
        case 5 -> "{\"" + pick(NAMES) + "\":" + value(depth - 1) + "}";
        default -> {
          int deep = random.nextInt(100) == 0 ? random.nextInt(980, 1_010) : random.nextInt(5);
          yield "[".repeat(deep) + "]".repeat(deep) + (deep == 0 ? "0" : "");
        }
      };
    }
  }
}
