package io.streamsocial.processor.offline;

import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.log.RowFormat;
import io.streamsocial.processor.task.KeptView;
import io.streamsocial.processor.task.Restorer;
import io.streamsocial.processor.task.StoredKey;
import io.streamsocial.store.Position;
import io.streamsocial.store.ReadOnlyStore;
import io.streamsocial.store.TaskStore;
import io.streamsocial.store.table.CountTable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Compares the stores of one view, other than the hashtags, with its changelog: row by row, up to
 * the changelog offset at which each store stands. Its input is not counted again.
 *
 * <p>Compaction keeps the last record of a key in the whole changelog. So a row must be that of the
 * last record before the store's offset, unless there is a newer one behind it: then the record
 * that the row was written from may be gone, and a row that differs is unproven. So is a row
 * without any record when the changelog's beginning was deleted. Rows that have expired may lie in
 * one place and not in the other, and are left out: a value whose row is past its time to live is
 * none.
 */
final class ViewVerify {
  private final OfflineState state;
  private final TopicRead topicRead;
  private final KeptView view;
  private final RowFormat format;
  private final StateVerify.Options options;
  private final List<StateVerify.RowDifference> differences = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();
  private long rows;
  private long unproven;
  private long differenceCount;

  ViewVerify(OfflineState state, TopicRead topicRead, KeptView view, StateVerify.Options options) {
    this.state = state;
    this.topicRead = topicRead;
    this.view = view;
    this.format = view.format();
    this.options = options;
  }

  /** What is known of a row; null for none. */
  private static final class Row {
    private byte @Nullable [] stored;
    private byte @Nullable [] before;
    private boolean hasBefore;
    private boolean hasLater;
  }

  /** One store. */
  private record Verified(int partition, Position position, Restorer.Bounds changelog) {}

  StateVerify.ViewResult run(Collection<Integer> partitions) {
    Restorer bounds = state.restorer(List.of(view.changelog()));
    for (int partition : partitions) {
      if (TaskStore.names(state.directory().task(partition)).contains(view.name())) {
        verify(partition, bounds.bounds(partition).get(0));
      }
    }
    return new StateVerify.ViewResult(
        view.name(), rows, unproven, List.copyOf(differences), differenceCount, problems);
  }

  private void verify(int partition, Restorer.Bounds changelog) {
    Position position;
    try (ReadOnlyStore store = store(partition)) {
      position = store.position();
    }
    if (position.changelogOffset() > changelog.end()) {
      problems.add(
          "partition %d of view %s: the state has seen changelog offset %d, but %s-%d ends at %d: the topic was truncated or made anew"
              .formatted(
                  partition,
                  view.name(),
                  position.changelogOffset(),
                  view.changelog(),
                  partition,
                  changelog.end()));
    }
    Verified verified = new Verified(partition, position, changelog);
    Deque<Tallies.KeySlice> slices = new ArrayDeque<>(List.of(Tallies.KeySlice.ALL));
    while (!slices.isEmpty()) {
      Tallies.KeySlice slice = slices.remove();
      Map<ByteBuffer, Row> found = read(verified, slice);
      if (found.size() > options.rowsMax()) {
        slices.addAll(List.of(slice.halves()));
      } else {
        found.forEach((key, row) -> judge(verified, bytes(key), row));
      }
    }
  }

  private static byte[] bytes(ByteBuffer key) {
    byte[] bytes = new byte[key.remaining()];
    key.duplicate().get(bytes);
    return bytes;
  }

  private ReadOnlyStore store(int partition) {
    return ReadOnlyStore.open(
        state.directory().task(partition), view.name(), view.kind(), view.lanes(), state.memory());
  }

