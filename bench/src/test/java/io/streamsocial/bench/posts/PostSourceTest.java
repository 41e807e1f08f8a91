package io.streamsocial.bench.posts;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

class PostSourceTest {
  private static final Pattern HASHTAG = Pattern.compile("#(\\w+)");
  private static final long BEGIN_MS = 1_700_000_123_456L;
  private static final long SPAN_MS = 1_200_000;
  private static final int POSTS = 5_000;

  private static PostSource source(long seed) {
    return new PostSource(new PostSource.Parameters(seed, 1_000, BEGIN_MS, SPAN_MS, POSTS));
  }

  private record Key(long windowStartMs, String region, String tag) {}

  private static List<byte[]> posts(PostSource source) {
    List<byte[]> posts = new ArrayList<>();
    for (int i = 0; i < POSTS; i++) {
      posts.add(source.post(i));
    }
    return posts;
  }

  @Test
  void postIsAFunctionOfSeedAndNumberAlone() {
    List<byte[]> posts = posts(source(1));
    PostSource backwards = source(1);
    for (int i = POSTS - 1; i >= 0; i--) {
      assertThat(backwards.post(i)).isEqualTo(posts.get(i));
    }
    assertThat(source(2).post(7)).isNotEqualTo(posts.get(7));
  }

  /** Figures are compared with those of older results, so the posts must be the same. */
  @Test
  void postsAreThoseThatOlderResultsCounted() {
    PostSource source =
        new PostSource(
            new PostSource.Parameters(1, 200_000, 1_700_000_000_000L, 1_200_000, 10_000));
    CRC32 crc = new CRC32();
    for (int i = 0; i < 10_000; i++) {
      crc.update(source.post(i));
    }
    assertThat(crc.getValue()).isEqualTo(0x59639cd4L);
  }

  @Test
  void truthIsThatOfAPlainRecount() throws IOException {
    PostSource source = source(3);
    Map<Key, Long> counts = new HashMap<>();
    long mentions = 0;
    for (byte[] post : posts(source)) {
      JsonNode json = new ObjectMapper().readTree(post);
      long timestampMs = json.get("timestamp").asLong();
      Matcher hashtags = HASHTAG.matcher(json.get("text").asText());
      while (hashtags.find()) {
        counts.merge(
            new Key(
                Math.floorDiv(timestampMs, 300_000L) * 300_000L,
                json.get("region").asText(),
                hashtags.group(1)),
            1L,
            Long::sum);
        mentions++;
      }
    }
    Digest recount = new Digest();
    counts.forEach((key, count) -> add(recount, key, count));
    assertThat(source.truth().toString()).isEqualTo(recount.toString());
    assertThat(source.truth().mentions()).isEqualTo(mentions).isGreaterThan(POSTS);
    assertThat(recount.additions()).isEqualTo(counts.size());
  }

  private static void add(Digest digest, Key key, long count) {
    byte[] region = key.region.getBytes(UTF_8);
    byte[] tag = key.tag.getBytes(UTF_8);
    digest.add(key.windowStartMs, region, region.length, tag, 0, tag.length, count);
  }

  @Test
  void eventTimesCoverTheSpanInOrder() {
    PostSource source = source(1);
    long before = BEGIN_MS;
    for (int i = 0; i < POSTS; i++) {
      byte[] unused = source.post(i);
      assertThat(source.timestampMs()).isBetween(before, BEGIN_MS + SPAN_MS - 1);
      before = source.timestampMs();
    }
    assertThat(before).isGreaterThan(BEGIN_MS + SPAN_MS - SPAN_MS / 1_000);
  }

  @Test
  void frequenciesFollowZipfsLaw() {
    PostSource.Zipf zipf = new PostSource.Zipf(100);
    SplittableRandom random = new SplittableRandom(1);
    int draws = 500_000;
    int[] drawn = new int[100];
    for (int i = 0; i < draws; i++) {
      drawn[zipf.next(random)]++;
    }
    double sum = 0;
    for (int rank = 1; rank <= 100; rank++) {
      sum += 1.0 / rank;
    }
    for (int rank : new int[] {1, 2, 10, 100}) {
      double wanted = draws / (rank * sum);
      assertThat((double) drawn[rank - 1]).isBetween(0.9 * wanted, 1.1 * wanted);
    }
  }
}
