package io.streamsocial.processor.test.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/** The log of one partition in memory, with transactions and their markers. */
final class MemoryLog {

  /** What became of an entry, or that it is a marker. */
  enum State {
    OPEN,
    COMMITTED,
    ABORTED,
    MARKER
  }

  /** One offset. */
  static final class Entry {
    final byte @Nullable [] key;
    final byte @Nullable [] value;
    final Headers headers;
    final long timestampMs;
    State state;

    Entry(
        byte @Nullable [] key,
        byte @Nullable [] value,
        Headers headers,
        long timestampMs,
        State state) {
      this.key = key;
      this.value = value;
      this.headers = headers;
      this.timestampMs = timestampMs;
      this.state = state;
    }

    /** As a consumer returns it. */
    <T> ConsumerRecord<T, T> record(
        TopicPartition tp, long offset, Function<byte @Nullable [], @Nullable T> decode) {
      return new ConsumerRecord<>(
          tp.topic(),
          tp.partition(),
          offset,
          timestampMs,
          TimestampType.CREATE_TIME,
          0,
          0,
          decode.apply(key),
          decode.apply(value),
          headers,
          Optional.empty());
    }
  }

  private final List<Entry> entries = new ArrayList<>();
  private int stable;
  long begin;

  long append(Entry entry) {
    entries.add(entry);
    return entries.size() - 1L;
  }

  /** Where readers of committed records must stop. */
  long stableEnd() {
    // An entry that was decided once stays so.
    while (stable < entries.size() && entries.get(stable).state != State.OPEN) {
      stable++;
    }
    return stable;
  }

  /** Where the next record goes. */
  long end() {
    return entries.size();
  }

  Entry at(long offset) {
    return entries.get((int) offset);
  }

  /** What readers of committed records get. */
  List<ConsumerRecord<byte[], byte[]>> records(TopicPartition tp) {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (long offset = begin; offset < stableEnd(); offset++) {
      Entry entry = at(offset);
      if (entry.state == State.COMMITTED) {
        records.add(entry.record(tp, offset, bytes -> bytes));
      }
    }
    return records;
  }
}
