package io.streamsocial.processor.loop;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.header.Headers;
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
  }

  private final List<Entry> entries = new ArrayList<>();
  long begin;

  long append(Entry entry) {
    entries.add(entry);
    return entries.size() - 1L;
  }

  /** Where readers of committed records must stop. */
  long stableEnd() {
    for (int i = 0; i < entries.size(); i++) {
      if (entries.get(i).state == State.OPEN) {
        return i;
      }
    }
    return entries.size();
  }

  long end() {
    return entries.size();
  }

  Entry at(long offset) {
    return entries.get((int) offset);
  }
}
