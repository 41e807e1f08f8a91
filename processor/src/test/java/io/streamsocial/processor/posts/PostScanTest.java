package io.streamsocial.processor.posts;

import static io.streamsocial.processor.Property.utf8;
import static io.streamsocial.processor.posts.PostParserTest.FUTURE;
import static io.streamsocial.processor.posts.PostParserTest.MAX_BYTES;
import static io.streamsocial.processor.posts.PostParserTest.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.streamsocial.processor.Property;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A post is read in place only where Jackson's parser reads the same: text, region, time, user and
 * id; and what is rejected is rejected with the same words.
 */
final class PostScanTest {
  private static final int BEFORE = 9;

  private final PostParser parser = new PostParser(MAX_BYTES, FUTURE, true, true);
  private final ParsedPost scanned = new ParsedPost(true, true);
  private final ParsedPost parsed = new ParsedPost(true, true);
  private final JacksonPosts jackson = new JacksonPosts(parsed);
  private final ObjectMapper json = new ObjectMapper();
  private int inPlace;
  private int byParser;
  private int rejected;

  private static byte[] inTheMiddle(byte[] post) {
    byte[] batch = new byte[BEFORE + post.length + 9];
    Arrays.fill(batch, (byte) '"');
    System.arraycopy(post, 0, batch, BEFORE, post.length);
    return batch;
  }

  private boolean isInPlace(byte[] post) {
    scanned.clear();
    return PostScan.read(inTheMiddle(post), BEFORE, post.length, scanned);
  }

  private void check(byte[] post) {
    byte[] batch = inTheMiddle(post);
    scanned.clear();
    boolean isInPlace = PostScan.read(batch, BEFORE, post.length, scanned);
    parsed.clear();
    Rejection why = jackson.read(batch, BEFORE, post.length);
    String shown = new String(post, StandardCharsets.UTF_8);
    if (why != null) {
      rejected++;
      assertThat(isInPlace).as("is rejected, %s: %s", why, shown).isFalse();
      assertThat(parser.parse(batch, BEFORE, post.length, NOW, NOW)).isEqualTo(why);
      return;
    }
    TagsByChars expected = new TagsByChars(text(post));
    assertSame(parsed, expected, shown);
    if (isInPlace) {
      inPlace++;
      assertSame(scanned, expected, shown);
      assertThat(scanned.region()).as(shown).isEqualTo(parsed.region());
      assertThat(scanned.hasTimestamp()).as(shown).isEqualTo(parsed.hasTimestamp());
      if (parsed.hasTimestamp()) {
        assertThat(scanned.timestampMs()).as(shown).isEqualTo(parsed.timestampMs());
      }
      assertThat(text(scanned.user())).as(shown).isEqualTo(text(parsed.user()));
      assertThat(scanned.ids().hasPostId()).as(shown).isEqualTo(parsed.ids().hasPostId());
      if (parsed.ids().hasPostId()) {
        assertThat(scanned.ids().postId().low()).isEqualTo(parsed.ids().postId().low());
        assertThat(scanned.ids().postId().high()).isEqualTo(parsed.ids().postId().high());
      }
    } else {
      byParser++;
    }
    Rejection ofTime = parser.parse(batch, BEFORE, post.length, NOW, NOW);
    if (ofTime == null) {
      assertThat(parser.timestampMs())
          .isEqualTo(parsed.hasTimestamp() ? parsed.timestampMs() : NOW);
      assertThat(parser.region()).as(shown).isEqualTo(parsed.region());
      assertThat(TagsByChars.found(parser.hashtags())).as(shown).isEqualTo(expected.tags);
    } else {
      assertThat(ofTime.reason().field()).as(shown).isEqualTo("timestamp");
    }
  }

  private static void assertSame(ParsedPost post, TagsByChars expected, String shown) {
    Hashtags hashtags = post.hashtags();
    assertThat(TagsByChars.found(hashtags)).as(shown).isEqualTo(expected.tags);
    assertThat(hashtags.oversized()).as(shown).isEqualTo(expected.oversized);
    assertThat(hashtags.missed()).as(shown).isEqualTo(expected.missed);
  }

  private String text(byte[] post) {
    try {
      return json.readTree(post).get("text").textValue();
    } catch (IOException e) {
      throw new UncheckedIOException(new String(post, StandardCharsets.UTF_8), e);
    }
  }

  private static String text(@Nullable Utf8Buffer user) {
    Utf8Buffer known = Objects.requireNonNull(user);
    return new String(known.bytes(), 0, known.length(), StandardCharsets.UTF_8);
  }

  @Test
  void changedPostsReadAsByJackson() {
    int posts = 100_000;
    Property.holds(posts, random -> check(new OddPosts(random).next()));
    System.out.printf("%d in place, %d by Jackson, %d rejected%n", inPlace, byParser, rejected);
    if (inPlace + byParser + rejected > 1) { // not with -Dseed
      // Each way is taken often enough to be tested.
      assertThat(inPlace).isGreaterThan(posts / 5);
      assertThat(byParser).isGreaterThan(posts / 50);
      assertThat(rejected).isGreaterThan(posts / 5);
    }
  }

  @Test
  @Tag("long")
  void aMillionChangedPostsReadAsByJackson() {
    Property.holds(1_000_000, random -> check(new OddPosts(random).next()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"text\":\"\"}",
        " { \"text\" : \"#a\" , \"x\" : [ ] }\n",
        "{\"text\":\"#日本 🎉 http://x/#y\",\"region\":\"日本\",\"timestamp\":1762999990000}",
        "{\"text\":\"a\\n\\\"#b\\\" \\u00e9 \\ud83d\\udc4d\"}",
        "{\"text\":\"#a\",\"x\":{\"y\":[1,-2.5e3,true,null,{\"z\":\"\\u0000\"}]}}",
        "{\"post_id\":\"p-1\",\"user_id\":\"u-ü\",\"text\":\"#a\",\"region\":null,\"timestamp\":null}",
        "{\"text\":\"#a\",\"post_id\":1,\"user_id\":[2],\"region\":\"\"}"
      })
  void ordinaryPostsAreReadInPlace(String post) {
    assertThat(isInPlace(utf8(post))).isTrue();
    check(utf8(post));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"x\":1}",
        "{\"text\":\"#a\",\"text\":\"#b\"}",
        "{\"te\\u0078t\":\"#a\"}",
        "{\"text\":\"#a\",\"region\":\"\\u0045U\"}",
        "{\"text\":\"#a\",\"timestamp\":1762999990000.5}",
        "{\"text\":\"#a\",\"timestamp\":0}",
        "{\"text\":\"#a \\ud83d\"}",
        "{\"text\":\"#a\",\"user_id\":\"a\\tb\"}",
        "{\"text\":\"#a\",\"post_id\":\"ü\"}"
      })
  void whatIsOutOfTheOrdinaryIsLeftToJackson(String post) {
    assertThat(isInPlace(utf8(post))).isFalse();
    check(utf8(post));
  }

  @Test
  void noPrefixOfAPostIsOne() {
    byte[] post =
        utf8(
            "{\"text\":\"#a é\\u0041\",\"x\":{\"y\":[1,true]},\"region\":\"EU\",\"timestamp\":1762999990000}");
    for (int length = 0; length < post.length; length++) {
      byte[] cut = Arrays.copyOf(post, length);
      assertThat(isInPlace(cut)).isFalse();
      check(cut);
    }
    assertThat(isInPlace(post)).isTrue();
  }
}
