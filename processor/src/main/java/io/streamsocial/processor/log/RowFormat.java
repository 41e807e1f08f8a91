package io.streamsocial.processor.log;

import io.streamsocial.processor.views.View;
import io.streamsocial.store.table.Lanes;
import io.streamsocial.store.table.Tail;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * How the rows of one view lie in its changelog: in the formats that Kafka Streams has for stores
 * of its kind, so that its programs can read ours and ours can start from theirs.
 *
 * <pre>
 *   windowed     key    name | window start 8 bytes | sequence 4 bytes, always 0
 *                value  lane*
 *                       event time 8 bytes | lane* | bytes      where rows have bytes
 *   session      key    name | end 8 bytes | start 8 bytes        of its last and first event
 *                value  lane* | bytes             without the first two, which are start and end
 *   unwindowed   key    name
 *                value  event time 8 bytes | lane* | bytes
 *   name         group UTF-8 | 0x00 | key;  in a view without groups the key alone
 *   lane         8 bytes                                                        (all big-endian)
 * </pre>
 *
 * The event time is the first lane, see {@link View#lanes}. Bytes stand where a view keeps some,
 * without a length: they go to the end of the value. So a row of nothing but the latest bytes is a
 * value with its timestamp, as Kafka Streams has it.
 *
 * <p>A group contains no 0x00, so the first one ends it, whatever the key contains. Of the hashtags
 * a ':' ends the region, and it is the last one, since a region may contain one, and a tag cannot.
 * The row of all groups has the empty group.
 *
 * <p>A key is taken apart in place: the group is {@code [0, groupEnd)}, the row's key {@code
 * [keyBegin, keyEnd)}. Immutable; for any thread.
 */
public final class RowFormat {
  /** Of the hashtags: their value is one count. */
  public static final RowFormat TRENDING =
      new RowFormat(Separator.LAST_COLON, View.Kind.TUMBLING, Lanes.COUNT);

  private enum Separator {
    NONE,
    FIRST_ZERO,
    LAST_COLON
  }

  private static final int WINDOW_BYTES = Long.BYTES + Integer.BYTES;
  private static final int SESSION_BYTES = 2 * Long.BYTES;

  // Above what a group, a key and the suffix can take.
  private static final int KEY_BYTES_MAX = 2_048;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final Separator separator;
  private final View.Kind kind;
  private final int inKey; // lanes, the first ones
  private final int width; // lanes in the value
  private final boolean hasTails;

  private RowFormat(Separator separator, View.Kind kind, Lanes lanes) {
    this.separator = separator;
    this.kind = kind;
    this.inKey = kind == View.Kind.SESSION ? 2 : 0;
    this.width = lanes.width() - inKey;
    this.hasTails = lanes.hasTail();
  }

  public static RowFormat of(View view) {
    return new RowFormat(
        view.isGrouped() ? Separator.FIRST_ZERO : Separator.NONE, view.kind(), view.lanes());
  }

  /**
   * The key of a row.
   *
   * @param startMs of its window or session
   * @param endMs of its session; else of no account
   * @param group empty for the row of all groups, and in a view without groups
   */
  public byte[] key(long startMs, long endMs, byte[] group, byte[] bytes, int offset, int length) {
    int groupBytes = separator == Separator.NONE ? 0 : group.length + 1;
    ByteBuffer key = ByteBuffer.allocate(groupBytes + length + suffixBytes());
    if (separator != Separator.NONE) {
      key.put(group).put((byte) (separator == Separator.FIRST_ZERO ? 0 : ':'));
    }
    key.put(bytes, offset, length);
    switch (kind) {
      case TUMBLING -> key.putLong(startMs).putInt(0);
      case SESSION -> key.putLong(endMs).putLong(startMs);
      case UNWINDOWED -> {}
    }
    return key.array();
  }

  /** The key of a row that is no session. */
  public byte[] key(long startMs, byte[] group, byte[] bytes, int offset, int length) {
    return key(startMs, startMs, group, bytes, offset, length);
  }

  /**
   * The key of a row of lanes.
   *
   * @param rows holds its lanes from {@code at} on: of a session they say its end
   */
  public byte[] key(
      long startMs, byte[] group, byte[] bytes, int offset, int length, long[] rows, int at) {
    long endMs = kind == View.Kind.SESSION ? rows[at + 1] : 0;
    return key(startMs, endMs, group, bytes, offset, length);
  }

  private int suffixBytes() {
    return switch (kind) {
      case TUMBLING -> WINDOW_BYTES;
      case SESSION -> SESSION_BYTES;
      case UNWINDOWED -> 0;
    };
  }

