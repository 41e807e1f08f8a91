package io.streamsocial.processor.task;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.log.Freshness;
import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.processor.log.ShuffleRecord;
import io.streamsocial.processor.views.View;
import io.streamsocial.store.Position;
import io.streamsocial.store.SessionStore;
import io.streamsocial.store.WindowStore;
import io.streamsocial.store.table.KeyBatch;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Folds one shuffle partition into the live states of the views over their stores. This is the one
 * place that decides which mentions are late and which windows expire:
 *
 * <pre>
 *   late       window end + grace     <= stream time    its mentions are dropped and counted as late
 *   expired    window end + retention <= stream time    the window is deleted with all its rows
 * </pre>
 *
 * <p>Of rows with a time to live both are one: with {@code last event + time to live <= stream
 * time} a row is gone, and an emission is late, see {@link View}.
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
  private static final byte[] ALL_GROUPS = WindowStore.ALL_REGIONS.getBytes(StandardCharsets.UTF_8);

  private final int partition;
  private final List<TaskView> views;
  private final TaskCounters counters;
  private final ShuffleRecord.Reader shuffled = new ShuffleRecord.Reader();
  private final KeyBatch keys = new KeyBatch();
  private final Freshness freshness = new Freshness();
  private InputProgress progress = new InputProgress();
  private @Nullable Position reached;
  private long offset;

  /**
   * @param views of the task, one or more
   */
  ShuffleFold(int partition, List<TaskView> views, TaskCounters counters) {
    this.partition = partition;
    this.views = views;
    this.counters = counters;
    begin();
  }

  /** The live state is what the stores hold: goes on from their positions. */
  void beginAtStores(Moment now) {
    views.forEach(TaskView::beginAtStore);
    settle();
    begin();
    freshness.note(progress, now);
    expire();
  }

  /** All changelogs have up to the newest checkpoint of any that is read now will be read. */
  void reached() {
    reached =
        views.stream()
            .map(view -> view.store().position())
            .max(Comparator.comparingLong(Position::inputOffset))
            .orElseThrow();
  }

  /**
   * The changelogs are read to their ends. A view that is behind the newest checkpoint that all
   * were read up to ({@link #reached()}) has not changed since its own, and stands there, too: it
   * had no row, or did not count. Not so when an instance without it has passed over rows of it
   * meanwhile. Such a view takes no part, nor does one without any checkpoint of which rows were
   * passed over: it was added, and they were its first. Unless it has been reset since: then it is
   * as new as one of which no row has come, and counts from here on. A view that was read further
   * folds from its own checkpoint on.
   */
  private void settle() {
    Position all = reached == null ? newest().position() : reached;
    reached = null;
    InputProgress account = InputProgress.decode(all.progress());
    for (TaskView view : views) {
      int id = view.kept().id();
      boolean lacksRows =
          view.isNew() ? account.lacksFirstRows(id) : account.passedOver(id) >= view.foldsFrom();
      if (lacksRows) {
        view.isIncomplete(whyIncomplete(view, account.passedOver(id)));
      } else if (view.foldsFrom() < all.inputOffset()) {
        view.standsAt(all);
      }
    }
  }

  private String whyIncomplete(TaskView view, long passed) {
    String name = view.kept().name();
    String state =
        view.isNew()
            ? "has no checkpoint"
            : "ends at shuffle offset %d".formatted(view.foldsFrom());
    return "the state of view %s in partition %d %s, and rows that came up to offset %d were passed over by an instance without the view: run reset --view %s on every instance to count it from then on"
        .formatted(name, partition, state, passed, name);
  }

  private TaskView newest() {
    return Collections.max(complete(), Comparator.comparingLong(TaskView::foldsFrom));
  }

  /** The store of a view has become ahead of what was folded. */
  void isAhead(TaskView view, Moment now) {
    view.beginAtStore();
    if (oldest().foldsFrom() > offset) {
      begin();
      freshness.note(progress, now);
    }
    view.expire(progress);
  }

  private TaskView oldest() {
    return Collections.min(complete(), Comparator.comparingLong(TaskView::foldsFrom));
  }

  private List<TaskView> complete() {
    return views.stream().filter(view -> !view.isIncomplete()).toList();
  }

  /** At the first record that some view has not folded; views with more pass over it. */
  private void begin() {
    TaskView oldest = oldest();
    offset = oldest.foldsFrom();
    progress = progressOf(oldest);
    for (TaskView view : complete()) {
      progress.has(view.kept().id());
      progress.mergeAway(progressOf(view));
    }
    progress.areAwayBut(id -> view(id) != null);
  }

  /** See {@link InputProgress#isAway}. */
  void isAway(String view) {
    progress.isAway(View.id(view));
  }

  private static InputProgress progressOf(TaskView view) {
    return InputProgress.decode(view.position().progress());
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
        TaskView view = view(shuffled.viewId());
        if (view == null) {
          progress.passedOver(shuffled.viewId(), shuffle.offset());
          progress.isAway(shuffled.viewId());
        } else if (shuffle.offset() >= view.foldsFrom()) {
          foldGroup(view, forGroup);
        }
      }
      complete = shuffled.note(progress, freshness, now);
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

  /** Null for a view that is not here, or takes no part: its groups are left unread. */
  private @Nullable TaskView view(int id) {
    for (TaskView view : views) {
      if (view.kept().id() == id && !view.isIncomplete()) {
        return view;
      }
    }
    return null;
  }

  private void foldGroup(TaskView view, boolean forGroup) {
    KeptView kept = view.kept();
    if (shuffled.width() != kept.lanes().width() || shuffled.hasTails() != kept.lanes().hasTail()) {
      throw new ConfigException(
          "rows of view %s in the shuffle have %s, here %s: another instance has other fields of that name; give the changed view another name"
              .formatted(
                  kept.name(),
                  parts(shuffled.width(), shuffled.hasTails()),
                  parts(kept.lanes().width(), kept.lanes().hasTail())));
    }
    boolean isHashtags = kept.id() == ShuffleRecord.TRENDING;
    if (!isHashtags) {
      progress.folded(kept.id());
    }
    boolean isLate = kept.windowing().isLate(shuffled.windowStartMs(), progress.streamTimeMs());
    if (isLate) {
      countLate(kept, isHashtags, forGroup);
      return;
    }
    // Group by group: readers need not wait for a whole record.
    if (view.store() instanceof SessionStore sessions) {
      foldSessions(kept, sessions);
      return;
    }
    WindowStore store = (WindowStore) view.store();
    try (WindowStore.Fold fold = store.fold()) {
      if (isHashtags) {
        foldCounts(store, fold, forGroup);
      } else {
        foldRows(kept, store, fold, forGroup);
      }
    }
  }

  private static String parts(int numbers, boolean hasBytes) {
    return "%d numbers%s".formatted(numbers, hasBytes ? " and bytes" : "");
  }

  private void countLate(KeptView kept, boolean isHashtags, boolean forGroup) {
    long late = 0;
    while (shuffled.nextEntry()) {
      late += isHashtags ? shuffled.count() : 1;
    }
    if (forGroup && isHashtags) {
      counters.late(late);
    } else if (forGroup) {
      counters.lateRows(kept.name(), late);
    }
  }

  private void foldCounts(WindowStore store, WindowStore.Fold fold, boolean forGroup) {
    WindowStore.Region region = store.window(shuffled.windowStartMs(), shuffled.group());
    WindowStore.Region all = store.window(shuffled.windowStartMs(), ALL_GROUPS);
    long counted = 0;
    keys.clear();
    while (shuffled.nextEntry()) {
      long count = shuffled.count();
      keys.add(shuffled.array(), shuffled.keyOffset(), shuffled.keyLength(), count);
      counted += count;
      if (keys.isFull()) {
        foldKeys(fold, region, all);
      }
    }
    foldKeys(fold, region, all);
    counters.counted(forGroup ? counted : 0);
    counters.otherRegion(forGroup && region.isOther() ? counted : 0);
  }

  private void foldKeys(WindowStore.Fold fold, WindowStore.Region region, WindowStore.Region all) {
    fold.add(region, keys);
    fold.add(all, keys);
    keys.clear();
  }

  private void foldRows(KeptView kept, WindowStore store, WindowStore.Fold fold, boolean forGroup) {
    long firstKeptMs =
        kept.hasTimeToLive() ? kept.firstKeptMs(progress.streamTimeMs()) : Long.MIN_VALUE;
    long late = 0;
    long start = shuffled.windowStartMs();
    WindowStore.Region all = store.window(start, ALL_GROUPS);
    WindowStore.Region group = kept.isGrouped() ? store.window(start, shuffled.group()) : all;
    keys.clear();
    while (shuffled.nextEntry()) {
      long[] row = shuffled.lanes();
      if (row[0] < firstKeptMs) {
        late++;
        continue;
      }
      int longs = kept.lanes().length(row, 0);
      keys.add(shuffled.array(), shuffled.keyOffset(), shuffled.keyLength(), row, 0, longs);
      if (keys.isFull()) {
        mergeKeys(fold, group, all);
      }
    }
    mergeKeys(fold, group, all);
    if (forGroup && late > 0) {
      counters.lateRows(kept.name(), late);
    }
  }

  private void mergeKeys(WindowStore.Fold fold, WindowStore.Region group, WindowStore.Region all) {
    fold.merge(group, keys);
    if (group != all) {
      fold.merge(all, keys);
    }
    keys.clear();
  }

  private void foldSessions(KeptView kept, SessionStore store) {
    try (SessionStore.Fold fold = store.fold()) {
      while (shuffled.nextEntry()) {
        byte[] bytes = shuffled.array();
        int key = shuffled.keyOffset();
        fold.merge(ALL_GROUPS, bytes, key, shuffled.keyLength(), shuffled.lanes(), 0);
        if (kept.isGrouped()) {
          fold.merge(shuffled.group(), bytes, key, shuffled.keyLength(), shuffled.lanes(), 0);
        }
      }
    }
  }

  private void expire() {
    views.forEach(view -> view.expire(progress));
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
