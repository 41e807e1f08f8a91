package io.streamsocial.bench.posts;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Supplier;

/**
 * The true sessions of keys in groups, found in the plainest way: events come in the order of their
 * times, so a pause ends a session for good. Not thread-safe.
 */
final class SessionTruth {
  /** What a row has beside its events' number and times. */
  enum Kept {
    NOTHING,
    /** The text of the last event; of several at one time the largest. */
    LATEST,
    /** The most events in one minute of the clock. */
    PEAK
  }

  private static final long MINUTE_MS = 60_000;

  private final String prefix;
  private final int keys;
  private final byte[][] groups;
  private final long gapMs;
  private final long[] firstMs;
  private final long[] lastMs;
  private final int[] counts; // 0 for a key without an open session
  private final Kept kept;
  private final byte[][] latest;
  private final long[] minutes; // of the last event
  private final int[] inMinute;
  private final int[] peaks;
  private final Digest ended = new Digest();

  /**
   * @param prefix of the names of keys, before their numbers
   * @param keys numbers are below
   * @param gapMs the longest pause within a session
   */
  SessionTruth(String prefix, int keys, byte[][] groups, long gapMs, Kept kept) {
    this.prefix = prefix;
    this.keys = keys;
    this.groups = groups;
    this.gapMs = gapMs;
    this.firstMs = new long[keys * groups.length];
    this.lastMs = new long[keys * groups.length];
    this.counts = new int[keys * groups.length];
    this.kept = kept;
    int peaked = kept == Kept.PEAK ? counts.length : 0;
    this.minutes = new long[peaked];
    this.inMinute = new int[peaked];
    this.peaks = new int[peaked];
    this.latest = new byte[kept == Kept.LATEST ? counts.length : 0][];
  }

  /**
   * Adds an event that is not older than any before.
   *
   * @param text of its post; read where it is kept alone
   */
  void add(int group, int key, long timeMs, Supplier<byte[]> text) {
    int at = group * keys + key;
    if (counts[at] > 0 && timeMs - lastMs[at] > gapMs) {
      put(at, ended);
      counts[at] = 0;
    }
    switch (kept) {
      case NOTHING -> {}
      case LATEST -> {
        byte[] other = text.get();
        boolean isOlder = counts[at] == 0 || lastMs[at] < timeMs;
        if (isOlder || Arrays.compareUnsigned(latest[at], other) < 0) {
          latest[at] = other;
        }
      }
      case PEAK -> addToMinute(at, timeMs / MINUTE_MS);
    }
    if (counts[at]++ == 0) {
      firstMs[at] = timeMs;
    }
    lastMs[at] = timeMs;
  }

  private void addToMinute(int at, long minute) {
    boolean isFirst = counts[at] == 0;
    inMinute[at] = isFirst || minutes[at] != minute ? 1 : inMinute[at] + 1;
    peaks[at] = isFirst ? 1 : Math.max(peaks[at], inMinute[at]);
    minutes[at] = minute;
  }

  /** As a row has it, see {@link Digest#addSpan}. */
  private byte[] more(int at) {
    return switch (kept) {
      case NOTHING -> new byte[0];
      case LATEST -> latest[at];
      case PEAK -> ByteBuffer.allocate(Long.BYTES).putLong(peaks[at]).array();
    };
  }

  private void put(int at, Digest digest) {
    byte[] key = (prefix + at % keys).getBytes(UTF_8);
    digest.addSpan(groups[at / keys], key, firstMs[at], lastMs[at], counts[at], more(at));
  }

  /** Of all sessions so far, those that may still grow included. */
  Digest digest() {
    Digest all = new Digest();
    all.add(ended);
    for (int at = 0; at < counts.length; at++) {
      if (counts[at] > 0) {
        put(at, all);
      }
    }
    return all;
  }
}