  /**
   * Where the group ends.
   *
   * @return 0 in a view without groups; -1 when it is no key of this changelog
   */
  public int groupEnd(byte @Nullable [] key) {
    if (key == null || key.length > KEY_BYTES_MAX) {
      return -1;
    }
    int end = keyEnd(key);
    int groupEnd = separatorAt(key, end);
    boolean isRow =
        groupEnd >= 0
            && keyBegin(groupEnd) < end
            && startMs(key) >= 0
            && endMs(key) >= startMs(key)
            && !hasZero(key, groupEnd);
    return isRow ? groupEnd : -1;
  }

  private int separatorAt(byte[] key, int end) {
    int at = 0;
    switch (separator) {
      case FIRST_ZERO -> {
        while (at < end && key[at] != 0) {
          at++;
        }
      }
      case LAST_COLON -> {
        at = end - 1;
        while (at >= 0 && key[at] != ':') {
          at--;
        }
      }
      case NONE -> {}
    }
    return at < end ? at : -1;
  }

  private static boolean hasZero(byte[] bytes, int end) {
    for (int i = 0; i < end; i++) {
      if (bytes[i] == 0) {
        return true;
      }
    }
    return false;
  }

  /** Where the row's key begins. */
  public int keyBegin(int groupEnd) {
    return separator == Separator.NONE ? 0 : groupEnd + 1;
  }

  /** Where the row's key ends. */
  public int keyEnd(byte[] key) {
    return key.length - suffixBytes();
  }

  /** Start of the row's window or session, epoch milliseconds; 0 in a view without windows. */
  public long startMs(byte[] key) {
    return switch (kind) {
      case TUMBLING -> (long) LONGS.get(key, key.length - WINDOW_BYTES);
      case SESSION -> (long) LONGS.get(key, key.length - Long.BYTES);
      case UNWINDOWED -> 0;
    };
  }

  /** Time of the last event of a session, epoch milliseconds; else {@link Long#MAX_VALUE}. */
  public long endMs(byte[] key) {
    return kind == View.Kind.SESSION
        ? (long) LONGS.get(key, key.length - SESSION_BYTES)
        : Long.MAX_VALUE;
  }

  /**
   * The value of a row.
   *
   * @param rows holds its lanes from {@code at} on
   */
  public byte[] value(long[] rows, int at) {
    int lanesEnd = width * Long.BYTES;
    int tail = at + inKey + width;
    byte[] value = new byte[hasTails ? lanesEnd + Tail.length(rows, tail) : lanesEnd];
    for (int i = 0; i < width; i++) {
      LONGS.set(value, i * Long.BYTES, rows[at + inKey + i]);
    }
    if (hasTails) {
      Tail.get(rows, tail, value, lanesEnd);
    }
    return value;
  }

  /** Whether values differ in their length. */
  public boolean hasTails() {
    return hasTails;
  }

  /** Bytes of each value; where rows have bytes, without them. */
  public int valueBytes() {
    return width * Long.BYTES;
  }

  /** Whether a value, which is no tombstone, has the form of a row. */
  public boolean isValue(byte[] value) {
    int tail = value.length - valueBytes();
    return hasTails ? tail >= 0 && tail <= Tail.BYTES_MAX : tail == 0;
  }

  /**
   * Reads a row.
   *
   * @param value holds its value from {@code offset} on
   * @param length of the value
   * @param row takes its lanes and bytes, if it is long enough
   * @return that array, or a longer one
   */
  public long[] row(byte[] key, byte[] value, int offset, int length, long[] row) {
    int lanes = inKey + width;
    int tail = length - valueBytes();
    int longs = hasTails ? lanes + Tail.longs(tail) : lanes;
    long[] into = row.length < longs ? new long[longs] : row;
    if (kind == View.Kind.SESSION) {
      into[0] = startMs(key);
      into[1] = endMs(key);
    }
    for (int i = 0; i < width; i++) {
      into[inKey + i] = (long) LONGS.get(value, offset + i * Long.BYTES);
    }
    if (hasTails) {
      Tail.put(value, offset + valueBytes(), tail, into, lanes);
    }
    return into;
  }

  /** Reads the lanes of a value alone, without those that its key has. */
  public long[] lanes(byte[] value) {
    long[] lanes = new long[width];
    for (int i = 0; i < width; i++) {
      lanes[i] = (long) LONGS.get(value, i * Long.BYTES);
    }
    return lanes;
  }

  /** The bytes of a value; empty where rows have none. */
  public byte[] tail(byte[] value) {
    return Arrays.copyOfRange(value, valueBytes(), value.length);
  }
}
