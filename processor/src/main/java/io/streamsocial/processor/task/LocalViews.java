package io.streamsocial.processor.task;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.log.Combiner;
import io.streamsocial.processor.posts.Hashtags;
import io.streamsocial.processor.posts.PostViews;
import io.streamsocial.processor.trends.Trending;
import io.streamsocial.processor.trends.ViewActive;
import io.streamsocial.processor.trends.ViewEntry;
import io.streamsocial.processor.trends.ViewKeys;
import io.streamsocial.processor.trends.ViewQueries;
import io.streamsocial.processor.trends.ViewQuestion;
import io.streamsocial.processor.trends.ViewRange;
import io.streamsocial.processor.trends.ViewRow;
import io.streamsocial.processor.trends.ViewSessions;
import io.streamsocial.processor.trends.ViewTop;
import io.streamsocial.processor.trends.WindowSpan;
import io.streamsocial.processor.views.ViewKey;
import io.streamsocial.processor.views.ViewSchema;
import io.streamsocial.store.Heads;
import io.streamsocial.store.ReadBudget;
import io.streamsocial.store.SessionStore;
import io.streamsocial.store.table.ActiveKeys;
import io.streamsocial.store.table.KeyRange;
import io.streamsocial.store.table.KeyRows;
import io.streamsocial.store.table.RankedRow;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** Answers questions to views from the count tasks on this instance, active or standby. */
public final class LocalViews implements ViewQueries {
  private final List<ViewSchema> views;
  private final int shufflePartitions;
  private final ReadableTasks tasks;
  private final Function<String, Optional<String>> waiting;
  private final LongAdder scans = new LongAdder();

  /**
   * @param views in the order in which the tasks have them
   * @param waiting by a view's name, see {@link #waiting}; any thread
   */
  public LocalViews(
      List<ViewSchema> views,
      int shufflePartitions,
      ReadableTasks tasks,
      Function<String, Optional<String>> waiting) {
    this.views = List.copyOf(views);
    this.shufflePartitions = shufflePartitions;
    this.tasks = tasks;
    this.waiting = waiting;
  }

  /** Rankings of partitions that the store was read for. */
  public long scans() {
    return scans.sum();
  }

  @Override
  public List<ViewSchema> all() {
    return views;
  }

  @Override
  public Optional<String> waiting(ViewSchema view) {
    return waiting.apply(view.name());
  }

  /** Reads those of the partitions that are here; none of a view that waits. */
  private SortedMap<Integer, Trending.Held> read(
      ViewQuestion question, Collection<Integer> asked, ReadableTasks.Reading reading) {
    return tasks.read(waiting(question.view()).isPresent() ? List.of() : asked, reading);
  }

  @Override
  public ViewKey key(ViewSchema view, String text) {
    return view.name().equals(TopicNames.STORE) || view.name().equals(PostViews.BURSTS)
        ? ViewKey.of(Hashtags.fold(text))
        : ViewKey.of(text);
  }

  @Override
  public int partition(ViewKey key) {
    return Combiner.partition(key.bytes(), shufflePartitions);
  }

  private int index(ViewQuestion question) {
    int index = views.indexOf(question.view());
    if (index < 0) {
      throw new IllegalArgumentException(
          "the view %s is none of this engine".formatted(question.view().name()));
    }
    return index;
  }

  /** Those of the windows that hold anything, oldest first. */
  private static long[] starts(ViewSchema view, WindowSpan span, Heads heads) {
    LongStream held =
        StreamSupport.stream(heads.windowStarts().spliterator(), false).mapToLong(start -> start);
    return view.isWindowed()
        ? held.filter(start -> span.contains(view.windowing(), start)).sorted().toArray()
        : held.toArray();
  }

  private static ViewEntry entry(
      ViewSchema view, ViewKey key, long[] starts, long[] @Nullable [] rows) {
    List<ViewRow> known = new ArrayList<>();
    for (int i = 0; i < starts.length; i++) {
      long[] row = rows[i];
      if (row != null) {
        known.add(new ViewRow(view, starts[i], row));
      }
    }
    return new ViewEntry(key, known);
  }

