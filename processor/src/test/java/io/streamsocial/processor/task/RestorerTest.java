package io.streamsocial.processor.task;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.Moment;
import io.streamsocial.processor.log.Changelog;
import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.processor.log.RowFormat;
import io.streamsocial.store.HeapBudget;
import io.streamsocial.store.HeapBudget.Use;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.Windowing;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads the changelogs of tasks that follow. */
final class RestorerTest {
  private static final Windowing WINDOWING = new Windowing(60_000, 0, 600_000);
  private static final byte[] REGION = "EU".getBytes(UTF_8);
  private static final Moment NOW = new Moment(1_000, 1_000);
  private static final TopicPartition FIRST = new TopicPartition("changelog", 0);
  private static final TopicPartition SECOND = new TopicPartition("changelog", 1);

  @TempDir Path dir;

  private final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("none");
  private final Restorer restorer =
      new Restorer(
          () -> consumer,
          () -> {
            throw new IllegalStateException("not needed to follow");
          },
          List.of(FIRST.topic()));

  private CountTask following(int partition, StoreMemory memory) {
    CountTask task = HashtagsKept.task(partition, WINDOWING, dir.resolve("" + partition), memory);
    task.follow(NOW);
    restorer.follow(task, NOW);
    return task;
  }

  /** With no heap to spare, parts of two checkpoints do not wait beside each other. */
  @Test
  void keepsOneCheckpointAtATimeWhenHeapIsShort() {
    HeapBudget heap = new HeapBudget(1);
    try (StoreMemory memory = new StoreMemory(8 << 20, heap);
        CountTask first = following(0, memory);
        CountTask second = following(1, memory)) {
      consumer.updateBeginningOffsets(Map.of(FIRST, 0L, SECOND, 0L));
      add(FIRST, 0, "a", 1, false);
      turn();
      add(FIRST, 1, "b", 2, false);
      add(SECOND, 0, "c", 3, false);
      turn();
      assertThat(consumer.paused()).isEqualTo(Set.of(SECOND));
      assertThat(second.isCheckpointPending(0)).isFalse();
      add(FIRST, 2, "a", 4, true);
      turn();
      assertThat(first.store().counts(new long[] {60_000}, REGION, "a".getBytes(UTF_8)))
          .containsExactly(4);
      turn();
      assertThat(consumer.paused()).isEmpty();
      assertThat(second.isCheckpointPending(0)).isTrue();
      add(SECOND, 1, "d", 5, true);
      turn();
      assertThat(second.store().counts(new long[] {60_000}, REGION, "c".getBytes(UTF_8)))
          .containsExactly(3);
      assertThat(heap.used(Use.RESTORE)).isZero();
    }
  }

  private void turn() {
    int unused =
        restorer.turn(
            Duration.ZERO,
            new Restorer.Listener() {
              @Override
              public void restored(CountTask task) {
                throw new AssertionError("it follows on");
              }

              @Override
              public void failed(CountTask task, StoreException e) {
                throw e;
              }
            },
            NOW);
  }

  private void add(TopicPartition tp, long offset, String tag, long count, boolean isLast) {
    byte[] bytes = tag.getBytes(UTF_8);
    RecordHeaders headers = new RecordHeaders();
    if (isLast) {
      byte[] progress = new InputProgress().encode();
      headers.add(
          Changelog.CHECKPOINT_HEADER,
          new Changelog.Checkpoint(WINDOWING.sizeMs(), 10, 100_000, progress).encode());
    }
    consumer.addRecord(
        new ConsumerRecord<>(
            tp.topic(),
            tp.partition(),
            offset,
            0,
            TimestampType.CREATE_TIME,
            1,
            1,
            RowFormat.TRENDING.key(60_000, REGION, bytes, 0, bytes.length),
            RowFormat.TRENDING.value(new long[] {count}, 0),
            headers,
            Optional.empty()));
  }
}
