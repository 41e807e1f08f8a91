package io.streamsocial.processor.posts;

import static io.streamsocial.processor.Property.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.streamsocial.processor.Property;
import io.streamsocial.processor.posts.Rejection.Reason;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Bad and odd input (FAULTS F31, F33, F36): each has its reason or is counted; nothing throws. */
final class PostParserTest {
  static final long NOW = 1_763_000_000_000L;
  static final long FUTURE = 300_000;
  private static final long RECORD = NOW - 1_000;
  static final int MAX_BYTES = 1 << 20;

  private final PostParser parser = new PostParser(MAX_BYTES, FUTURE);

  private @Nullable Rejection parse(byte[] post) {
    return parse(post, RECORD);
  }

  private @Nullable Rejection parse(byte[] post, long recordMs) {
    // In the middle of a larger array, as a fetched batch hands it over.
    byte[] batch = new byte[post.length + 20];
    System.arraycopy(post, 0, batch, 7, post.length);
    batch[6] = '{';
    batch[7 + post.length] = '}';
    return parser.parse(batch, 7, post.length, recordMs, NOW);
  }

  private List<String> tags() {
    Hashtags hashtags = parser.hashtags();
    List<String> tags = new ArrayList<>();
    for (int i = 0; i < hashtags.size(); i++) {
      tags.add(
          new String(
              hashtags.bytes(), hashtags.offset(i), hashtags.length(i), StandardCharsets.UTF_8));
    }
    return tags;
  }

  private String region() {
    return new String(parser.region(), StandardCharsets.UTF_8);
  }

  private String text(int bytesMax) {
    return new String(
        parser.text(), parser.textOffset(), parser.textLength(bytesMax), StandardCharsets.UTF_8);
  }

