package io.streamsocial.processor.posts;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * SipHash-2-4 with 128 bits (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012; the
 * longer output is that of their reference code). A hash of 64 bits or without a key would not do:
 * two ids with one hash make a post that is never counted. Holds the last result. Not thread-safe.
 */
final class SipHash {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final long key0;
  private final long key1;
  private long v0;
  private long v1;
  private long v2;
  private long v3;
  private long low;
  private long high;

  /** The key in two halves, the first eight bytes first, little endian. */
  SipHash(long key0, long key1) {
    this.key0 = key0;
    this.key1 = key1;
  }

  void hash(byte[] bytes) {
    begin();
    int whole = bytes.length & ~7;
    for (int i = 0; i < whole; i += Long.BYTES) {
      word((long) LONGS.get(bytes, i));
    }
    long rest = 0;
    for (int i = bytes.length - 1; i >= whole; i--) {
      rest = rest << 8 | (bytes[i] & 0xFF);
    }
    end(rest, bytes.length);
  }

  /** As the bytes of UTF-16, little endian. */
  void hash(char[] chars, int offset, int length) {
    begin();
    int whole = offset + (length & ~3);
    int end = offset + length;
    for (int i = offset; i < whole; i += 4) {
      word(
          chars[i]
              | (long) chars[i + 1] << 16
              | (long) chars[i + 2] << 32
              | (long) chars[i + 3] << 48);
    }
    long rest = 0;
    for (int i = end - 1; i >= whole; i--) {
      rest = rest << 16 | chars[i];
    }
    end(rest, 2 * length);
  }

  /** ASCII characters, as if they were chars. */
  void hashAscii(byte[] ascii, int offset, int length) {
    begin();
    int whole = offset + (length & ~3);
    int end = offset + length;
    for (int i = offset; i < whole; i += 4) {
      word(
          ascii[i]
              | (long) ascii[i + 1] << 16
              | (long) ascii[i + 2] << 32
              | (long) ascii[i + 3] << 48);
    }
    long rest = 0;
    for (int i = end - 1; i >= whole; i--) {
      rest = rest << 16 | ascii[i];
    }
    end(rest, 2 * length);
  }

  private void begin() {
    v0 = key0 ^ 0x736f6d6570736575L;
    v1 = key1 ^ 0x646f72616e646f6dL ^ 0xEE;
    v2 = key0 ^ 0x6c7967656e657261L;
    v3 = key1 ^ 0x7465646279746573L;
  }

  private void word(long word) {
    v3 ^= word;
    rounds(2);
    v0 ^= word;
  }

  private void end(long rest, int bytes) {
    word(rest | (long) bytes << 56);
    v2 ^= 0xEE;
    rounds(4);
    low = v0 ^ v1 ^ v2 ^ v3;
    v1 ^= 0xDD;
    rounds(4);
    high = v0 ^ v1 ^ v2 ^ v3;
  }

  private void rounds(int count) {
    long a = v0;
    long b = v1;
    long c = v2;
    long d = v3;
    for (int i = 0; i < count; i++) {
      a += b;
      c += d;
      b = Long.rotateLeft(b, 13) ^ a;
      d = Long.rotateLeft(d, 16) ^ c;
      a = Long.rotateLeft(a, 32);
      c += b;
      a += d;
      b = Long.rotateLeft(b, 17) ^ c;
      d = Long.rotateLeft(d, 21) ^ a;
      c = Long.rotateLeft(c, 32);
    }
    v0 = a;
    v1 = b;
    v2 = c;
    v3 = d;
  }

  /** The first eight bytes of the last hash, little endian. */
  long low() {
    return low;
  }

  /** The other eight. */
  long high() {
    return high;
  }
}
