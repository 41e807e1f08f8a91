package io.streamsocial.store.table;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The bytes behind the longs of a row, in a view whose rows have some, and how those of two rows
 * become one. In memory they are part of the row, so that a row is one piece of an array:
 *
 * <pre>
 *   row:   lane* | number of bytes | bytes, eight a long, big-endian, the last long filled with 0
 * </pre>
 *
 * A row before its first value has {@link #NONE} as the number, and no bytes. Every way to merge is
 * associative and commutative, as those of {@link Lanes} are.
 *
 * <p>Immutable; for any thread.
 */
public sealed interface Tail {
  /** The most bytes that a row may have. Who makes the bytes checks it. */
  int BYTES_MAX = 64 << 10;

  /** Stands for the number of bytes where there are none, not even an empty string. */
  long NONE = -1;

  /** On disk. */
  byte code();

  /**
   * The bytes of the newest event; of several at one time the largest, byte by byte, unsigned.
   *
   * @param timeLane of a row: the largest event time
   */
  record Latest(int timeLane) implements Tail {
    static final byte CODE = 16;

    @Override
    public byte code() {
      return CODE;
    }
  }

  /** What a function makes of the bytes of both. */
  record Merged(Merger merger) implements Tail {
    static final byte CODE = 17;

    @Override
    public byte code() {
      return CODE;
    }
  }

  /** Makes one state of two. Called by several threads at once. */
  @FunctionalInterface
  interface Merger {
    /**
     * @return at most {@link #BYTES_MAX} bytes
     */
    byte[] merge(byte[] one, byte[] other);
  }

  /** Whether it is the code of a tail, and not of a field. */
  static boolean isCode(byte code) {
    return code == Latest.CODE || code == Merged.CODE;
  }

  /** A tail as it is on disk: to read rows, not to merge them. */
  static Tail of(byte code) {
    if (code == Latest.CODE) {
      return new Latest(0);
    }
    return new Merged(
        (one, other) -> {
          throw new UnsupportedOperationException("a store that is only read merges no rows");
        });
  }

  // ---------------------------------------------------------------- the bytes in a row

  /** Longs that so many bytes take in a row, their number included. */
  static int longs(long bytes) {
    return 1 + (int) ((bytes + Long.BYTES - 1) / Long.BYTES);
  }

  /**
   * Writes a tail.
   *
   * @param row has {@link #longs} from {@code at} on
   */
  static void put(byte[] bytes, int offset, int length, long[] row, int at) {
    row[at] = length;
    int next = at + 1;
    int end = offset + length;
    int from = offset;
    for (; from + Long.BYTES <= end; from += Long.BYTES) {
      row[next++] = (long) Packing.LONGS.get(bytes, from);
    }
    if (from < end) {
      long last = 0;
      for (int i = 0; i < Long.BYTES; i++) {
        last = last << Byte.SIZE | (from + i < end ? bytes[from + i] & 0xFF : 0);
      }
      row[next] = last;
    }
  }

  /** The number of bytes of a tail. */
  static int length(long[] row, int at) {
    return (int) row[at];
  }

  /** Writes the bytes of a tail. */
  static void get(long[] row, int at, byte[] into, int offset) {
    int next = at + 1;
    int end = offset + length(row, at);
    int to = offset;
    for (; to + Long.BYTES <= end; to += Long.BYTES) {
      Packing.LONGS.set(into, to, row[next++]);
    }
    for (int shift = Long.SIZE - Byte.SIZE; to < end; shift -= Byte.SIZE) {
      into[to++] = (byte) (row[next] >>> shift);
    }
  }

  /** The bytes of a tail. */
  static byte[] bytes(long[] row, int at) {
    byte[] bytes = new byte[length(row, at)];
    get(row, at, bytes, 0);
    return bytes;
  }

  /** Orders two tails by their bytes, unsigned; what has none comes first. */
  static int compare(long[] a, int atA, long[] b, int atB) {
    int common = Math.min(longs(a[atA]), longs(b[atB]));
    for (int i = 1; i < common; i++) {
      int order = Long.compareUnsigned(a[atA + i], b[atB + i]);
      if (order != 0) {
        return order;
      }
    }
    // The zeros that fill the last long are before anything that another tail has there.
    return Long.compare(a[atA], b[atB]);
  }

  /** Eight bytes of an array as a long. */
  final class Packing {
    private static final VarHandle LONGS =
        MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private Packing() {}
  }
}