  @Override
  public ViewKeys.Part keys(ViewKeys.Question question, Collection<Integer> asked) {
    int index = index(question);
    byte[] group = question.group().getBytes(UTF_8);
    List<ViewEntry> entries = new ArrayList<>();
    SortedMap<Integer, Trending.Held> answered =
        read(
            question,
            asked,
            (partition, task, view) -> {
              long[] starts =
                  starts(question.view(), question.windows(), view.allHeads().get(index));
              List<ViewEntry> own = new ArrayList<>();
              for (ViewKey key : question.keys()) {
                if (partition(key) == partition) {
                  long[][] rows = task.windows(index).rows(starts, group, key.bytes());
                  own.add(entry(question.view(), key, starts, rows));
                }
              }
              entries.addAll(own);
              return true;
            });
    return new ViewKeys.Part(entries, answered);
  }

  @Override
  public ViewSessions.Part sessions(ViewSessions.Question question, Collection<Integer> asked) {
    int index = index(question);
    int owner = partition(question.key());
    byte[] group = question.group().getBytes(UTF_8);
    List<ViewEntry> found = new ArrayList<>();
    SortedMap<Integer, Trending.Held> answered =
        read(
            question,
            asked.contains(owner) ? List.of(owner) : List.of(),
            (partition, task, view) -> {
              List<long[]> sessions =
                  task.sessions(index)
                      .sessions(group, question.key().bytes(), question.fromMs(), question.toMs());
              List<ViewRow> rows = new ArrayList<>();
              int first = Math.max(0, sessions.size() - ViewSessions.SESSIONS_MAX);
              for (long[] row : sessions.subList(first, sessions.size())) {
                rows.add(new ViewRow(question.view(), row[SessionStore.START], row));
              }
              found.add(new ViewEntry(question.key(), rows));
              return true;
            });
    return new ViewSessions.Part(found.stream().findFirst(), answered);
  }

  @Override
  public ViewActive.Part active(ViewActive.Question question, Collection<Integer> asked) {
    int index = index(question);
    SortedMap<String, Long> keys = new TreeMap<>();
    SortedMap<Integer, Trending.Held> answered =
        read(
            question,
            asked,
            (partition, task, view) -> {
              ActiveKeys active = task.sessions(index).activeKeys();
              boolean isOne = !question.group().isEmpty();
              List<String> groups = isOne ? List.of(question.group()) : active.groups();
              for (String group : groups) {
                active
                    .active(group, question.atMs())
                    .ifPresent(counts -> keys.merge(group, counts[0], Long::sum));
              }
              return active.isKnown();
            });
    return new ViewActive.Part(keys, answered);
  }

  @Override
  public ViewRange.Part range(ViewRange.Question question, Collection<Integer> asked) {
    int index = index(question);
    // One after the other has its share, so that the last is not left with one key a page.
    Duration share = ViewRange.TIME_MAX.dividedBy(Math.max(1, asked.size()));
    ViewRange.Stretch[] page = {new ViewRange.Stretch(List.of(), null)};
    SortedMap<Integer, Trending.Held> answered =
        read(
            question,
            asked,
            (partition, task, view) -> {
              long[] starts =
                  starts(question.view(), question.windows(), view.allHeads().get(index));
              // What lies behind the end of the others is of a later page.
              ViewKey end = ViewRange.earlier(question.to(), page[0].end());
              KeyRange range =
                  task.windows(index)
                      .range(
                          starts,
                          question.group(),
                          question.from().bytes(),
                          end == null ? null : end.bytes(),
                          question.limit(),
                          ReadBudget.of(ViewRange.ROWS_MAX, share));
              ViewRange.Stretch more = stretch(question.view(), starts, range);
              page[0] = ViewRange.join(question.limit(), List.of(page[0], more));
              return true;
            });
    return new ViewRange.Part(page[0], answered);
  }

