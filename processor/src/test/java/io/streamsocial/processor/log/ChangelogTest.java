package io.streamsocial.processor.log;

import static io.streamsocial.processor.Property.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.processor.Property;
import io.streamsocial.processor.posts.Hashtags;
import io.streamsocial.store.Position;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

final class ChangelogTest {
  private static byte[] key(long start, String region, String tag) {
    byte[] bytes = utf8("<" + tag + ">");
    return Changelog.key(start, utf8(region), bytes, 1, bytes.length - 2);
  }

  private static void assertRow(byte[] key, long start, String region, String tag) {
    int colon = Changelog.colon(key);
    assertThat(colon).isNotNegative();
    assertThat(Changelog.windowStartMs(key)).isEqualTo(start);
    assertThat(region(key, colon)).isEqualTo(utf8(region));
    assertThat(tag(key, colon)).isEqualTo(utf8(tag));
  }

  private static byte[] region(byte[] key, int colon) {
    return Arrays.copyOf(key, colon);
  }

  private static byte[] tag(byte[] key, int colon) {
    return Arrays.copyOfRange(key, colon + 1, Changelog.tagEnd(key));
  }

  @Test
  void theKeyIsKafkaStreamsWindowedKey() {
    assertThat(key(1_763_000_100_000L, "EU-West", "java"))
        .isEqualTo(
            HexFormat.of()
                .parseHex("45552d57657374" + "3a" + "6a617661" + "0000019a7afea4a0" + "00000000"));
    assertThat(Changelog.value(258)).containsExactly(0, 0, 0, 0, 0, 0, 1, 2);
    assertThat(Changelog.count(Changelog.value(258))).isEqualTo(258);
  }

  @Test
  void aKeyComesBackAsItsRow() {
    assertRow(key(0, "EU", "a"), 0, "EU", "a");
    assertRow(key(Long.MAX_VALUE, "EU", "a"), Long.MAX_VALUE, "EU", "a");
    assertRow(key(300_000, "", "java"), 300_000, "", "java");
    Property.holds(
        1_000,
        random -> {
          String region =
              Property.tag(random) + (random.nextBoolean() ? ":" + Property.tag(random) : "");
          String tag = Property.tag(random);
          long start = Property.magnitude(random);
          assertRow(key(start, region, tag), start, region, tag);
        });
  }

  @Test
  void colonsBelongToTheRegion() {
    assertRow(key(5, "a:b", "c"), 5, "a:b", "c");
    assertRow(key(5, ":", "c"), 5, ":", "c");
    assertRow(key(5, "::a::", "c"), 5, "::a::", "c");
    // A colon among the twelve bytes of the suffix is none: 0x3a is ':'.
    assertRow(key(0x3a3a3a3a3a3a3a3aL, "EU", "c"), 0x3a3a3a3a3a3a3a3aL, "EU", "c");
  }

  @Test
  void noTwoRowsShareAKey() {
    // These two would: but a tag never holds a colon, so only the first can be written.
    assertThat(key(5, "a:b", "c")).isEqualTo(key(5, "a", "b:c"));
    Hashtags hashtags = new Hashtags();
    hashtags.scan("#b:c".toCharArray(), 0, 4);
    assertThat(hashtags.size()).isEqualTo(1);
    assertThat(hashtags.length(0)).isEqualTo(1);
    assertThat(key(5, "a", "bc")).isNotEqualTo(key(5, "ab", "c"));
    assertThat(key(5, "a", "b")).isNotEqualTo(key(6, "a", "b"));
  }

  @Test
  void foreignKeysAreNoRows() {
    assertThat(Changelog.colon(null)).isNegative();
    assertThat(Changelog.colon(new byte[0])).isNegative();
    assertThat(Changelog.colon(new byte[12])).isNegative();
    assertThat(Changelog.colon(utf8("user-17"))).isNegative();
    assertThat(Changelog.colon(utf8("no colon, but long enough"))).isNegative();
    assertThat(Changelog.colon(key(1, "EU", ""))).as("no tag").isNegative();
    assertThat(Changelog.colon(key(-1, "EU", "a"))).as("before 1970").isNegative();
    assertThat(Changelog.colon(key(1, "E\0U", "a"))).as("zero in the region").isNegative();
    byte[] onlySuffix = Arrays.copyOfRange(key(1, "", "a"), 1, 14);
    assertThat(Changelog.colon(onlySuffix)).as("no colon").isNegative();
    Property.holds(
        2_000,
        random -> {
          byte[] key = Property.bytes(random, random.nextInt(30));
          int colon = Changelog.colon(key);
          if (colon >= 0) {
            assertThat(tag(key, colon)).isNotEmpty().doesNotContain(':');
            assertThat(region(key, colon)).doesNotContain(0);
            assertThat(Changelog.windowStartMs(key)).isNotNegative();
          }
        });
  }

  @Test
  void aCheckpointComesBack() {
    Property.holds(
        500,
        random -> {
          byte[] progress = Property.bytes(random, random.nextInt(100));
          long streamTime = random.nextBoolean() ? Long.MIN_VALUE : Property.magnitude(random);
          Changelog.Checkpoint checkpoint =
              new Changelog.Checkpoint(
                  Property.magnitude(random), Property.magnitude(random), streamTime, progress);
          Changelog.Checkpoint read = Changelog.Checkpoint.decode(checkpoint.encode());
          assertThat(read.windowSizeMs()).isEqualTo(checkpoint.windowSizeMs());
          assertThat(read.shuffleOffset()).isEqualTo(checkpoint.shuffleOffset());
          assertThat(read.at(17))
              .isEqualTo(new Position(checkpoint.shuffleOffset(), 17, streamTime, progress));
        });
  }

  @Test
  void aCheckpointOfANewerVersionIsRefusedAndATruncatedOneToo() {
    byte[] bytes = new Changelog.Checkpoint(300_000, 7, 8, new byte[0]).encode();
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> Changelog.Checkpoint.decode(cut))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
    bytes[0] = 2;
    assertThatThrownBy(() -> Changelog.Checkpoint.decode(bytes))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("upgrade");
  }

  @Test
  void aKeyIsDescribedInPrintableCharacters() {
    assertThat(Changelog.describe(null)).isEqualTo("no key");
    assertThat(Changelog.describe(utf8("a\n\u0007b"))).isEqualTo("'a??b' (4 bytes)");
    assertThat(Changelog.describe(ByteBuffer.allocate(1_000).array())).hasSizeLessThan(100);
  }
}
