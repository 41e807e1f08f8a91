package io.streamsocial.processor.offline;

import io.streamsocial.processor.ConfigException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;

/** Reads parts of topics from end to end. Single-threaded. */
final class TopicRead {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final long STALLED_NANOS = 60_000_000_000L;

  private final Consumer<byte[], byte[]> consumer;
  private final Watcher watcher;
  private final BooleanSupplier stop;

  TopicRead(Consumer<byte[], byte[]> consumer, Watcher watcher, BooleanSupplier stop) {
    this.consumer = consumer;
    this.watcher = watcher;
    this.stop = stop;
  }

  /** Hears how far a read is, several times a second. */
  interface Watcher {
    /** Offsets. */
    void progress(String topic, long done, long total);
  }

  /** Receives each record. */
  interface RecordReader {
    void record(ConsumerRecord<byte[], byte[]> each);
  }

  /** Asked to end by the one who started it. */
  static final class StoppedException extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /**
   * Offsets, the end exclusive.
   *
   * @param from not before the topic's beginning
   */
  record Range(long from, long end) {
    long size() {
      return Math.max(0, end - from);
    }
  }

  long begin(TopicPartition partition) {
    return consumer
        .beginningOffsets(Set.of(partition), Duration.ofSeconds(10))
        .getOrDefault(partition, 0L);
  }

  /** Of what is committed. */
  long end(TopicPartition partition) {
    return consumer
        .endOffsets(Set.of(partition), Duration.ofSeconds(10))
        .getOrDefault(partition, 0L);
  }

  /**
   * Hands over every committed record of the ranges, each partition's in order.
   *
   * @throws TimeoutException when nothing comes for a minute
   * @throws StoppedException when asked to stop
   * @throws ConfigException when records were deleted while they were read
   */
  void read(Map<TopicPartition, Range> ranges, RecordReader reader) {
    consumer.assign(Set.of()); // forgets what an earlier read has paused
    consumer.assign(ranges.keySet());
    ranges.forEach((tp, range) -> consumer.seek(tp, range.from));
    if (ranges.isEmpty()) {
      return;
    }
    String topic = ranges.keySet().iterator().next().topic();
    long total = ranges.values().stream().mapToLong(Range::size).sum();
    long from = ranges.values().stream().mapToLong(Range::from).sum();
    long last = -1;
    long movedNanos = System.nanoTime();
    for (; ; ) {
      long passed = 0;
      boolean done = true;
      for (Map.Entry<TopicPartition, Range> each : ranges.entrySet()) {
        long position = consumer.position(each.getKey());
        passed += position;
        if (position >= each.getValue().end) {
          consumer.pause(Set.of(each.getKey()));
        } else {
          done = false;
        }
      }
      watcher.progress(topic, Math.min(total, passed - from), total);
      if (done) {
        return;
      }
      if (stop.getAsBoolean()) {
        throw new StoppedException();
      }
      if (passed > last) {
        last = passed;
        movedNanos = System.nanoTime();
      } else if (System.nanoTime() - movedNanos > STALLED_NANOS) {
        throw new TimeoutException("nothing came of %s for a minute".formatted(ranges.keySet()));
      }
      poll(ranges, reader);
    }
  }

  private void poll(Map<TopicPartition, Range> ranges, RecordReader reader) {
    try {
      for (ConsumerRecord<byte[], byte[]> each : consumer.poll(POLL)) {
        Range range = ranges.get(new TopicPartition(each.topic(), each.partition()));
        if (range != null && each.offset() < range.end) {
          reader.record(each);
        }
      }
    } catch (OffsetOutOfRangeException e) {
      throw new ConfigException(
          "records of %s were deleted while they were read: run it again"
              .formatted(e.partitions()));
    }
  }
}
