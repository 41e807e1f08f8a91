package io.streamsocial.processor.task;

import io.streamsocial.processor.Moment;
import io.streamsocial.processor.log.Freshness;
import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.processor.log.ShuffleRecord;
import io.streamsocial.store.Position;
import io.streamsocial.store.WindowStore;
import io.streamsocial.store.Windowing;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Folds one shuffle partition into the live state over its store. This is the one place that
 * decides which mentions are late and which windows expire:
 *
 * <pre>
 *   late       window end + grace     <= stream time    its mentions are dropped and counted as late
 *   expired    window end + retention <= stream time    the window is deleted with all its rows
 * </pre>
 *
 * <p>Stream time is the smallest watermark of the sources that are not idle, see {@link
 * InputProgress}. It comes from the records and never from a clock, so every instance that folds
 * the same log decides the same, however fast it reads. Mentions are judged by the stream time
 * before their own publish: its progress note stands at the end of its last record, and stream time
 * moves only there.
 *
 * <p>Owned by one task.
 */
final class ShuffleFold {
  private static final Logger log = LoggerFactory.getLogger(ShuffleFold.class);
  private static final byte[] ALL_REGIONS =
      WindowStore.ALL_REGIONS.getBytes(StandardCharsets.UTF_8);

  private final int partition;
  private final Windowing windowing;
  private final WindowStore store;
  private final TaskCounters counters;
  private final ShuffleRecord.Reader shuffled = new ShuffleRecord.Reader();
  private final Freshness freshness = new Freshness();
  private InputProgress progress;
  private long offset;

  ShuffleFold(int partition, Windowing windowing, WindowStore store, TaskCounters counters) {
    this.partition = partition;
    this.windowing = windowing;
    this.store = store;
    this.counters = counters;
    Position position = store.position();
    this.progress = InputProgress.decode(position.progress());
    this.offset = position.inputOffset();
  }

  /** The live state is what the store holds: goes on from the store's position. */
  void beginAtStore(Moment now) {
    Position position = store.position();
    progress = InputProgress.decode(position.progress());
    freshness.note(progress, now);
    offset = position.inputOffset();
    expire();
  }

  /** Steady clock up to which all input is in the live state; 0 while unknown. */
  long freshUntilMs() {
    return freshness.untilMs();
  }

  /** Steady clock up to which input of any source is in the live state; 0 while unknown. */
  long newestMs() {
    return freshness.newestMs();
  }

  /** Next shuffle offset that the live state does not include. */
  long offset() {
    return offset;
  }

  /** After each poll: control records move the position too. */
  void polled(long position) {
    offset = position;
  }

  /** The input that the live state includes; changes with the next record. */
  InputProgress progress() {
    return progress;
  }

  /**
   * Folds one record.
   *
   * @param forGroup whether the task counts for the group: a mention is counted once in the whole
   *     group, by the active
   * @return false for a foreign record, which is skipped
   */
  boolean fold(ConsumerRecord<ByteBuffer, ByteBuffer> shuffle, boolean forGroup, Moment now) {
    offset = shuffle.offset() + 1;
    if (!shuffled.begin(shuffle.value())) {
      foreign(shuffle);
      return false;
    }
    boolean complete;
    try {
      while (shuffled.nextGroup()) {
        // Group by group: readers need not wait for a whole record.
        try (WindowStore.Fold fold = store.fold()) {
          foldGroup(fold, forGroup);
        }
      }
      complete = shuffled.note(progress, freshness, now);
      freshness.keep(progress.sources());
    } catch (IndexOutOfBoundsException e) {
      throw new IllegalStateException(
          "the shuffle record %s-%d@%d is damaged: only this application may write to that topic; run reset to begin from nothing"
              .formatted(shuffle.topic(), partition, shuffle.offset()),
          e);
    }
    if (complete && progress.advance()) {
      expire();
    }
    return true;
  }

  private void foldGroup(WindowStore.Fold fold, boolean forGroup) {
    long start = shuffled.windowStartMs();
    if (windowing.isLate(start, progress.streamTimeMs())) {
      long late = 0;
      while (shuffled.nextEntry()) {
        late += shuffled.count();
      }
      counters.late(forGroup ? late : 0);
      return;
    }
    WindowStore.Region region = store.window(start, shuffled.group());
    WindowStore.Region all = store.window(start, ALL_REGIONS);
    long counted = 0;
    while (shuffled.nextEntry()) {
      long count = shuffled.count();
      fold.add(region, shuffled.array(), shuffled.keyOffset(), shuffled.keyLength(), count);
      fold.add(all, shuffled.array(), shuffled.keyOffset(), shuffled.keyLength(), count);
      counted += count;
    }
    counters.counted(forGroup ? counted : 0);
    counters.otherRegion(forGroup && region.isOther() ? counted : 0);
  }

  private void expire() {
    long first = firstKept(progress.streamTimeMs());
    if (first > 0) {
      store.expireBefore(first);
    }
  }

  /** Start of the oldest window that is not expired; not positive when none can be expired. */
  long firstKept(long streamTimeMs) {
    return windowing.firstReadableStart(streamTimeMs);
  }

  private void foreign(ConsumerRecord<ByteBuffer, ByteBuffer> shuffle) {
    if (counters.foreign()) {
      log.warn(
          "skipped a foreign shuffle record at {}-{}@{}; the next ones are counted, and reported at each doubling",
          shuffle.topic(),
          partition,
          shuffle.offset());
    }
  }
}
