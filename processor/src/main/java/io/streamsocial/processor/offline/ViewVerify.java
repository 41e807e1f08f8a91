package io.streamsocial.processor.offline;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.log.Changelog;
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
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * Compares the stores of one view, other than the hashtags, with its changelog, row by row, up to
 * the changelog offset at which each store stands, and with a recount of the posts that the store
 * includes.
 *
 * <p><b>Changelog.</b> Compaction keeps the last record of a key in the whole changelog. So a row
 * must be that of the last record before the store's offset, unless there is a newer one behind it:
 * then the record that the row was written from may be gone, and a row that differs is unproven. So
 * is a row without any record when the changelog's beginning was deleted. Rows that have expired
 * may lie in one place and not in the other, and are left out: a value whose row is past its time
 * to live is none.
 *
 * <p><b>Posts.</b> {@link ViewJudge} has the rules.
 */
final class ViewVerify {
  private static final int ROW_WEIGHT = 4; // of the bytes that a row of hashtags takes

  private final OfflineState state;
  private final TopicRead topicRead;
  private final KeptView view;
  private final RowFormat format;
  private final StateVerify.Options options;
  private final Optional<Posts> posts;
  private final List<StateVerify.RowDifference> differences = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();
  private final SortedMap<Integer, VerifiedPartition> partitions = new TreeMap<>();
  private long rows;
  private long unproven;
  private long differenceCount;
  private final ViewJudge judge;

  /**
   * What is needed to count a view's input again.
   *
   * @param id of the posts topic
   */
  record Posts(
      EngineConfig config, Uuid id, int sources, boolean hasRejected, boolean hasShuffle) {}

  /**
   * @param posts empty where the input is not counted again
   */
  ViewVerify(
      OfflineState state,
      TopicRead topicRead,
      KeptView view,
      StateVerify.Options options,
      Optional<Posts> posts) {
    this.state = state;
    this.topicRead = topicRead;
    this.view = view;
    this.format = view.format();
    this.options = options;
    this.posts = posts;
    this.judge = new ViewJudge(view);
  }

  /** What is known of a row; null for none. */
  private static final class Row {
    private final VerifiedPartition partition;
    private byte @Nullable [] stored;
    private byte @Nullable [] before;
    private boolean hasBefore;
    private boolean hasLater;
    private ViewRecount.@Nullable Row input;

    Row(VerifiedPartition partition) {
      this.partition = partition;
    }
  }

  /** The rows of a slice by their key in the changelog, and the recount, where there is one. */
  private record Slice(Map<ByteBuffer, Row> rows, @Nullable ViewRecount recount, long deletedMs) {}

  /**
   * Compares all partitions.
   *
   * @param notes gets what could not be verified, and why
   */
  StateVerify.ViewResult run(Collection<Integer> chosen, List<String> notes) {
    Restorer bounds = state.restorer(List.of(view.changelog()));
    for (int partition : chosen) {
      if (TaskStore.names(state.directory().task(partition)).contains(view.name())) {
        partitions.put(partition, open(partition, bounds.bounds(partition).get(0)));
      }
    }
    Optional<PostsReplay> replay = posts.map(this::replay);
    Deque<Tallies.KeySlice> slices = new ArrayDeque<>(List.of(Tallies.KeySlice.ALL));
    while (!slices.isEmpty()) {
      Tallies.KeySlice slice = slices.remove();
      try {
        judge(read(slice, replay.orElse(null)));
      } catch (Tallies.TooManyException e) {
        slices.addAll(List.of(slice.halves()));
      }
    }
    replay.ifPresent(
        each -> {
          VerifyNotes.of(partitions.values(), each, TopicNames.of(each.config())).stream()
              .map(note -> "view %s: %s".formatted(view.name(), note))
              .forEach(notes::add);
        });
    if (judge.perhapsBefore() > 0) {
      notes.add(
          "view %s: %d rows have less than the posts make, and their first posts are older than the first that is proven to be counted: the view may have been added then"
              .formatted(view.name(), judge.perhapsBefore()));
    }
    if (judge.perhapsAway() > 0) {
      notes.add(
          "view %s: %d rows have less than the posts make, and the view did not count for a while, as when it was taken away and added again: what was posted then is not in it"
              .formatted(view.name(), judge.perhapsAway()));
    }
    return new StateVerify.ViewResult(
        view.name(),
        posts.isPresent(),
        rows,
        unproven,
        List.copyOf(differences),
        differenceCount,
        problems);
  }

