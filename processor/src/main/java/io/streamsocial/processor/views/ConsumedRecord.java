package io.streamsocial.processor.views;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/** The record that a Kafka consumer returned. Reused from record to record; not thread-safe. */
public class ConsumedRecord implements InputRecord {
  private @Nullable ConsumerRecord<ByteBuffer, ByteBuffer> record;
  // Duplicates: what an extractor reads must move no position of the consumer's buffers.
  private @Nullable ByteBuffer key;
  private @Nullable ByteBuffer value;

  /** Becomes this record. */
  public ConsumedRecord of(ConsumerRecord<ByteBuffer, ByteBuffer> next) {
    record = next;
    key = null;
    value = null;
    return this;
  }

  private ConsumerRecord<ByteBuffer, ByteBuffer> record() {
    if (record == null) {
      throw new IllegalStateException("no record yet: call of() first");
    }
    return record;
  }

  @Override
  public String topic() {
    return record().topic();
  }

  @Override
  public int partition() {
    return record().partition();
  }

  @Override
  public long offset() {
    return record().offset();
  }

  @Override
  public long timestampMs() {
    return record().timestamp();
  }

  @Override
  public @Nullable ByteBuffer key() {
    key = again(key, record().key());
    return key;
  }

  @Override
  public @Nullable ByteBuffer value() {
    value = again(value, record().value());
    return value;
  }

  private static @Nullable ByteBuffer again(
      @Nullable ByteBuffer duplicate, @Nullable ByteBuffer original) {
    if (original == null) {
      return null;
    }
    ByteBuffer first = duplicate == null ? original.duplicate() : duplicate;
    // The limit first: a position must not exceed it.
    return first.limit(original.limit()).position(original.position()).order(ByteOrder.BIG_ENDIAN);
  }

  @Override
  public byte @Nullable [] header(String name) {
    Header last = record().headers().lastHeader(name);
    return last == null ? null : last.value();
  }
}
