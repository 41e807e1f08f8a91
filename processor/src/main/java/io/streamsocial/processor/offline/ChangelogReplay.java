package io.streamsocial.processor.offline;

import io.streamsocial.processor.log.Changelog;
import io.streamsocial.processor.log.RowFormat;
import io.streamsocial.store.table.CountTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Collects the changelog's counts of every row of one partition, before and behind the state's
 * position.
 *
 * <p>Compaction keeps the last record of a key in the whole changelog. So the state must equal the
 * last record before its position, unless there is a newer one behind it: then the record that the
 * state was written from may be gone, and the state must only lie between the two. Records behind
 * the last complete checkpoint belong to no checkpoint; the engine commits checkpoints whole, so
 * another program wrote them, and the state is compared with them as any reader of the changelog
 * would see them.
 */
final class ChangelogReplay {
  private final VerifiedPartition partition;
  private final Tallies tallies;
  // Behind the state's position, of a checkpoint whose end was not read yet.
  private final List<ConsumerRecord<byte[], byte[]>> pending = new ArrayList<>();
  private boolean lastBeforeIsMarked = true;
  private boolean hasLaterCheckpoint;
  private boolean tooMany;

  private ChangelogReplay(VerifiedPartition partition, Tallies tallies) {
    this.partition = partition;
    this.tallies = tallies;
  }

  /**
   * Adds the changelog's counts of a slice, and records whether the state's position can be a
   * checkpoint.
   */
  static void read(TopicRead topicRead, String topic, VerifiedPartition partition, Tallies tallies)
      throws Tallies.TooManyException {
    TopicRead.Range range =
        new TopicRead.Range(partition.changelog().begin(), partition.changelog().end());
    if (range.size() == 0) {
      return;
    }
    ChangelogReplay replay = new ChangelogReplay(partition, tallies);
    topicRead.read(
        Map.of(new TopicPartition(topic, partition.partition()), range),
        changelog -> {
          try {
            replay.take(changelog);
          } catch (Tallies.TooManyException e) {
            replay.tooMany = true; // leaves the reader in order
          }
        });
    replay.end();
  }

  private void take(ConsumerRecord<byte[], byte[]> changelog) throws Tallies.TooManyException {
    boolean marked = changelog.headers().lastHeader(Changelog.CHECKPOINT_HEADER) != null;
    if (changelog.offset() < partition.position().changelogOffset()) {
      lastBeforeIsMarked = marked;
      set(changelog, false);
      return;
    }
    pending.add(changelog);
    if (marked) {
      hasLaterCheckpoint = true;
      for (ConsumerRecord<byte[], byte[]> each : pending) {
        set(each, true);
      }
      pending.clear();
    }
  }

  private void end() throws Tallies.TooManyException {
    for (ConsumerRecord<byte[], byte[]> each : pending) {
      set(each, false);
    }
    partition.foundUnfinished(hasLaterCheckpoint && !lastBeforeIsMarked);
    if (tooMany) {
      throw new Tallies.TooManyException();
    }
  }

  private void set(ConsumerRecord<byte[], byte[]> changelog, boolean isLater)
      throws Tallies.TooManyException {
    byte[] key = changelog.key();
    byte[] value = changelog.value();
    int regionEnd = RowFormat.TRENDING.groupEnd(key);
    if (tooMany || regionEnd < 0 || (value != null && !RowFormat.TRENDING.isValue(value))) {
      return; // skipped by a restore, too
    }
    long start = RowFormat.TRENDING.startMs(key);
    int tag = RowFormat.TRENDING.keyBegin(regionEnd);
    int length = RowFormat.TRENDING.keyEnd(key) - tag;
    int hash = CountTable.hash(key, tag, length);
    if (!tallies.has(hash) || !partition.isReadable(start)) {
      return;
    }
    Tallies.Rows rows = tallies.rows(start, Arrays.copyOf(key, regionEnd));
    int row = tallies.row(rows, hash, key, tag, length);
    long count = value == null ? 0 : count(value);
    if (!isLater) {
      rows.changelog(row, count);
    } else if (rows.later(row) == Tallies.NONE) {
      rows.later(row, count);
    }
  }

  private static long count(byte[] value) {
    return RowFormat.TRENDING.lanes(value)[0];
  }
}
