package io.streamsocial.bench.posts;

/**
 * A fingerprint of counts that does not depend on the order, nor on how they are split up: the sum
 * of count times hash over all keys equals the sum of hashes over all mentions. So the truth can be
 * summed while posts are made, without holding a map of millions of keys. Rows that are more than a
 * count are added whole. Equal fingerprints of different counts are as likely as a guess of 64
 * bits. Not thread-safe.
 */
public final class Digest {
  private long mentions;
  private long fingerprint;
  private long additions;

  /** Adds mentions of one key. */
  public void add(
      long windowStartMs,
      byte[] region,
      int regionLength,
      byte[] tag,
      int tagOffset,
      int tagLength,
      long count) {
    mentions += count;
    additions++;
    fingerprint += count * hash(windowStartMs, region, regionLength, tag, tagOffset, tagLength);
  }

  /**
   * Adds a row of events of one key: not to be split up.
   *
   * @param group may be empty
   * @param firstMs of the first event
   * @param lastMs of the last event
   * @param more that the row has: its latest bytes, or a number as eight; empty for nothing
   */
  public void addSpan(
      byte[] group, byte[] key, long firstMs, long lastMs, long count, byte[] more) {
    mentions += count;
    additions++;
    long span = hash(firstMs, group, group.length, key, 0, key.length) ^ mix(lastMs) ^ count;
    fingerprint += mix(span + hash(0, more, more.length, more, 0, 0));
  }

  /** Adds all that another one has. */
  public void add(Digest other) {
    mentions += other.mentions;
    additions += other.additions;
    fingerprint += other.fingerprint;
  }

  private static long hash(
      long windowStartMs, byte[] region, int regionLength, byte[] tag, int offset, int length) {
    long h = mix(windowStartMs);
    for (int i = 0; i < regionLength; i++) {
      h = (h ^ region[i]) * 0x100000001B3L;
    }
    h = mix(h);
    for (int i = 0; i < length; i++) {
      h = (h ^ tag[offset + i]) * 0x100000001B3L;
    }
    return mix(h);
  }

  // The finalizer of SplitMix64.
  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  public long mentions() {
    return mentions;
  }

  /** Calls of {@link #add}: the number of keys, if each was added once. */
  public long additions() {
    return additions;
  }

  @Override
  public String toString() {
    return mentions + ":" + Long.toHexString(fingerprint);
  }
}
