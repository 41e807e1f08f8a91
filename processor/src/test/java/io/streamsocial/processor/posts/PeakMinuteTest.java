package io.streamsocial.processor.posts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PeakMinuteTest {
  private static final long MINUTE = 60_000;
  private static final int ROUNDS = 2_000;

  private final PeakMinute function = new PeakMinute();

  private byte[] event(long timeMs) {
    return function.encode(function.add(function.create(), timeMs, new byte[0], 0, 0));
  }

  private byte[] merge(byte[] one, byte[] other) {
    return function.encode(function.merge(function.decode(one), function.decode(other)));
  }

  private long peak(byte[] state) {
    return function.result(function.decode(state));
  }

  /** Merged as trees of any form, beside a plain count of the newest six hours. */
  @Test
  void peakIsExactInWhateverOrderEventsAreMerged() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      long spanMs = MINUTE * (1 + random.nextInt(1_000));
      List<Long> times = new ArrayList<>();
      List<byte[]> states = new ArrayList<>();
      for (int i = 1 + random.nextInt(60); i > 0; i--) {
        long timeMs = 1_763_000_000_000L + random.nextInt((int) spanMs);
        times.add(timeMs);
        states.add(event(timeMs));
      }
      while (states.size() > 1) {
        Collections.swap(states, random.nextInt(states.size()), states.size() - 1);
        byte[] last = states.remove(states.size() - 1);
        int with = random.nextInt(states.size());
        states.set(with, merge(states.get(with), last));
      }
      long newest = Collections.max(times) / MINUTE;
      TreeMap<Long, Long> minutes = new TreeMap<>();
      times.forEach(timeMs -> minutes.merge(timeMs / MINUTE, 1L, Long::sum));
      minutes.headMap(newest - PeakMinute.MINUTES_MAX, true).clear();
      assertThat(peak(states.get(0)))
          .as("seed %d, round %d: %s", seed, round, minutes)
          .isEqualTo(Collections.max(minutes.values()));
    }
  }

  @Test
  void stateOfADayIsThatOfItsLastSixHours() {
    byte[] state = event(0);
    state = merge(state, event(1));
    for (int minute = 1; minute < 24 * 60; minute++) {
      assertThat(peak(state)).isEqualTo(minute <= PeakMinute.MINUTES_MAX ? 2 : 1);
      state = merge(state, event(minute * MINUTE));
    }
    assertThat(state.length).isLessThan(2 * PeakMinute.MINUTES_MAX + 10);
    assertThat(peak(event(Long.MAX_VALUE))).isEqualTo(1);
  }

  @Test
  void bytesThatAreNoStateAreRefused() {
    byte[] state = event(1_763_000_000_000L);
    byte[] cut = Arrays.copyOf(state, state.length - 1);
    assertThatThrownBy(() -> function.decode(cut)).hasMessageContaining("no state of peak-minute");
    assertThat(peak(new byte[0])).isZero();
  }
}
