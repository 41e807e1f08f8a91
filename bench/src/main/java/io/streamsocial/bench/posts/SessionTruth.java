package io.streamsocial.bench.posts;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * The true sessions of keys in groups, found in the plainest way: events come in the order of their
 * times, so a pause ends a session for good. Not thread-safe.
 */
final class SessionTruth {
  private final String prefix;
  private final int keys;
  private final byte[][] groups;
  private final long gapMs;
  private final long[] firstMs;
  private final long[] lastMs;
  private final int[] counts; // 0 for a key without an open session
  private final Digest ended = new Digest();

  /**
   * @param prefix of the names of keys, before their numbers
   * @param keys numbers are below
   * @param gapMs the longest pause within a session
   */
  SessionTruth(String prefix, int keys, byte[][] groups, long gapMs) {
    this.prefix = prefix;
    this.keys = keys;
    this.groups = groups;
    this.gapMs = gapMs;
    this.firstMs = new long[keys * groups.length];
    this.lastMs = new long[keys * groups.length];
    this.counts = new int[keys * groups.length];
  }

  /** Adds an event that is not older than any before. */
  void add(int group, int key, long timeMs) {
    int at = group * keys + key;
    if (counts[at] > 0 && timeMs - lastMs[at] > gapMs) {
      put(at, ended);
      counts[at] = 0;
    }
    if (counts[at]++ == 0) {
      firstMs[at] = timeMs;
    }
    lastMs[at] = timeMs;
  }

  private void put(int at, Digest digest) {
    byte[] key = (prefix + at % keys).getBytes(UTF_8);
    digest.addSpan(groups[at / keys], key, firstMs[at], lastMs[at], counts[at]);
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
