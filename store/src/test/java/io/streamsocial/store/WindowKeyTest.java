package io.streamsocial.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.store.table.WindowKey;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class WindowKeyTest {
  // From below to above in code points, though not in UTF-16: U+FF5A sorts before the emoji.
  private static final String[] PIECES = {"", "\u0001", "a", "b", "z", "é", "日", "\uff5a", "😀"};

  @Test
  void layoutIsStartRegionZeroTag() {
    assertThat(new Row(0x0102, "eu", "a").key())
        .isEqualTo(HexFormat.of().parseHex("0000000000000102" + "6575" + "00" + "61"));
  }

  @Test
  void byteOrderIsTheOrderOfStartThenRegionThenTag() {
    Property.holds(
        5_000,
        random -> {
          Row a = row(random);
          Row b = random.nextInt(4) == 0 ? a : row(random);
          assertThat(Integer.signum(Arrays.compareUnsigned(a.key(), b.key())))
              .describedAs("%s and %s", a, b)
              .isEqualTo(Integer.signum(a.compareTo(b)));
        });
  }

  @Test
  void decodingUndoesEncoding() {
    Property.holds(
        2_000,
        random -> {
          Row row = row(random);
          assertThat(Row.of(row.key())).isEqualTo(row);
        });
  }

  @Test
  void keysOfOneWindowLieBetweenItsStartAndTheNext() {
    Property.holds(
        1_000,
        random -> {
          Row row = row(random);
          assertThat(Arrays.compareUnsigned(WindowKey.start(row.start()), row.key())).isNegative();
          if (row.start() < Long.MAX_VALUE) {
            assertThat(Arrays.compareUnsigned(row.key(), WindowKey.start(row.start() + 1)))
                .isNegative();
          }
        });
  }

  @Test
  void onlyTheRegionsOwnKeysHaveItsPrefix() {
    Property.holds(
        2_000,
        random -> {
          Row row = row(random);
          Row other = row(random);
          byte[] prefix = WindowKey.prefix(row.start(), row.regionBytes());
          byte[] key = other.key();
          boolean within =
              key.length > prefix.length
                  && Arrays.equals(prefix, Arrays.copyOf(key, prefix.length));
          assertThat(within)
              .isEqualTo(row.start() == other.start() && row.region().equals(other.region()));
        });
  }

  @Test
  void startBefore1970IsRefused() {
    for (long start : new long[] {-1, Long.MIN_VALUE}) {
      assertThatThrownBy(() -> new Row(start, "eu", "a").key())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(Long.toString(start));
      assertThatThrownBy(() -> WindowKey.start(start)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void regionWithTheSeparatorIsRefused() {
    assertThatThrownBy(() -> new Row(0, "e\0u", "a").key())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0x00");
  }

  @Test
  void bytesThatAreNoKeyAreRefused() {
    for (byte[] bytes : new byte[][] {new byte[0], new byte[9], "12345678region".getBytes(UTF_8)}) {
      assertThatThrownBy(() -> WindowKey.tag(bytes)).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> WindowKey.region(bytes))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> WindowKey.windowStart(new byte[7]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static Row row(SplittableRandom random) {
    long start =
        switch (random.nextInt(4)) {
          case 0 -> random.nextLong(0, 3);
          case 1 -> Long.MAX_VALUE - random.nextLong(0, 3);
          case 2 -> 1L << random.nextInt(63);
          default -> 1_700_000_000_000L;
        };
    return new Row(start, text(random, 3), PIECES[random.nextInt(1, 9)] + text(random, 3));
  }

  private static String text(SplittableRandom random, int pieces) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < pieces; i++) {
      text.append(PIECES[random.nextInt(PIECES.length)]);
    }
    return text.toString();
  }
}
