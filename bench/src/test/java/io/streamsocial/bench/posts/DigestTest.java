package io.streamsocial.bench.posts;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DigestTest {
  private static void add(Digest digest, long start, String region, String tag, long count) {
    byte[] bytes = ("??" + tag + "?").getBytes(UTF_8);
    byte[] regionBytes = (region + "?").getBytes(UTF_8);
    digest.add(start, regionBytes, regionBytes.length - 1, bytes, 2, bytes.length - 3, count);
  }

  private static String of(long start, String region, String tag, long count) {
    Digest digest = new Digest();
    add(digest, start, region, tag, count);
    return digest.toString();
  }

  @Test
  void orderAndPartsDoNotMatter() {
    Digest mentions = new Digest();
    add(mentions, 0, "eu", "a", 1);
    add(mentions, 300_000, "us", "b", 1);
    add(mentions, 0, "eu", "a", 1);
    add(mentions, 0, "eu", "a", 1);
    Digest counts = new Digest();
    add(counts, 300_000, "us", "b", 1);
    add(counts, 0, "eu", "a", 3);
    assertThat(counts.toString()).isEqualTo(mentions.toString()).startsWith("4:");
    assertThat(counts.mentions()).isEqualTo(4);
    assertThat(counts.additions()).isEqualTo(2);
  }

  @Test
  void everyPartOfARowMatters() {
    assertThat(of(0, "eu", "ab", 1))
        .isEqualTo(of(0, "eu", "ab", 1))
        .isNotEqualTo(of(1, "eu", "ab", 1))
        .isNotEqualTo(of(0, "us", "ab", 1))
        .isNotEqualTo(of(0, "eu", "ba", 1))
        .isNotEqualTo(of(0, "eua", "b", 1))
        .isNotEqualTo(of(0, "eu", "ab", 2));
  }

  @Test
  void sameNumberOfMentionsOfOtherKeysDiffers() {
    Digest one = new Digest();
    add(one, 0, "eu", "a", 2);
    add(one, 0, "eu", "b", 1);
    Digest other = new Digest();
    add(other, 0, "eu", "a", 1);
    add(other, 0, "eu", "b", 2);
    assertThat(one.mentions()).isEqualTo(other.mentions());
    assertThat(one.toString()).isNotEqualTo(other.toString());
  }

  private static String span(String group, String key, long firstMs, long lastMs, long count) {
    return span(group, key, firstMs, lastMs, count, "text");
  }

  private static String span(
      String group, String key, long firstMs, long lastMs, long count, String more) {
    Digest digest = new Digest();
    digest.addSpan(
        group.getBytes(UTF_8), key.getBytes(UTF_8), firstMs, lastMs, count, more.getBytes(UTF_8));
    return digest.toString();
  }

  @Test
  void everyPartOfASpanMatters() {
    assertThat(span("eu", "u", 1, 2, 3))
        .isEqualTo(span("eu", "u", 1, 2, 3))
        .isNotEqualTo(span("", "u", 1, 2, 3))
        .isNotEqualTo(span("eu", "v", 1, 2, 3))
        .isNotEqualTo(span("eu", "u", 0, 2, 3))
        .isNotEqualTo(span("eu", "u", 1, 3, 3))
        .isNotEqualTo(span("eu", "u", 1, 2, 4))
        .isNotEqualTo(span("eu", "u", 1, 2, 3, ""))
        .isNotEqualTo(span("eu", "u", 1, 2, 3, "texts"));
  }

  @Test
  void digestOfAllRowsIsTheSumOfDigestsOfSome() {
    Digest one = new Digest();
    add(one, 0, "eu", "a", 2);
    Digest other = new Digest();
    other.addSpan(new byte[0], new byte[] {7}, 1, 2, 5, new byte[] {1});
    Digest all = new Digest();
    add(all, 0, "eu", "a", 2);
    all.addSpan(new byte[0], new byte[] {7}, 1, 2, 5, new byte[] {1});
    one.add(other);
    assertThat(one.toString()).isEqualTo(all.toString()).startsWith("7:");
    assertThat(one.additions()).isEqualTo(2);
  }
}
