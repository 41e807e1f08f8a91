package io.streamsocial.processor.log;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.common.Uuid;

/**
 * Reads what {@link ByteWriter} wrote, in place. Reused from record to record; not thread-safe.
 *
 * <p>Damaged input ends in {@link IndexOutOfBoundsException}.
 */
public final class ByteReader {
  private byte[] bytes = new byte[0];
  private int at;
  private int end;

  public void reset(byte[] source) {
    bytes = source;
    at = 0;
    end = source.length;
  }

  public void reset(ByteBuffer source) {
    if (source.hasArray()) {
      bytes = source.array();
      at = source.arrayOffset() + source.position();
      end = at + source.remaining();
    } else {
      byte[] copy = new byte[source.remaining()];
      source.duplicate().get(copy);
      reset(copy);
    }
  }

  public boolean hasRemaining() {
    return at < end;
  }

  /** The array that {@link #offset()} points into. */
  public byte[] array() {
    return bytes;
  }

  int offset() {
    return at;
  }

  public int get() {
    if (at >= end) {
      throw new IndexOutOfBoundsException("record ends early");
    }
    return bytes[at++] & 0xFF;
  }

  /** Passes over bytes and returns where they began. */
  public int skip(int length) {
    if (length < 0 || length > end - at) {
      throw new IndexOutOfBoundsException(
          "%d bytes wanted, %d left in the record".formatted(length, end - at));
    }
    int from = at;
    at += length;
    return from;
  }

  public byte[] copy(int length) {
    int from = skip(length);
    return Arrays.copyOfRange(bytes, from, from + length);
  }

  public long getVarint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      int b = get();
      value |= (long) (b & 0x7F) << shift;
      if (b < 0x80) {
        return value;
      }
    }
    throw new IndexOutOfBoundsException("a number of more than ten bytes");
  }

  public int getLength() {
    long length = getVarint();
    if (length < 0 || length > end - at) {
      throw new IndexOutOfBoundsException(
          "%d bytes wanted, %d left in the record".formatted(length, end - at));
    }
    return (int) length;
  }

  /** Reads on from an {@link #offset()} that was passed already. */
  void back(int offset) {
    at = offset;
  }

  /** The rest, see {@link ByteWriter#putTopic}; zero when there is none. */
  Uuid getTopic() {
    return hasRemaining() ? getId() : Uuid.ZERO_UUID;
  }

  Uuid getId() {
    return new Uuid(getFixed(), getFixed());
  }

  String getText() {
    return new String(copy(getLength()), StandardCharsets.UTF_8);
  }

  private long getFixed() {
    long value = 0;
    for (int i = 0; i < Long.BYTES; i++) {
      value = value << 8 | get();
    }
    return value;
  }

  long getSigned() {
    long value = getVarint();
    return value >>> 1 ^ -(value & 1);
  }
}
