package io.streamsocial.processor.loop;

import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.processor.log.ShuffleRecord;
import io.streamsocial.processor.task.NewestCheckpoint;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.TimeoutException;

/**
 * Which posts the state includes, read from the end of its log: every publish writes to every
 * shuffle partition how far it has read its sources. The state is made of that log, so what the
 * notes include is counted, whatever offset the group has committed.
 *
 * <p>Under exactly-once all shuffle partitions have the same notes, and one is read. At least once,
 * a crash may leave a publish in some of them; a post counts as included only when all of them have
 * it, so all are read.
 *
 * <p>Usually the last few records have a note on every source. The log is read further back for a
 * source that no loop has read for a while, and the newest checkpoint stands for what was deleted.
 */
final class IncludedPosts {
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration POLL = Duration.ofMillis(100);
  // Ten publishes with the marks of their transactions; each record is as large as what it carries.
  private static final long FIRST_LOOK = 20;
  private static final long WIDER = 10;

  private final Supplier<Consumer<ByteBuffer, ByteBuffer>> clients;
  private final Supplier<Consumer<ByteBuffer, ByteBuffer>> ofAll;
  private final TopicNames topics;
  private final int partitions;
  private final TurnClock clock;
  private final ShuffleRecord.Reader shuffled = new ShuffleRecord.Reader();

  /**
   * @param clients each time a new one, outside the group, that reads what is committed
   * @param ofAll the same that reads what is not, too
   * @param partitions of the shuffle that are read, from the first
   */
  IncludedPosts(
      Supplier<Consumer<ByteBuffer, ByteBuffer>> clients,
      Supplier<Consumer<ByteBuffer, ByteBuffer>> ofAll,
      TopicNames topics,
      int partitions,
      TurnClock clock) {
    this.clients = clients;
    this.ofAll = ofAll;
    this.topics = topics;
    this.partitions = partitions;
    this.clock = clock;
  }

  /**
   * Of one source.
   *
   * @param nextOffset the next posts offset not included
   * @param watermarkMs largest event time of what is included; {@link InputProgress#NO_TIME} for
   *     none
   */
  record Included(long nextOffset, long watermarkMs) {}

  private interface Visitor {
    void record(ConsumerRecord<ByteBuffer, ByteBuffer> record);
  }

  /**
   * @param topic the brokers' id of an input topic; what is noted of another one does not count
   * @param sources partitions of the topic
   * @return by source, without sources that have no note
   * @throws TimeoutException when the brokers do not answer; to be tried again
   */
  Map<Integer, Included> read(Uuid topic, Set<Integer> sources) {
    List<InputProgress> logs = new ArrayList<>();
    try (Consumer<ByteBuffer, ByteBuffer> consumer = clients.get()) {
      for (int partition = 0; partition < partitions; partition++) {
        logs.add(end(consumer, partition, topic, sources));
        clock.progress();
      }
    } catch (OffsetOutOfRangeException e) {
      throw new TimeoutException("records were deleted while they were read", e);
    }
    Map<Integer, Included> included = new HashMap<>();
    for (Integer source : sources) {
      long smallest = Long.MAX_VALUE;
      long watermarkMs = Long.MAX_VALUE;
      for (InputProgress log : logs) {
        smallest = Math.min(smallest, log.offsets(topic).getOrDefault(source, -1L));
        watermarkMs = Math.min(watermarkMs, log.watermarkMs(topic, source));
      }
      if (smallest >= 0) {
        included.put(source, new Included(smallest, watermarkMs));
      }
    }
    return included;
  }

  /** Where the logs end now, whether what is there is committed, aborted or still open. */
  Map<TopicPartition, Long> ends() {
    try (Consumer<ByteBuffer, ByteBuffer> consumer = ofAll.get()) {
      return consumer.endOffsets(logs(), CALL_TIMEOUT);
    }
  }

  /** Whether a reader of what is committed gets as far: behind an open transaction it does not. */
  boolean isReadableTo(Map<TopicPartition, Long> ends) {
    try (Consumer<ByteBuffer, ByteBuffer> consumer = clients.get()) {
      Map<TopicPartition, Long> readable = consumer.endOffsets(logs(), CALL_TIMEOUT);
      return ends.entrySet().stream()
          .allMatch(end -> readable.getOrDefault(end.getKey(), 0L) >= end.getValue());
    }
  }

  private Set<TopicPartition> logs() {
    Set<TopicPartition> logs = new HashSet<>();
    for (int partition = 0; partition < partitions; partition++) {
      logs.add(new TopicPartition(topics.shuffle(), partition));
    }
    return logs;
  }

  private InputProgress end(
      Consumer<ByteBuffer, ByteBuffer> consumer, int partition, Uuid topic, Set<Integer> sources) {
    TopicPartition shuffle = new TopicPartition(topics.shuffle(), partition);
    Range log = range(consumer, shuffle);
    for (long width = FIRST_LOOK; ; width *= WIDER) {
      long from = Math.max(log.begin, log.end - width);
      InputProgress progress = new InputProgress();
      fold(consumer, shuffle, new Range(from, log.end), progress);
      if (from == 0 || progress.offsets(topic).keySet().containsAll(sources)) {
        return progress;
      }
      if (from == log.begin) {
        InputProgress checkpoint = newestCheckpoint(consumer, partition);
        fold(consumer, shuffle, log, checkpoint);
        return checkpoint;
      }
    }
  }

  private void fold(
      Consumer<ByteBuffer, ByteBuffer> consumer,
      TopicPartition shuffle,
      Range range,
      InputProgress progress) {
    read(
        consumer,
        shuffle,
        range,
        record -> {
          if (shuffled.begin(record.value())) {
            shuffled.skipGroups();
            boolean unused = shuffled.note(progress);
          }
        });
  }

  /** Every view notes the same input, so the one that is furthest says the most. */
  private InputProgress newestCheckpoint(Consumer<ByteBuffer, ByteBuffer> consumer, int partition) {
    return NewestCheckpoint.of(consumer, topics.changelogs(), partition)
        .map(checkpoint -> InputProgress.decode(checkpoint.progress()))
        .orElseGet(InputProgress::new);
  }

  private record Range(long begin, long end) {}

  private static Range range(Consumer<?, ?> consumer, TopicPartition tp) {
    Set<TopicPartition> only = Set.of(tp);
    return new Range(
        consumer.beginningOffsets(only, CALL_TIMEOUT).getOrDefault(tp, 0L),
        consumer.endOffsets(only, CALL_TIMEOUT).getOrDefault(tp, 0L));
  }

  private static void read(
      Consumer<ByteBuffer, ByteBuffer> consumer, TopicPartition tp, Range range, Visitor visitor) {
    consumer.assign(Set.of(tp));
    consumer.seek(tp, range.begin);
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (consumer.position(tp, CALL_TIMEOUT) < range.end) {
      if (System.nanoTime() > deadline) {
        throw new TimeoutException("%s was not read to its end in time".formatted(tp));
      }
      consumer.poll(POLL).records(tp).forEach(visitor::record);
    }
  }
}
