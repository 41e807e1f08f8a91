package io.streamsocial.store.table;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The store's key.
 *
 * <pre>
 *   0                8                       8+r  9+r
 *   +----------------+------------------------+----+----------------+
 *   | window start   | region (UTF-8, r bytes)| 00 | tag (UTF-8)    |
 *   | 8, big-endian  |                        |    | at least 1     |
 *   +----------------+------------------------+----+----------------+
 * </pre>
 *
 * Starts are not negative, so unsigned byte order is time order and one window is one contiguous
 * range. 0x00 occurs in neither region nor tag, so no region is a prefix of another one's range:
 * {@code "a" 00} sorts before {@code "ab" 00}, and the first 0x00 behind the start ends the region.
 * UTF-8 byte order is code point order.
 */
public final class WindowKey {
  static final int START_BYTES = Long.BYTES;

  private WindowKey() {}

  /** The key of one tag. */
  public static byte[] of(long windowStartMs, byte[] region, byte[] tag) {
    byte[] prefix = prefix(windowStartMs, region);
    byte[] key = Arrays.copyOf(prefix, prefix.length + tag.length);
    System.arraycopy(tag, 0, key, prefix.length, tag.length);
    return key;
  }

  /** Everything before the tag: all keys of one window and region begin with it. */
  public static byte[] prefix(long windowStartMs, byte[] region) {
    requireStart(windowStartMs);
    requireNoZero(region, region.length);
    byte[] prefix = new byte[START_BYTES + region.length + 1];
    ByteBuffer.wrap(prefix).putLong(windowStartMs).put(region);
    return prefix;
  }

  /** The first key that can follow all keys of a window and region. */
  public static byte[] behind(long windowStartMs, byte[] region) {
    byte[] behind = prefix(windowStartMs, region);
    behind[behind.length - 1] = 1;
    return behind;
  }

  /** The first key of a window, and the exclusive end of the one before. */
  public static byte[] start(long windowStartMs) {
    requireStart(windowStartMs);
    return ByteBuffer.allocate(START_BYTES).putLong(windowStartMs).array();
  }

  /**
   * @throws IllegalArgumentException when the bytes are not a key
   */
  public static long windowStart(byte[] key) {
    if (key.length < START_BYTES) {
      throw new IllegalArgumentException("not a window key: %d bytes".formatted(key.length));
    }
    return ByteBuffer.wrap(key).getLong();
  }

  /**
   * Where the tag begins.
   *
   * @throws IllegalArgumentException when the bytes are not a key
   */
  public static int tagOffset(byte[] key) {
    for (int i = START_BYTES; i < key.length - 1; i++) {
      if (key[i] == 0) {
        return i + 1;
      }
    }
    throw new IllegalArgumentException(
        "not a window key: no 0x00 with a tag behind it in " + key.length + " bytes");
  }

  public static byte[] region(byte[] key) {
    return Arrays.copyOfRange(key, START_BYTES, tagOffset(key) - 1);
  }

  public static byte[] tag(byte[] key) {
    return Arrays.copyOfRange(key, tagOffset(key), key.length);
  }

  private static void requireStart(long windowStartMs) {
    if (windowStartMs < 0) {
      throw new IllegalArgumentException(
          "window start %d ms: times before 1970 cannot be stored".formatted(windowStartMs));
    }
  }

  private static void requireNoZero(byte[] region, int length) {
    for (int i = 0; i < length; i++) {
      if (region[i] == 0) {
        throw new IllegalArgumentException("region contains 0x00, the separator of the key");
      }
    }
  }
}