  private static ViewRange.Stretch stretch(ViewSchema view, long[] starts, KeyRange range) {
    List<ViewEntry> entries = new ArrayList<>();
    for (KeyRows each : range.keys()) {
      entries.add(entry(view, ViewKey.of(each.key()), starts, each.rows()));
    }
    return new ViewRange.Stretch(entries, range.next() == null ? null : ViewKey.of(range.next()));
  }

  @Override
  public Optional<ViewTop.Part> tryTop(ViewTop.Question question, Collection<Integer> asked) {
    if (!question.isRanked()) {
      return Optional.empty();
    }
    int index = index(question);
    List<RankedRow> rows = new ArrayList<>();
    long[] starts = question.starts();
    boolean[] isProven = {true};
    SortedMap<Integer, Trending.Held> answered =
        read(
            question,
            asked,
            (partition, task, view) -> {
              Optional<List<RankedRow>> top =
                  view.allHeads().get(index).top(starts, question.group(), question.limit());
              isProven[0] &= top.isPresent();
              top.ifPresent(proven -> add(proven, question, rows));
              return true;
            });
    return isProven[0]
        ? Optional.of(new ViewTop.Part(first(question, rows), new TreeSet<>(), answered))
        : Optional.empty();
  }

  @Override
  public ViewTop.Part top(ViewTop.Question question, Collection<Integer> asked) {
    int index = index(question);
    ReadBudget budget = ReadBudget.of(ViewTop.SCAN_ROWS_MAX, ViewTop.SCAN_TIME_MAX);
    List<RankedRow> rows = new ArrayList<>();
    SortedSet<Integer> tooLarge = new TreeSet<>();
    SortedSet<Integer> tooSlow = new TreeSet<>();
    SortedMap<Integer, Trending.Held> answered =
        read(
            question,
            asked,
            (partition, task, view) -> {
              Optional<List<RankedRow>> top =
                  question.isRanked()
                      ? Optional.of(ranked(question, index, task, view))
                      : scanned(question, index, task, budget);
              if (top.isPresent()) {
                add(top.get(), question, rows);
              } else {
                (budget.isOutOfTime() ? tooSlow : tooLarge).add(partition);
              }
              return true;
            });
    boolean isWhole = tooLarge.isEmpty() && tooSlow.isEmpty();
    List<ViewTop.Row> first = first(question, isWhole ? rows : List.of());
    return new ViewTop.Part(first, tooLarge, tooSlow, answered);
  }

  private List<RankedRow> ranked(
      ViewTop.Question question, int index, CountTask task, CountTask.View view) {
    long[] starts = question.starts();
    Optional<List<RankedRow>> proven =
        view.allHeads().get(index).top(starts, question.group(), question.limit());
    if (proven.isPresent()) {
      return proven.get();
    }
    scans.increment();
    return task.windows(index).top(starts, question.group(), question.limit());
  }

  private Optional<List<RankedRow>> scanned(
      ViewTop.Question question, int index, CountTask task, ReadBudget budget) {
    scans.increment();
    int lane = question.view().lane(question.by());
    return task.windows(index)
        .top(question.starts(), question.group(), lane, question.limit(), budget);
  }

  /** A key whose sum is 0 has no rank where ranks are kept: heads do not know all of these. */
  private static void add(List<RankedRow> top, ViewTop.Question question, List<RankedRow> rows) {
    for (RankedRow row : top) {
      if (row.total() != 0 || !question.isRanked()) {
        rows.add(row);
      }
    }
  }

  /** Each partition has as many rows as are asked for: only the first of all become an answer. */
  private static List<ViewTop.Row> first(ViewTop.Question question, List<RankedRow> rows) {
    return rows.stream()
        .sorted(RankedRow.ORDER)
        .limit(question.limit())
        .map(row -> ViewTop.Row.of(ViewKey.of(row.key()), row.counts()))
        .toList();
  }
}
