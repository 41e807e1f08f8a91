package io.streamsocial.store.rocks;

import java.util.Arrays;

/**
 * A RocksDB write batch in its serialized form, written here byte by byte: a call into native code
 * for each row would cost more than the row. Not thread-safe.
 *
 * <pre>
 *   batch:   8 sequence, 0 here | 4 count | records      (fixed numbers are little-endian)
 *   record:  type | column family (varint) | key | value (a range: its end; a deletion: none)
 *   bytes:   length (varint) | bytes
 * </pre>
 *
 * The form is that of RocksDB's {@code write_batch.cc}, which is also its WAL's, so it does not
 * change. Our rows' families are not the default one, whose records have types of their own; {@link
 * #putDefault} and {@link #deleteDefault} write those. A family is named by its id in the database.
 */
public final class BatchBytes {
  private static final int HEADER_BYTES = 12;
  private static final int COUNT_AT = 8;
  // Of RocksDB's ValueType.
  private static final byte DELETION = 0x0;
  private static final byte VALUE = 0x1;
  private static final byte FAMILY_DELETION = 0x4;
  private static final byte FAMILY_VALUE = 0x5;
  private static final byte FAMILY_RANGE_DELETION = 0xE;
  // Type, family, and two lengths, each at its longest.
  private static final int RECORD_HEADER_MAX = 1 + 5 + 5 + 5;

  private byte[] bytes = new byte[4096];
  private int size = HEADER_BYTES;
  private int count;

  /**
   * Sets the row whose key is made of a prefix and part of an array.
   *
   * @param row its value: so many longs from an index on, big-endian
   */
  public void put(
      int family,
      byte[] prefix,
      byte[] rest,
      int offset,
      int length,
      long[] row,
      int at,
      int lanes) {
    begin(FAMILY_VALUE, prefix.length + length + lanes * Long.BYTES);
    varint(family);
    varint(prefix.length + length);
    raw(prefix, 0, prefix.length);
    raw(rest, offset, length);
    varint(lanes * Long.BYTES);
    for (int lane = 0; lane < lanes; lane++) {
      long value = row[at + lane];
      for (int shift = Long.SIZE - Byte.SIZE; shift >= 0; shift -= Byte.SIZE) {
        bytes[size++] = (byte) (value >>> shift);
      }
    }
  }

  /**
   * The same of a value in bytes.
   *
   * @param value the first bytes of an array
   */
  public void put(
      int family, byte[] prefix, byte[] rest, int offset, int length, byte[] value, int size) {
    begin(FAMILY_VALUE, prefix.length + length + size);
    varint(family);
    varint(prefix.length + length);
    raw(prefix, 0, prefix.length);
    raw(rest, offset, length);
    varint(size);
    raw(value, 0, size);
  }

  public void delete(int family, byte[] prefix, byte[] rest, int offset, int length) {
    begin(FAMILY_DELETION, prefix.length + length);
    varint(family);
    varint(prefix.length + length);
    raw(prefix, 0, prefix.length);
    raw(rest, offset, length);
  }

  /** Deletes from one key up to, not including, another. */
  public void deleteRange(int family, byte[] from, byte[] to) {
    begin(FAMILY_RANGE_DELETION, from.length + to.length);
    varint(family);
    sized(from);
    sized(to);
  }

  /** Sets a value of the default column family. */
  public void putDefault(byte[] key, byte[] value) {
    begin(VALUE, key.length + value.length);
    sized(key);
    sized(value);
  }

  /** Deletes a value of the default column family. */
  public void deleteDefault(byte[] key) {
    begin(DELETION, key.length);
    sized(key);
  }

  private void begin(byte type, int payload) {
    int needed = Math.addExact(size, RECORD_HEADER_MAX + payload);
    if (needed > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(needed, Math.multiplyExact(bytes.length, 2)));
    }
    bytes[size++] = type;
    count++;
  }

  private void sized(byte[] value) {
    varint(value.length);
    raw(value, 0, value.length);
  }

  private void raw(byte[] from, int offset, int length) {
    System.arraycopy(from, offset, bytes, size, length);
    size += length;
  }

  private void varint(int value) {
    int rest = value;
    for (; rest > 0x7F; rest >>>= 7) {
      bytes[size++] = (byte) (rest | 0x80);
    }
    bytes[size++] = (byte) rest;
  }

  public int size() {
    return size;
  }

  /** The batch as it is now, for {@link org.rocksdb.WriteBatch#WriteBatch(byte[])}. */
  public byte[] toArray() {
    for (int i = 0; i < Integer.BYTES; i++) {
      bytes[COUNT_AT + i] = (byte) (count >>> (i * Byte.SIZE));
    }
    return Arrays.copyOf(bytes, size);
  }
}
