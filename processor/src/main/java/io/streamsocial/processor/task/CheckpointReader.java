package io.streamsocial.processor.task;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.log.Changelog;
import io.streamsocial.processor.log.RowFormat;
import io.streamsocial.store.CheckpointBatch;
import io.streamsocial.store.Position;
import io.streamsocial.store.RestoreBatch;
import io.streamsocial.store.ViewStore;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the changelog records of a view into its store: straight while nothing lies over the store
 * yet, and a whole checkpoint at a time once the task is live. Owned by one task.
 */
final class CheckpointReader {
  private static final Logger log = LoggerFactory.getLogger(CheckpointReader.class);

  private final int partition;
  private final KeptView view;
  private final RowFormat format;
  private final ViewStore store;
  private final TaskCounters counters;
  private long[] row; // grows to the longest
  // Live: rows of the checkpoint that is being read.
  private final PendingRows pending;
  // Not live: the last record read was not the last of its checkpoint.
  private boolean inCheckpoint;

  CheckpointReader(int partition, KeptView view, ViewStore store, TaskCounters counters) {
    this.partition = partition;
    this.view = view;
    this.format = view.format();
    this.store = store;
    this.counters = counters;
    this.row = new long[view.lanes().width()];
    this.pending = new PendingRows(format, store.heap());
  }

  /**
   * Whether the changelog was read up to the end of a checkpoint, or none has begun: in the middle
   * of one, the store may hold rows that are ahead of its position.
   */
  boolean isBetweenCheckpoints() {
    return pending.isEmpty() && !inCheckpoint;
  }

  /** Whether a part of a checkpoint is kept until the rest of it comes. */
  boolean isPending() {
    return !pending.isEmpty();
  }

  /** What was read of an unfinished checkpoint is to be read again. */
  void forgetPending() {
    pending.clear();
  }

  /**
   * Nothing is folded yet: rows go straight to the store.
   *
   * @param nextOffset behind the last record, control records included
   */
  void fill(List<ConsumerRecord<byte[], byte[]>> records, long nextOffset) {
    Position next = store.position();
    try (RestoreBatch batch = store.restore()) {
      for (ConsumerRecord<byte[], byte[]> changelog : records) {
        Changelog.Checkpoint checkpoint = checkpoint(changelog);
        fill(batch, changelog);
        inCheckpoint = checkpoint == null;
        if (checkpoint != null) {
          next = checkpoint.at(0);
        }
      }
      batch.commit(
          new Position(next.inputOffset(), nextOffset, next.streamTimeMs(), next.progress()));
    }
  }

  private void fill(RestoreBatch batch, ConsumerRecord<byte[], byte[]> changelog) {
    byte[] key = changelog.key();
    byte[] value = changelog.value();
    int groupEnd = format.groupEnd(key);
    if (groupEnd < 0 || (value != null && !format.isValue(value))) {
      foreign(changelog);
      return;
    }
    batch.row(format.startMs(key), key, groupEnd, format.keyBegin(groupEnd), format.keyEnd(key));
    if (value == null) {
      batch.delete();
    } else {
      row = format.row(key, value, 0, value.length, row);
      batch.put(row, 0);
    }
  }

  /**
   * Live state lies over the store: a checkpoint's rows wait until all of them are here, since its
   * last one says what they stand for.
   *
   * @param liveOffset shuffle offset up to which the live state goes
   * @return whether the store is now ahead of the live state, which must then begin at its position
   */
  boolean absorb(List<ConsumerRecord<byte[], byte[]>> records, long liveOffset) {
    boolean isAhead = false;
    for (ConsumerRecord<byte[], byte[]> changelog : records) {
      Changelog.Checkpoint checkpoint = checkpoint(changelog);
      byte[] value = changelog.value();
      boolean isValue = value == null ? view.hasTombstones() : format.isValue(value);
      if (format.groupEnd(changelog.key()) < 0 || !isValue) {
        foreign(changelog);
        continue;
      }
      pending.add(changelog.key(), value);
      if (checkpoint != null) {
        isAhead |= checkpoint.shuffleOffset() > liveOffset;
        absorb(checkpoint, changelog.offset() + 1, isAhead);
        pending.clear();
      }
    }
    return isAhead;
  }

  private void absorb(Changelog.Checkpoint checkpoint, long nextOffset, boolean isAhead) {
    CheckpointBatch absorb = store.absorb(isAhead);
    absorb.expireBefore(view.firstKeptMs(checkpoint.streamTimeMs()));
    pending.forEach(
        (key, bytes, value, length) -> {
          int groupEnd = format.groupEnd(key);
          int begin = format.keyBegin(groupEnd);
          if (value < 0) {
            absorb.deleted(format.startMs(key), key, groupEnd, begin, format.keyEnd(key));
          } else {
            row = format.row(key, bytes, value, length, row);
            absorb.row(format.startMs(key), key, groupEnd, begin, format.keyEnd(key), row, 0);
          }
        });
    absorb.commit(checkpoint.at(nextOffset));
  }

  /**
   * Null for a record that is not the last of a checkpoint.
   *
   * @throws ConfigException when its rows are not those of the view as it is here
   */
  private Changelog.@Nullable Checkpoint checkpoint(ConsumerRecord<byte[], byte[]> changelog) {
    Header header = changelog.headers().lastHeader(Changelog.CHECKPOINT_HEADER);
    if (header == null) {
      return null;
    }
    view.requireRows(changelog);
    Changelog.Checkpoint checkpoint = Changelog.Checkpoint.decode(header.value());
    if (checkpoint.windowSizeMs() != view.windowing().sizeMs()) {
      throw new ConfigException(
          "the changelog of %s was written with window %d ms, configured %d ms; set the old value, or choose another app id to start anew"
              .formatted(view.name(), checkpoint.windowSizeMs(), view.windowing().sizeMs()));
    }
    return checkpoint;
  }

  private void foreign(ConsumerRecord<byte[], byte[]> changelog) {
    if (counters.foreign()) {
      log.warn(
          "skipped a foreign changelog record at {}-{}@{}: key {}; the next ones are counted, and reported at each doubling",
          changelog.topic(),
          partition,
          changelog.offset(),
          Changelog.describe(changelog.key()));
    }
  }
}
