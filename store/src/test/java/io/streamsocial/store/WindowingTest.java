package io.streamsocial.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class WindowingTest {
  private static final Windowing MINUTES = new Windowing(60_000, 30_000, 600_000);

  @Test
  void sizeBelowOneIsRefused() {
    assertThatThrownBy(() -> new Windowing(0, 0, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0 ms");
  }

  @Test
  void graceBeyondRetentionIsRefused() {
    assertThatThrownBy(() -> new Windowing(1, 11, 10))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("11 ms")
        .hasMessageContaining("10 ms");
    assertThatThrownBy(() -> new Windowing(1, -1, 10)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void asManyWindowsAreKeptAsRetentionCoversAndTheOpenOne() {
    assertThat(new Windowing(60_000, 0, 0).windowsMax()).isEqualTo(1);
    assertThat(new Windowing(60_000, 0, 1).windowsMax()).isEqualTo(2);
    assertThat(new Windowing(60_000, 0, 60_000).windowsMax()).isEqualTo(2);
    assertThat(new Windowing(60_000, 0, 60_001).windowsMax()).isEqualTo(3);
    assertThat(new Windowing(1, 0, Long.MAX_VALUE).windowsMax()).isEqualTo(Integer.MAX_VALUE);
  }

  @Test
  void startIsInclusiveAndEndExclusive() {
    assertThat(MINUTES.start(0)).isZero();
    assertThat(MINUTES.start(59_999)).isZero();
    assertThat(MINUTES.start(60_000)).isEqualTo(60_000);
    assertThat(MINUTES.end(0)).isEqualTo(60_000);
  }

  @Test
  void timesBefore1970RoundDown() {
    assertThat(MINUTES.start(-1)).isEqualTo(-60_000);
    assertThat(MINUTES.start(-60_000)).isEqualTo(-60_000);
    assertThat(MINUTES.start(-60_001)).isEqualTo(-120_000);
  }

  @Test
  void everyTimeLiesInExactlyOneWindow() {
    Property.holds(
        2_000,
        random -> {
          Windowing windowing = windowing(random);
          long size = windowing.sizeMs();
          long time = time(random);
          long start = windowing.start(time);
          BigInteger before = BigInteger.valueOf(Math.floorDiv(time, size));
          BigInteger exact = before.multiply(BigInteger.valueOf(size));
          if (exact.bitLength() > 63) {
            // The one window that begins before the smallest long.
            exact = exact.add(BigInteger.valueOf(size));
          } else {
            assertThat(start).isLessThanOrEqualTo(time);
            // Compared as a difference: the end may be past the largest long.
            assertThat(time - start).isBetween(0L, size - 1);
          }
          assertThat(BigInteger.valueOf(start)).isEqualTo(exact);
        });
  }

  @Test
  void theWindowOfTheLargestTimeEndsAtTheLargestTime() {
    long start = MINUTES.start(Long.MAX_VALUE);
    assertThat(start).isBetween(Long.MAX_VALUE - 60_000, Long.MAX_VALUE);
    assertThat(start % 60_000).isZero();
    assertThat(MINUTES.end(start)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void theWindowOfTheSmallestTimeStartsAtTheFirstMultiple() {
    long start = MINUTES.start(Long.MIN_VALUE);
    assertThat(start % 60_000).isZero();
    assertThat(start).isBetween(Long.MIN_VALUE, Long.MIN_VALUE + 60_000);
    assertThat(new Windowing(1, 0, 0).start(Long.MIN_VALUE)).isEqualTo(Long.MIN_VALUE);
  }

  @Test
  void windowIsLateFromTheMomentThatGraceIsOver() {
    assertThat(MINUTES.isLate(0, 89_999)).isFalse();
    assertThat(MINUTES.isLate(0, 90_000)).isTrue();
    assertThat(new Windowing(60_000, 0, 0).isLate(0, 59_999)).isFalse();
    assertThat(new Windowing(60_000, 0, 0).isLate(0, 60_000)).isTrue();
  }

  @Test
  void theLastWindowsAreOldestFirstAndNotBefore1970() {
    assertThat(MINUTES.lastStarts(300_000, 3)).containsExactly(180_000, 240_000, 300_000);
    assertThat(MINUTES.lastStarts(359_999, 1)).containsExactly(300_000);
    assertThat(MINUTES.lastStarts(60_001, 5)).containsExactly(0, 60_000);
    assertThat(MINUTES.lastStarts(-1, 5)).containsExactly(-60_000);
  }

  @Test
  void windowIsExpiredFromTheMomentThatRetentionIsOver() {
    assertThat(MINUTES.isExpired(0, 659_999)).isFalse();
    assertThat(MINUTES.isExpired(0, 660_000)).isTrue();
  }

  @Test
  void nothingIsLateOrExpiredBeforeTheFirstRecord() {
    for (long start : new long[] {Long.MIN_VALUE, -60_000, 0, 60_000, Long.MAX_VALUE}) {
      assertThat(MINUTES.isLate(start, Long.MIN_VALUE)).isFalse();
      assertThat(MINUTES.isExpired(start, Long.MIN_VALUE)).isFalse();
    }
    assertThat(MINUTES.firstReadableStart(Long.MIN_VALUE)).isEqualTo(Long.MIN_VALUE);
  }

  @Test
  void endlessRetentionExpiresNothing() {
    Windowing endless = new Windowing(60_000, Long.MAX_VALUE, Long.MAX_VALUE);
    assertThat(endless.isLate(0, Long.MAX_VALUE - 1)).isFalse();
    assertThat(endless.isExpired(0, Long.MAX_VALUE - 1)).isFalse();
    assertThat(endless.firstReadableStart(Long.MAX_VALUE - 1)).isLessThanOrEqualTo(0);
  }

  @Test
  void expiredIsAlwaysLate() {
    Property.holds(
        2_000,
        random -> {
          Windowing windowing = windowing(random);
          long start = windowing.start(time(random));
          long streamTime = time(random);
          if (windowing.isExpired(start, streamTime)) {
            assertThat(windowing.isLate(start, streamTime)).isTrue();
          }
        });
  }

  @Test
  void lateAndExpiredFollowTheirInequalitiesWithoutOverflow() {
    Property.holds(
        2_000,
        random -> {
          Windowing windowing = windowing(random);
          long start = windowing.start(time(random));
          // At the largest long every saturated end has come; it is no time of a record.
          long streamTime = Math.min(time(random), Long.MAX_VALUE - 1);
          assertThat(windowing.isLate(start, streamTime))
              .isEqualTo(hasCome(windowing.graceMs(), windowing, start, streamTime));
          assertThat(windowing.isExpired(start, streamTime))
              .isEqualTo(hasCome(windowing.retentionMs(), windowing, start, streamTime));
        });
  }

  private static boolean hasCome(long after, Windowing windowing, long start, long streamTime) {
    return BigInteger.valueOf(start)
            .add(BigInteger.valueOf(windowing.sizeMs()))
            .add(BigInteger.valueOf(after))
            .compareTo(BigInteger.valueOf(streamTime))
        <= 0;
  }

  @Test
  void firstReadableStartSeparatesExpiredFromReadable() {
    Property.holds(
        5_000,
        random -> {
          Windowing windowing = windowing(random);
          long streamTime = Math.min(time(random), Long.MAX_VALUE - 1);
          long first = windowing.firstReadableStart(streamTime);
          assertThat(windowing.isExpired(windowing.start(first), streamTime)).isFalse();
          if (first != Long.MIN_VALUE) {
            assertThat(windowing.start(first)).isEqualTo(first);
            long before = first - windowing.sizeMs();
            if (before < first) {
              assertThat(windowing.isExpired(before, streamTime)).isTrue();
            }
          }
          long start = windowing.start(time(random));
          assertThat(windowing.isExpired(start, streamTime)).isEqualTo(start < first);
        });
  }

  private static Windowing windowing(SplittableRandom random) {
    long size = random.nextBoolean() ? random.nextLong(1, 10) : random.nextLong(1, 1L << 40);
    long retention = random.nextInt(10) == 0 ? Long.MAX_VALUE : random.nextLong(0, 1L << 42);
    long grace = random.nextBoolean() ? random.nextLong(0, 1L << 41) : retention;
    return new Windowing(size, Math.min(grace, retention), retention);
  }

  /** Any time, with a liking for zero and the ends. */
  private static long time(SplittableRandom random) {
    long near = random.nextLong(-5, 6);
    return switch (random.nextInt(6)) {
      case 0 -> near;
      case 1 -> Long.MIN_VALUE + 5 + near;
      case 2 -> Long.MAX_VALUE - 5 + near;
      case 3 -> Long.MIN_VALUE + random.nextLong(0, 1L << 43);
      case 4 -> random.nextLong(-(1L << 43), 1L << 43);
      default -> random.nextLong();
    };
  }

  @Test
  void withoutWindowsAllTimesLieInOneThatNeverEnds() {
    for (long time : new long[] {0, 1, 1_763_000_000_000L, Long.MAX_VALUE - 1}) {
      assertThat(Windowing.NONE.start(time)).isZero();
      assertThat(Windowing.NONE.isLate(0, time)).isFalse();
      assertThat(Windowing.NONE.isExpired(0, time)).isFalse();
      assertThat(Windowing.NONE.firstReadableStart(time)).isLessThanOrEqualTo(0);
      assertThat(Windowing.NONE.lastStarts(time, 12)).containsExactly(0);
    }
    assertThat(Windowing.NONE.firstReadableStart(Long.MIN_VALUE)).isLessThanOrEqualTo(0);
    assertThat(Windowing.NONE.windowsMax()).isEqualTo(1);
    assertThat(Windowing.NONE.isNone()).isTrue();
    assertThat(MINUTES.isNone()).isFalse();
  }

  @Test
  void aRowIsGoneFromTheMomentThatItsTimeToLiveIsOver() {
    Windowing rows = Windowing.none(100);
    assertThat(rows.isNone()).isTrue();
    assertThat(rows.windowsMax()).isEqualTo(1);
    assertThat(rows.isLate(0, Long.MAX_VALUE - 1)).isFalse();
    assertThat(rows.firstLivingMs(1_099)).isEqualTo(1_000);
    assertThat(rows.firstLivingMs(1_100)).isEqualTo(1_001);
    assertThat(rows.firstLivingMs(Long.MIN_VALUE)).isEqualTo(Long.MIN_VALUE);
    assertThat(Windowing.NONE.firstLivingMs(Long.MAX_VALUE)).isEqualTo(Long.MIN_VALUE);
    assertThat(MINUTES.timeToLiveMs()).isZero();
    assertThatThrownBy(() -> Windowing.none(0)).hasMessageContaining("time to live");
  }
}