  /** By key in the changelog; more than may be are too many, and not all. */
  private Map<ByteBuffer, Row> read(Verified verified, Tallies.KeySlice slice) {
    Map<ByteBuffer, Row> found = new HashMap<>();
    try (ReadOnlyStore store = store(verified.partition)) {
      store.forEachRow(
          (stored, row) -> {
            StoredKey key = StoredKey.of(view, stored);
            byte[] logged =
                format.key(key.startMs(), key.group(), key.bytes(), 0, key.bytes().length, row, 0);
            Row entry = row(found, slice, verified, logged);
            if (entry != null) {
              entry.stored = living(verified, format.value(row, 0));
            }
          });
    }
    TopicRead.Range range =
        new TopicRead.Range(verified.changelog.begin(), verified.changelog.end());
    if (range.size() > 0) {
      topicRead.read(
          Map.of(new TopicPartition(view.changelog(), verified.partition), range),
          changelog -> take(verified, row(found, slice, verified, changelog.key()), changelog));
    }
    return found;
  }

  /** Null for a row that is not compared now, or not at all. */
  private @Nullable Row row(
      Map<ByteBuffer, Row> found,
      Tallies.KeySlice slice,
      Verified verified,
      byte @Nullable [] key) {
    boolean isWanted =
        key != null
            && slice.has(CountTable.hash(key, 0, key.length))
            && found.size() <= options.rowsMax()
            && format.groupEnd(key) >= 0
            && !isExpired(verified, key);
    return isWanted ? found.computeIfAbsent(ByteBuffer.wrap(key), each -> new Row()) : null;
  }

  private void take(
      Verified verified, @Nullable Row row, ConsumerRecord<byte[], byte[]> changelog) {
    byte[] value = changelog.value();
    if (row == null || (value != null && !format.isValue(value))) {
      return; // skipped by a restore, too
    }
    if (changelog.offset() < verified.position.changelogOffset()) {
      row.before = value == null ? null : living(verified, value);
      row.hasBefore = true;
    } else {
      row.hasLater = true;
    }
  }

  private void judge(Verified verified, byte[] key, Row row) {
    boolean isEqual = Arrays.equals(row.stored, row.before);
    if (row.stored == null && isEqual) {
      return; // deleted, or not there yet
    }
    rows++;
    boolean isDeleted = !row.hasBefore && verified.changelog.begin() > 0;
    if (isEqual) {
      return;
    }
    if (row.hasLater || isDeleted) {
      unproven++;
      return;
    }
    int groupEnd = format.groupEnd(key);
    differenceCount++;
    if (differences.size() < options.differencesMax()) {
      differences.add(
          new StateVerify.RowDifference(
              verified.partition,
              format.startMs(key),
              new String(key, 0, groupEnd, StandardCharsets.UTF_8),
              new String(
                  key,
                  format.keyBegin(groupEnd),
                  format.keyEnd(key) - format.keyBegin(groupEnd),
                  StandardCharsets.UTF_8),
              lanes(row.before),
              lanes(row.stored),
              shown(row.before),
              shown(row.stored)));
    }
  }

  /** The value; null for one whose row is past its time to live. */
  private byte @Nullable [] living(Verified verified, byte[] value) {
    if (!view.hasTimeToLive()) {
      return value;
    }
    long timeMs = format.lanes(value)[0]; // no lane of a row without windows is in its key
    return timeMs < view.firstKeptMs(verified.position.streamTimeMs()) ? null : value;
  }

  private boolean isExpired(Verified verified, byte[] key) {
    if (view.windowing().isNone()) {
      return false;
    }
    long atMs = view.kind() == TaskStore.Kind.SESSIONS ? format.endMs(key) : format.startMs(key);
    return atMs < view.firstKeptMs(verified.position.streamTimeMs());
  }

  private @Nullable List<Long> lanes(byte @Nullable [] value) {
    if (value == null) {
      return null;
    }
    return LongStream.of(format.lanes(value)).boxed().toList();
  }

  private @Nullable String shown(byte @Nullable [] value) {
    return value == null || !format.hasTails() ? null : ViewInspector.shown(format.tail(value));
  }

  /** The views to verify so: all but the hashtags. */
  static List<KeptView> others(List<KeptView> views) {
    return views.stream().filter(view -> !view.name().equals(TopicNames.STORE)).toList();
  }
}
