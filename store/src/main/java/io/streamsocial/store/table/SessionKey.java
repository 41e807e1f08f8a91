package io.streamsocial.store.table;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The key of a session on disk.
 *
 * <pre>
 *   0                       g   g+1                       n-10    n-8            n
 *   +-----------------------+----+-------------------------+-------+--------------+
 *   | group (UTF-8, g bytes)| 00 | key, its 00 as 00 FF    | 00 00 | start        |
 *   |                       |    |                         |       | 8, big-endian|
 *   +-----------------------+----+-------------------------+-------+--------------+
 * </pre>
 *
 * The sessions of one key are one contiguous range, the oldest first, and so are the keys of one
 * group, in their byte order: 0x00 occurs in no group, and two of them in a row only behind a key.
 * Starts are not negative, so their unsigned byte order is time order.
 */
public final class SessionKey {
  private static final int START_BYTES = Long.BYTES;
  private static final int TERMINATOR_BYTES = 2;
  private static final byte ESCAPED_ZERO = (byte) 0xFF;

  private SessionKey() {}

  /** Where a key is put together again and again; grows to the longest. Not thread-safe. */
  public static final class Buffer {
    private byte[] bytes = new byte[256];
    private int prefix;

    /** Holds the prefix, and behind it the start, if one was set; valid until the next call. */
    public byte[] bytes() {
      return bytes;
    }

    /** Bytes of the prefix, which all sessions of the key have in common. */
    public int prefix() {
      return prefix;
    }

    /** Bytes of the prefix and the start. */
    public int length() {
      return prefix + START_BYTES;
    }

    /**
     * @param group from 0 to groupEnd, without 0x00
     */
    public void key(byte[] group, int groupEnd, byte[] key, int offset, int length) {
      int most = groupEnd + 1 + 2 * length + TERMINATOR_BYTES + START_BYTES;
      if (bytes.length < most) {
        bytes = new byte[most];
      }
      prefix =
          terminate(bytes, escape(bytes, separate(bytes, group, groupEnd), key, offset, length));
    }

    /** Takes a prefix that was put together before. */
    public void prefix(byte[] from, int offset, int length) {
      if (bytes.length < length + START_BYTES) {
        bytes = new byte[length + START_BYTES];
      }
      System.arraycopy(from, offset, bytes, 0, length);
      prefix = length;
    }

    public void start(long startMs) {
      for (int i = 0; i < START_BYTES; i++) {
        bytes[prefix + i] = (byte) (startMs >>> (Long.SIZE - Byte.SIZE * (i + 1)));
      }
    }
  }

  private static int separate(byte[] into, byte[] group, int groupEnd) {
    for (int i = 0; i < groupEnd; i++) {
      if (group[i] == 0) {
        throw new IllegalArgumentException("group contains 0x00, the separator of the key");
      }
      into[i] = group[i];
    }
    into[groupEnd] = 0;
    return groupEnd + 1;
  }

  private static int escape(byte[] into, int at, byte[] key, int offset, int length) {
    int next = at;
    for (int i = offset; i < offset + length; i++) {
      into[next++] = key[i];
      if (key[i] == 0) {
        into[next++] = ESCAPED_ZERO;
      }
    }
    return next;
  }

  private static int terminate(byte[] into, int at) {
    into[at] = 0;
    into[at + 1] = 0;
    return at + TERMINATOR_BYTES;
  }

  /** Everything before the start: all sessions of a key begin with it. */
  public static byte[] prefix(byte[] group, byte[] key) {
    Buffer buffer = new Buffer();
    buffer.key(group, group.length, key, 0, key.length);
    return Arrays.copyOf(buffer.bytes(), buffer.prefix());
  }

  /** Not behind the prefix of this key and of all later ones of the group, behind all earlier. */
  public static byte[] from(byte[] group, byte[] key) {
    byte[] bytes = new byte[group.length + 1 + 2 * key.length];
    return Arrays.copyOf(
        bytes, escape(bytes, separate(bytes, group, group.length), key, 0, key.length));
  }

  /** Behind all keys of a group, and before those of later ones. */
  public static byte[] behind(byte[] group) {
    byte[] behind = from(group, new byte[0]);
    behind[behind.length - 1] = 1;
    return behind;
  }

  /**
   * @throws IllegalArgumentException when the bytes are not a key
   */
  public static long start(byte[] key) {
    return ByteBuffer.wrap(key, prefixEnd(key), START_BYTES).getLong();
  }

  /** Where the prefix ends. */
  public static int prefixEnd(byte[] key) {
    int end = key.length - START_BYTES;
    if (end <= TERMINATOR_BYTES || key[end - 1] != 0 || key[end - 2] != 0) {
      throw new IllegalArgumentException("not a session key: %d bytes".formatted(key.length));
    }
    return end;
  }

  /** Where the group ends in a key or prefix. */
  public static int groupEnd(byte[] key, int offset) {
    for (int i = offset; i < key.length; i++) {
      if (key[i] == 0) {
        return i;
      }
    }
    throw new IllegalArgumentException("not a session key: no 0x00 in " + key.length + " bytes");
  }

  public static byte[] group(byte[] key) {
    return Arrays.copyOf(key, groupEnd(key, 0));
  }

  /** The key itself, without group and start. */
  public static byte[] key(byte[] key) {
    return unescaped(key, prefixEnd(key));
  }

  /** The key in a prefix. */
  public static byte[] unescaped(byte[] bytes, int prefixEnd) {
    byte[] key = new byte[prefixEnd];
    int size = 0;
    for (int i = groupEnd(bytes, 0) + 1; i < prefixEnd - TERMINATOR_BYTES; i++) {
      key[size++] = bytes[i];
      if (bytes[i] == 0) {
        i++; // the 0xFF behind it
      }
    }
    return Arrays.copyOf(key, size);
  }
}