  @Test
  void textIsReadAndCutBetweenCharacters() {
    // An o with two dots has two bytes, the others that are no ASCII three and four.
    for (String json : List.of("a\u00f6\u20ac\uD83C\uDF89z", "a\\u00f6\\u20ac\\uD83C\\uDF89z")) {
      assertThat(parse(utf8("{\"text\":\"" + json + " #tag\"}"))).isNull();
      assertThat(tags()).containsExactly("tag");
      String[] cut = {"a", "a", "a\u00f6", "a\u00f6", "a\u00f6", "a\u00f6\u20ac"};
      for (int bytes = 1; bytes <= cut.length; bytes++) {
        assertThat(text(bytes)).as("%d bytes", bytes).isEqualTo(cut[bytes - 1]);
      }
      assertThat(text(10)).isEqualTo("a\u00f6\u20ac\uD83C\uDF89");
      assertThat(text(1_000)).isEqualTo("a\u00f6\u20ac\uD83C\uDF89z #tag");
    }
    parser.release();
    assertThat(text(1_000)).isEmpty();
    assertThat(tags()).containsExactly("tag");
    assertThat(parse(utf8("{\"text\":\"\"}"))).isNull();
    assertThat(text(1_000)).isEmpty();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("io.streamsocial.processor.posts.BadPosts#all")
  void aBadPostIsRejectedWithItsReasonAndLeavesNothingBehind(
      String what, byte[] post, Reason reason) {
    // Behind one that Jackson's parser has read.
    assertThat(parse(utf8("{\"text\":null,\"text\":\"#before\"}"))).isNull();
    Rejection rejection = Objects.requireNonNull(parse(post), what);
    assertThat(rejection.reason()).isEqualTo(reason);
    assertThat(rejection.detail()).isNotBlank();
    // The next post is read as by a new parser.
    assertThat(parse(utf8("{\"text\":\"#next\"}"))).isNull();
    assertThat(tags()).containsExactly("next");
    assertThat(region()).isEqualTo("unknown");
    assertThat(parser.timestampMs()).isEqualTo(RECORD);
  }

  private static Arguments odd(String what, String post, String... tags) {
    return arguments(what, utf8(post), List.of(tags));
  }

  static Stream<Arguments> oddPosts() {
    return Stream.of(
        odd("no tag", "{\"text\":\"\"}"),
        odd("spaces everywhere", " \n{ \"text\" :\t\"#a\" }\r\n ", "a"),
        odd(
            "fields in another order",
            "{\"timestamp\":" + NOW + ",\"text\":\"#a\",\"post_id\":1}",
            "a"),
        odd(
            "unknown fields",
            "{\"x\":{\"text\":\"#no\",\"y\":[1,{}]},\"text\":\"#a\",\"z\":null}",
            "a"),
        odd("the last of two texts", "{\"text\":\"#a\",\"text\":\"#b\"}", "b"),
        odd("a text after null", "{\"text\":null,\"text\":\"#b\"}", "b"),
        odd("escapes", "{\"\\u0074ext\":\"\\u0023J\\u0041va\\n\\\"#b\\\"\"}", "java", "b"),
        odd("an escaped pair", "{\"text\":\"#\\uD801\\uDC00\"}", "\uD801\uDC28"),
        odd("half a pair", "{\"text\":\"#a\\uD801 #b\"}", "a", "b"),
        odd("emoji", "{\"text\":\"🎉 #party🎉 #🎉\"}", "party"),
        odd("right to left", "{\"text\":\"\u202B#שלום\u202C\"}", "שלום"),
        odd("zero width", "{\"text\":\"#a\u200Bb\"}", "a"),
        odd("full width", "{\"text\":\"＃タグ\"}", "タグ"),
        odd("NUL behind a tag", "{\"text\":\"#a\\u0000b\"}", "a"),
        odd("a colon behind a tag", "{\"text\":\"#a:b\"}", "a"),
        odd("a null region", "{\"text\":\"#a\",\"region\":null}", "a"),
        odd("900 deep", "{\"x\":" + "[".repeat(900) + "]".repeat(900) + ",\"text\":\"#a\"}", "a"),
        odd("a byte order mark", "\uFEFF{\"text\":\"#a\"}", "a"),
        odd("a post of exactly the size", sized("{\"text\":\"#a ", "\"}"), "a"),
        odd("a tag of nearly 1 MB", sized("{\"text\":\"#b #", "\"}"), "b"));
  }

  private static String sized(String before, String after) {
    return before + "x".repeat(MAX_BYTES - before.length() - after.length()) + after;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("oddPosts")
  void anOddPostCounts(String what, byte[] post, List<String> tags) {
    assertThat(parse(utf8("{\"text\":null,\"text\":\"#before\"}"))).isNull();
    assertThat(parse(post)).as(what).isNull();
    assertThat(tags()).isEqualTo(tags);
  }

  @Test
  void tenThousandHashtagsAllCount() {
    assertThat(parse(utf8("{\"text\":\"" + "#tag ".repeat(10_000) + "\"}"))).isNull();
    assertThat(parser.hashtags().size()).isEqualTo(10_000);
  }

  // ---------------------------------------------------------------- region

  private String regionOf(String json) {
    assertThat(parse(utf8("{\"text\":\"#a\",\"region\":" + json + "}"))).isNull();
    return region();
  }

  @Test
  void aPostWithoutARegionIsCountedAsUnknown() {
    assertThat(parse(utf8("{\"text\":\"#a\"}"))).isNull();
    assertThat(region()).isEqualTo("unknown");
    assertThat(regionOf("null")).isEqualTo("unknown");
    assertThat(regionOf("\"\"")).isEqualTo("unknown");
  }

  @Test
  void aRegionIsFreeTextUpToSixtyFourBytes() {
    assertThat(regionOf("\"EU-West\"")).isEqualTo("EU-West");
    assertThat(regionOf("\" a:b:c \"")).isEqualTo(" a:b:c ");
    assertThat(regionOf("\"日本\"")).isEqualTo("日本");
    assertThat(regionOf("\"" + "r".repeat(64) + "\"")).hasSize(64);
    assertThat(regionOf("\"" + "é".repeat(32) + "\"")).hasSize(32);
  }

  @Test
  void theRegionOfOnePostIsNotTheNexts() {
    assertThat(regionOf("\"EU-West\"")).isEqualTo("EU-West");
    assertThat(regionOf("\"EU-Wesx\"")).isEqualTo("EU-Wesx");
    assertThat(regionOf("\"EU-Wes\"")).isEqualTo("EU-Wes");
    assertThat(regionOf("\"EU-Wes\"")).isEqualTo("EU-Wes");
    assertThat(regionOf("null")).isEqualTo("unknown");
    assertThat(regionOf("\"\"")).isEqualTo("unknown");
    assertThat(regionOf("\"EU-Wes\"")).isEqualTo("EU-Wes");
    assertThat(parse(utf8("{\"text\":\"\",\"region\":\"x\",\"region\":null}"))).isNull();
    assertThat(region()).isEqualTo("unknown");
  }

  // ---------------------------------------------------------------- time

  private long timeOf(String json) {
    assertThat(parse(utf8("{\"text\":\"#a\",\"timestamp\":" + json + "}"))).isNull();
    return parser.timestampMs();
  }

  @Test
  void timesFrom2001ToTheFutureBoundCount() {
    assertThat(timeOf("978307200000")).isEqualTo(978_307_200_000L);
    assertThat(timeOf(Long.toString(NOW))).isEqualTo(NOW);
    assertThat(timeOf(Long.toString(NOW + FUTURE))).isEqualTo(NOW + FUTURE);
  }

  @Test
  void fractionsOfAMillisecondAreDropped() {
    assertThat(timeOf("1762999999999.9")).isEqualTo(1_762_999_999_999L);
    assertThat(timeOf("1.763e12")).isEqualTo(NOW);
  }

  @Test
  void withoutATimestampTheRecordsOwnHolds() {
    assertThat(parse(utf8("{\"text\":\"\"}"), NOW - 5)).isNull();
    assertThat(parser.timestampMs()).isEqualTo(NOW - 5);
    assertThat(timeOf("null")).isEqualTo(RECORD);
    assertThat(parse(utf8("{\"text\":\"\",\"timestamp\":" + NOW + ",\"timestamp\":null}")))
        .isNull();
    assertThat(parser.timestampMs()).isEqualTo(RECORD);
  }

  @Test
  void theRecordsOwnTimeIsCheckedLikeThePosts() {
    assertThat(reason("{\"text\":\"\"}", -1)).isEqualTo(Reason.TIMESTAMP_NEGATIVE);
    assertThat(reason("{\"text\":\"\"}", 0)).isEqualTo(Reason.TIMESTAMP_IN_SECONDS);
    assertThat(reason("{\"text\":\"\"}", Long.MAX_VALUE)).isEqualTo(Reason.TIMESTAMP_IN_FUTURE);
    // Only when it is used.
    assertThat(parse(utf8("{\"text\":\"\",\"timestamp\":" + NOW + "}"), Long.MAX_VALUE)).isNull();
  }

  private Reason reason(String post, long recordMs) {
    Rejection rejection = Objects.requireNonNull(parse(utf8(post), recordMs));
    return rejection.reason();
  }

  // ---------------------------------------------------------------- any bytes

  @Test
  void randomBytesNeverThrow() {
    Property.holds(20_000, random -> neverThrows(Property.bytes(random, random.nextInt(40))));
  }

  @Test
  void mutatedPostsNeverThrow() {
    Property.holds(20_000, random -> neverThrows(mutated(random)));
  }

  @Test
  void postsInAnyUnicodeEncodingNeverThrowHoweverMutated() {
    List<Charset> charsets =
        Stream.of("UTF-16BE", "UTF-16LE", "UTF-16", "UTF-32BE", "UTF-32LE", "UTF-32")
            .map(Charset::forName)
            .toList();
    Property.holds(
        20_000,
        random -> {
          byte[] post =
              "{\"text\":\"#a \uD801\uDC00\"}"
                  .getBytes(charsets.get(random.nextInt(charsets.size())));
          for (int i = random.nextInt(4); i > 0; i--) {
            post[random.nextInt(post.length)] = (byte) random.nextInt();
          }
          byte[] cut = new byte[random.nextInt(post.length + 1)];
          System.arraycopy(post, 0, cut, 0, cut.length);
          neverThrows(cut);
        });
  }

  private void neverThrows(byte[] post) {
    Rejection rejection = parse(post);
    if (rejection == null) {
      assertThat(parser.timestampMs()).isBetween(PostRules.EARLIEST_MS, NOW + FUTURE);
      assertThat(parser.region()).hasSizeBetween(1, PostRules.MAX_REGION_BYTES).doesNotContain(0);
    }
    assertThat(parse(utf8("{\"text\":\"#next\"}"))).isNull();
    assertThat(tags()).containsExactly("next");
  }

  private static byte[] mutated(SplittableRandom random) {
    byte[] post =
        utf8(
            "{\"post_id\":\"p1\",\"x\":[1,2.5e3,{\"y\":null}],\"text\":\"Hi #Java ü #日本\",\"region\":\"EU-West\",\"timestamp\":1762999990000}");
    List<Byte> bytes = new ArrayList<>();
    for (byte b : post) {
      bytes.add(b);
    }
    byte[] likely = utf8("{}[]\",:\\u0-e#");
    for (int i = random.nextInt(1, 5); i > 0; i--) {
      int at = random.nextInt(bytes.size());
      byte b =
          random.nextBoolean() ? likely[random.nextInt(likely.length)] : (byte) random.nextInt();
      switch (random.nextInt(4)) {
        case 0 -> bytes.set(at, b);
        case 1 -> bytes.add(at, b);
        case 2 -> bytes.remove(at);
        default -> bytes.subList(at, bytes.size()).clear();
      }
      if (bytes.isEmpty()) {
        break;
      }
    }
    byte[] mutated = new byte[bytes.size()];
    for (int i = 0; i < mutated.length; i++) {
      mutated[i] = bytes.get(i);
    }
    return mutated;
  }

  @Test
  void onlyAStringThatIsNotEmptyIsAnIdAndOnlyWhereItIsAskedFor() {
    PostParser asked = new PostParser(MAX_BYTES, FUTURE, true);
    for (String id : List.of("7", "null", "true", "\"\"", "[\"a\"]", "{\"a\":\"b\"}")) {
      assertThat(hasId(asked, "\"post_id\":" + id)).as(id).isFalse();
      assertThat(hasId(asked, "\"post_id\":\"a\",\"post_id\":" + id)).as("last " + id).isFalse();
    }
    assertThat(hasId(asked, "\"post_id\":\"a\"")).isTrue();
    assertThat(hasId(asked, "\"id\":\"a\"")).as("the next post").isFalse();
    assertThat(hasId(new PostParser(MAX_BYTES, FUTURE), "\"post_id\":\"a\"")).isFalse();
  }

  private static boolean hasId(PostParser parser, String fields) {
    byte[] post = "{%s,\"text\":\"#a\"}".formatted(fields).getBytes(StandardCharsets.UTF_8);
    assertThat(parser.parse(post, 0, post.length, NOW, NOW)).isNull();
    return parser.ids().hasPostId();
  }
}