  private VerifiedPartition open(int partition, Restorer.Bounds changelog) {
    Position position;
    try (ReadOnlyStore store = store(partition)) {
      requireRows(partition, store);
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
    boolean inPublish =
        posts.isPresent()
            && posts.get().hasShuffle
            && PublishBoundary.isWithin(
                topicRead,
                new TopicPartition(TopicNames.of(posts.get().config).shuffle(), partition),
                position.inputOffset());
    return new VerifiedPartition(
        partition,
        position,
        posts.map(Posts::id).orElse(Uuid.ZERO_UUID),
        view.windowing(),
        changelog,
        inPublish);
  }

  private void requireRows(int partition, ReadOnlyStore store) {
    String found = store.rowDefinition();
    boolean areOther =
        found.isEmpty()
            ? store.sizeMs() != view.windowing().sizeMs()
            : !found.equals(view.rowDefinition());
    if (areOther) {
      throw new ConfigException(
          "the rows of view %s in %s are of another definition: '%s', and here '%s'; verify with the one of the instance"
              .formatted(
                  view.name(),
                  state.directory().task(partition),
                  found.isEmpty() ? "windows or a gap of %d ms".formatted(store.sizeMs()) : found,
                  view.rowDefinition()));
    }
  }

  private PostsReplay replay(Posts of) {
    PostsReplay replay = new PostsReplay(of.config, topicRead, state.memory().heap());
    problems.addAll(
        replay.begin(of.sources, partitions.values(), of.hasRejected).stream()
            .map(problem -> "view %s: %s".formatted(view.name(), problem))
            .toList());
    return replay;
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

  private Slice read(Tallies.KeySlice slice, @Nullable PostsReplay replay)
      throws Tallies.TooManyException {
    Map<ByteBuffer, Row> found = new HashMap<>();
    for (VerifiedPartition partition : partitions.values()) {
      readStore(partition, slice, found);
      readChangelog(partition, slice, found);
      if (found.size() > rowsMax()) {
        throw new Tallies.TooManyException();
      }
    }
    if (replay == null) {
      return new Slice(found, null, Long.MIN_VALUE);
    }
    ViewRecount recount =
        ViewRecount.read(
            replay.config(), view, replay, partitions, state.partitions(), slice, rowsMax());
    recount.forEach(
        (partition, key, input) -> {
          Row row = row(found, slice, partition, key, Long.MAX_VALUE);
          if (row != null && living(partition, format.value(input.lanes(), 0)) != null) {
            row.input = input;
          }
        });
    return new Slice(found, recount, replay.deletedUpToMs());
  }

  private long rowsMax() {
    return options.rowsMax() / ROW_WEIGHT;
  }

  private void readStore(
      VerifiedPartition partition, Tallies.KeySlice slice, Map<ByteBuffer, Row> found) {
    try (ReadOnlyStore store = store(partition.partition())) {
      store.forEachRow(
          (stored, row) -> {
            StoredKey key = StoredKey.of(view, stored);
            if (view.kind() == TaskStore.Kind.WINDOWS) {
              partition.hasRegion(key.startMs(), key.group());
            }
            byte[] logged =
                format.key(key.startMs(), key.group(), key.bytes(), 0, key.bytes().length, row, 0);
            Row entry = row(found, slice, partition, logged, rowsMax());
            if (entry != null) {
              entry.stored = living(partition, format.value(row, 0));
            }
          });
    }
  }

  private void readChangelog(
      VerifiedPartition partition, Tallies.KeySlice slice, Map<ByteBuffer, Row> found) {
    TopicRead.Range range =
        new TopicRead.Range(partition.changelog().begin(), partition.changelog().end());
    if (range.size() == 0) {
      return;
    }
    boolean[] marked = {true, false}; // the last record before the position; any behind it
    topicRead.read(
        Map.of(new TopicPartition(view.changelog(), partition.partition()), range),
        changelog -> {
          boolean isBefore = changelog.offset() < partition.position().changelogOffset();
          boolean isMarked = changelog.headers().lastHeader(Changelog.CHECKPOINT_HEADER) != null;
          if (isMarked) {
            view.requireRows(changelog);
          }
          marked[0] = isBefore ? isMarked : marked[0];
          marked[1] |= !isBefore && isMarked;
          take(row(found, slice, partition, changelog.key(), rowsMax()), changelog, isBefore);
        });
    partition.foundUnfinished(marked[1] && !marked[0]);
  }

  /** Null for a row that is not compared now, or not at all. */
  private @Nullable Row row(
      Map<ByteBuffer, Row> found,
      Tallies.KeySlice slice,
      VerifiedPartition partition,
      byte @Nullable [] key,
      long most) {
    boolean isWanted =
        key != null
            && format.groupEnd(key) >= 0
            && slice.has(CountTable.hash(key, 0, format.keyEnd(key)))
            && found.size() <= most
            && !isExpired(partition, key);
    return isWanted
        ? found.computeIfAbsent(ByteBuffer.wrap(key), each -> new Row(partition))
        : null;
  }

  private void take(@Nullable Row row, ConsumerRecord<byte[], byte[]> changelog, boolean isBefore) {
    byte[] value = changelog.value();
    if (row == null || (value != null && !format.isValue(value))) {
      return; // skipped by a restore, too
    }
    if (isBefore) {
      row.before = value == null ? null : living(row.partition, value);
      row.hasBefore = true;
    } else {
      row.hasLater = true;
    }
  }

  // ---------------------------------------------------------------- judging

  private void judge(Slice slice) {
    ViewRecount recount = slice.recount;
    if (recount != null && recount.showsEvents()) {
      slice.rows.forEach(
          (key, row) ->
              judge.note(row.partition, bytes(key), row.stored, row.input, slice.deletedMs));
    }
    slice.rows.forEach((key, row) -> judge(slice, bytes(key), row));
  }

  private RowVerdict byChangelog(Row row) {
    if (Arrays.equals(row.stored, row.before)) {
      return RowVerdict.EQUAL;
    }
    boolean isDeleted = !row.hasBefore && row.partition.changelog().begin() > 0;
    return row.hasLater || isDeleted ? RowVerdict.UNPROVEN : RowVerdict.DIFFERENT;
  }

  private void judge(Slice slice, byte[] key, Row row) {
    if (row.stored == null && row.before == null && row.input == null) {
      return; // deleted, or not there yet
    }
    rows++;
    RowVerdict byChangelog = byChangelog(row);
    RowVerdict byInput =
        slice.recount == null
            ? RowVerdict.EQUAL
            : judge.judge(
                slice.recount, row.partition, key, row.stored, row.input, slice.deletedMs);
    if (byChangelog == RowVerdict.DIFFERENT || byInput == RowVerdict.DIFFERENT) {
      differ(slice, key, row);
    } else if (byChangelog == RowVerdict.UNPROVEN || byInput == RowVerdict.UNPROVEN) {
      unproven++;
    }
  }

  private void differ(Slice slice, byte[] key, Row row) {
    differenceCount++;
    if (differences.size() == options.differencesMax()) {
      return;
    }
    int groupEnd = format.groupEnd(key);
    byte[] input =
        row.input == null || !judge.canProve(row.partition, key, slice.deletedMs)
            ? null
            : format.value(row.input.lanes(), 0);
    differences.add(
        new StateVerify.RowDifference(
            row.partition.partition(),
            format.startMs(key),
            new String(key, 0, groupEnd, StandardCharsets.UTF_8),
            new String(
                key,
                format.keyBegin(groupEnd),
                format.keyEnd(key) - format.keyBegin(groupEnd),
                StandardCharsets.UTF_8),
            shown(input),
            shown(row.before),
            shown(row.stored)));
  }

  /** The value; null for one whose row is past its time to live. */
  private byte @Nullable [] living(VerifiedPartition partition, byte[] value) {
    if (!view.hasTimeToLive()) {
      return value;
    }
    long timeMs = format.lanes(value)[0]; // no lane of a row without windows is in its key
    return timeMs < view.firstKeptMs(partition.position().streamTimeMs()) ? null : value;
  }

  private boolean isExpired(VerifiedPartition partition, byte[] key) {
    if (view.windowing().isNone()) {
      return false;
    }
    long atMs = view.kind() == TaskStore.Kind.SESSIONS ? format.endMs(key) : format.startMs(key);
    return atMs < view.firstKeptMs(partition.position().streamTimeMs());
  }

  private StateVerify.@Nullable RowValue shown(byte @Nullable [] value) {
    if (value == null) {
      return null;
    }
    return new StateVerify.RowValue(
        LongStream.of(format.lanes(value)).boxed().toList(),
        format.hasTails() ? ViewInspector.shown(format.tail(value)) : null);
  }

  /** The views to verify so: all but the hashtags. */
  static List<KeptView> others(List<KeptView> views) {
    return views.stream().filter(view -> !view.name().equals(TopicNames.STORE)).toList();
  }
}
