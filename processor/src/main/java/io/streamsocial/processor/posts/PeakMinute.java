package io.streamsocial.processor.posts;

import io.streamsocial.processor.views.AggregateFunction;
import java.util.Arrays;

/**
 * The most events in one minute of the clock. The state has the count of each minute, so that two
 * parts of one minute add up exactly, in whatever order they meet.
 *
 * <p>It is bounded by the newest {@value #MINUTES_MAX} minutes, counted from its newest event back:
 * of a longer row, the peak is that of its last six hours. Older minutes go from the state. That
 * depends on the events alone and not on the order of merges: a minute that is kept in the end was
 * kept in each part, whose newest event is not later.
 *
 * <pre>
 *   state   { minutes behind the one before varint | events varint }*     oldest first, the first
 *                                                                         since 1970; none empty
 * </pre>
 *
 * Some 4 bytes a minute; a state of one event has 5. Stateless; for any thread.
 */
final class PeakMinute implements AggregateFunction<PeakMinute.Minutes> {
  /** Of a state. */
  static final int MINUTES_MAX = 360;

  private static final long MINUTE_MS = 60_000;
  private static final int VARINT_BYTES_MAX = 10;

  /** The minutes that have events, ascending. Not thread-safe. */
  static final class Minutes {
    private final long[] minutes;
    private final long[] events;
    private int size;

    private Minutes(int capacity) {
      this.minutes = new long[capacity];
      this.events = new long[capacity];
    }

    private void append(long minute, long count) {
      minutes[size] = minute;
      events[size++] = count;
    }
  }

  @Override
  public String name() {
    return "peak-minute-1";
  }

  @Override
  public Minutes create() {
    return new Minutes(0);
  }

  /** Counts an event at its time; the bytes are of no account. */
  @Override
  public Minutes add(Minutes state, long timeMs, byte[] bytes, int offset, int length) {
    Minutes one = new Minutes(1);
    one.append(timeMs / MINUTE_MS, 1);
    return state.size == 0 ? one : merge(state, one);
  }

  @Override
  public Minutes merge(Minutes one, Minutes other) {
    Minutes merged = new Minutes(one.size + other.size);
    long newest = Math.max(newest(one), newest(other));
    int a = firstKept(one, newest);
    int b = firstKept(other, newest);
    while (a < one.size || b < other.size) {
      long minuteA = a < one.size ? one.minutes[a] : Long.MAX_VALUE;
      long minuteB = b < other.size ? other.minutes[b] : Long.MAX_VALUE;
      long events = minuteA <= minuteB ? one.events[a++] : 0;
      events += minuteB <= minuteA ? other.events[b++] : 0;
      merged.append(Math.min(minuteA, minuteB), events);
    }
    return merged;
  }

  private static long newest(Minutes state) {
    return state.size == 0 ? 0 : state.minutes[state.size - 1];
  }

  private static int firstKept(Minutes state, long newest) {
    int first = 0;
    while (first < state.size && state.minutes[first] <= newest - MINUTES_MAX) {
      first++;
    }
    return first;
  }

  @Override
  public byte[] encode(Minutes state) {
    byte[] bytes = new byte[2 * VARINT_BYTES_MAX * state.size];
    int at = 0;
    long before = 0;
    for (int i = 0; i < state.size; i++) {
      at = putVarint(bytes, at, state.minutes[i] - before);
      at = putVarint(bytes, at, state.events[i]);
      before = state.minutes[i];
    }
    return Arrays.copyOf(bytes, at);
  }

  private static int putVarint(byte[] bytes, int at, long value) {
    int next = at;
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      bytes[next++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[next++] = (byte) rest;
    return next;
  }

  @Override
  public Minutes decode(byte[] bytes) {
    int varints = 0;
    for (byte each : bytes) {
      varints += each >= 0 ? 1 : 0;
    }
    if (varints % 2 != 0 || (bytes.length > 0 && bytes[bytes.length - 1] < 0)) {
      throw new IllegalArgumentException(
          "%d bytes are no state of %s: they end within a minute".formatted(bytes.length, name()));
    }
    Minutes state = new Minutes(varints / 2);
    long[] pair = new long[2];
    long minute = 0;
    int at = 0;
    for (int i = 0; i < varints; i++) {
      long value = 0;
      int shift = 0;
      do {
        value |= (bytes[at] & 0x7FL) << shift;
        shift += 7;
      } while (bytes[at++] < 0);
      pair[i % 2] = value;
      if (i % 2 == 1) {
        minute += pair[0];
        state.append(minute, pair[1]);
      }
    }
    return state;
  }

  /** The most events in one minute; 0 for none. */
  @Override
  public long result(Minutes state) {
    long most = 0;
    for (int i = 0; i < state.size; i++) {
      most = Math.max(most, state.events[i]);
    }
    return most;
  }
}
