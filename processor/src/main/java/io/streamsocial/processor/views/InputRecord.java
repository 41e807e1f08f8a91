package io.streamsocial.processor.views;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A record of an input topic, as the consumer received it. The object and its bytes are valid
 * during one call of an {@link Extractor} and to be read only: nothing is copied.
 */
public interface InputRecord {
  String topic();

  int partition();

  long offset();

  /** The time of the Kafka record, epoch milliseconds; -1 for a record without one. */
  long timestampMs();

  /**
   * From its position to its limit; most often backed by an array that holds other records, too.
   * Each call begins at the first byte again.
   *
   * @return null for a record without a key
   */
  @Nullable ByteBuffer key();

  /**
   * The same of the value.
   *
   * @return null for a record without a value, a tombstone
   */
  @Nullable ByteBuffer value();

  /**
   * The value of a header; of several with one name, the last.
   *
   * @return null when there is none, or one without a value
   */
  byte @Nullable [] header(String name);

  /**
   * A copy of the value.
   *
   * @return null for a record without a value
   */
  default byte @Nullable [] valueBytes() {
    return bytes(value());
  }

  /**
   * A copy of the key.
   *
   * @return null for a record without a key
   */
  default byte @Nullable [] keyBytes() {
    return bytes(key());
  }

  private static byte @Nullable [] bytes(@Nullable ByteBuffer buffer) {
    if (buffer == null) {
      return null;
    }
    byte[] copy = new byte[buffer.remaining()];
    buffer.get(copy);
    return copy;
  }
}
