package io.streamsocial.processor.log;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.common.Uuid;

/** A growing byte array with the number formats of our records. Not thread-safe. */
public final class ByteWriter {
  private byte[] bytes = new byte[1024];
  private int size;

  void clear() {
    size = 0;
  }

  int size() {
    return size;
  }

  public void put(int value) {
    ensure(1);
    bytes[size++] = (byte) value;
  }

  /** Replaces a byte that was put before. */
  void set(int at, int value) {
    bytes[at] = (byte) value;
  }

  public void put(byte[] source, int offset, int length) {
    ensure(length);
    System.arraycopy(source, offset, bytes, size, length);
    size += length;
  }

  /** Unsigned LEB128: seven bits a byte, the lowest first. */
  public void putVarint(long value) {
    ensure(10);
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      bytes[size++] = (byte) ((rest & 0x7F) | 0x80);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
  }

  /** Zigzag: small numbers of either sign stay small. */
  void putSigned(long value) {
    putVarint(value << 1 ^ value >> 63);
  }

  /** Its length in bytes, then its UTF-8. */
  void putText(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    putVarint(utf8.length);
    put(utf8, 0, utf8.length);
  }

  /** At the end, where older readers stop reading before it; nothing when it is unknown. */
  void putTopic(Uuid id) {
    if (!id.equals(Uuid.ZERO_UUID)) {
      putId(id);
    }
  }

  /** 16 bytes. */
  void putId(Uuid id) {
    putFixed(id.getMostSignificantBits());
    putFixed(id.getLeastSignificantBits());
  }

  private void putFixed(long value) {
    for (int shift = 56; shift >= 0; shift -= 8) {
      put((int) (value >>> shift));
    }
  }

  public byte[] toBytes() {
    return Arrays.copyOf(bytes, size);
  }

  private void ensure(int more) {
    if (size + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(size + more, bytes.length * 2));
    }
  }
}
