package io.streamsocial.processor;

import io.streamsocial.store.RankedRow;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.WindowStore;
import io.streamsocial.store.Windowing;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Answers from the count tasks that run on this instance. */
final class LocalQueries implements Queries {
  private final Windowing windowing;
  private final int shufflePartitions;
  private final Map<Integer, CountTask> running;
  private final AtomicLong viewVersion;
  private final InstantSource clock;

  /**
   * @param running by partition; concurrent, kept by the loops
   */
  LocalQueries(
      Windowing windowing,
      int shufflePartitions,
      Map<Integer, CountTask> running,
      AtomicLong viewVersion,
      InstantSource clock) {
    this.windowing = windowing;
    this.shufflePartitions = shufflePartitions;
    this.running = running;
    this.viewVersion = viewVersion;
    this.clock = clock;
  }

  /** One partition's part of a ranking; empty rows where the heads cannot prove them. */
  private interface PartOf {
    Optional<List<RankedRow>> rows(CountTask task, CountTask.View view);
  }

  @Override
  public long version() {
    return viewVersion.get();
  }

  @Override
  public Optional<Trending.Answer> tryTrending(Trending.Question question) {
    long[] starts = starts(question);
    String region = region(question);
    return merge(
        question, starts, (task, view) -> view.heads().top(starts, region, question.limit()));
  }

  @Override
  public Trending.Answer trending(Trending.Question question) {
    long[] starts = starts(question);
    String region = region(question);
    return merge(
            question,
            starts,
            (task, view) -> {
              Optional<List<RankedRow>> proven = view.heads().top(starts, region, question.limit());
              return proven.isPresent()
                  ? proven
                  : Optional.of(task.store().top(starts, region, question.limit()));
            })
        .orElseThrow(() -> new IllegalStateException("a scan is always an answer"));
  }

  /**
   * Every partition gives its exact top N. A tag lives in one partition, so the top N of those rows
   * is the top N of all.
   */
  private Optional<Trending.Answer> merge(Trending.Question question, long[] starts, PartOf part) {
    List<RankedRow> rows = new ArrayList<>();
    Freshness freshness = new Freshness();
    for (int partition = 0; partition < shufflePartitions; partition++) {
      CountTask task = running.get(partition);
      CountTask.View view = task == null ? null : task.view();
      if (task == null || view == null) {
        freshness.missing(partition);
        continue;
      }
      try {
        Optional<List<RankedRow>> top = part.rows(task, view);
        if (top.isEmpty()) {
          return Optional.empty();
        }
        rows.addAll(top.get());
        freshness.answered(view);
      } catch (StoreException e) {
        damaged(task, e);
        freshness.missing(partition);
      }
    }
    rows.sort(RankedRow.ORDER);
    List<Trending.Row> answer = new ArrayList<>();
    for (RankedRow row : rows.subList(0, Math.min(question.limit(), rows.size()))) {
      answer.add(row(row, starts));
    }
    return Optional.of(new Trending.Answer(List.copyOf(answer), freshness.completeness()));
  }

  @Override
  public Trending.HashtagAnswer hashtag(String hashtag, Trending.Question question) {
    byte[] tag = Hashtags.fold(hashtag);
    long[] starts = starts(question);
    int partition = Combiner.partition(tag, shufflePartitions);
    Freshness freshness = new Freshness();
    long[] counts = new long[starts.length];
    CountTask task = running.get(partition);
    CountTask.View view = task == null ? null : task.view();
    if (task == null || view == null) {
      freshness.missing(partition);
    } else {
      try {
        counts =
            task.store().counts(starts, region(question).getBytes(StandardCharsets.UTF_8), tag);
        freshness.answered(view);
      } catch (StoreException e) {
        damaged(task, e);
        freshness.missing(partition);
      }
    }
    boolean known = false;
    for (long count : counts) {
      known |= count > 0;
    }
    return new Trending.HashtagAnswer(
        new String(tag, StandardCharsets.UTF_8),
        known,
        partition,
        windows(starts, counts),
        freshness.completenessOf(1));
  }

  /** A short answer would look like a right one: the task is reported and left out. */
  private static void damaged(CountTask task, StoreException e) {
    if (e.kind() == StoreException.Kind.CORRUPTED) {
      task.reportDamage(e);
    }
  }

  private static String region(Trending.Question question) {
    String region = question.region();
    return region == null ? WindowStore.ALL_REGIONS : region;
  }

  /** Starts of the windows asked for, oldest first; without those before 1970. */
  private long[] starts(Trending.Question question) {
    long newest = windowing.start(question.atMs());
    long count = Math.min(question.windows(), newest / windowing.sizeMs() + 1);
    long[] starts = new long[(int) Math.max(0, count)];
    for (int i = 0; i < starts.length; i++) {
      starts[i] = newest - (starts.length - 1 - i) * windowing.sizeMs();
    }
    return starts;
  }

  private static Trending.Row row(RankedRow row, long[] starts) {
    long velocity = 0;
    for (int i = 0; i < row.counts().length; i++) {
      boolean amongNewestTwo = i >= row.counts().length - 2;
      velocity += amongNewestTwo ? row.counts()[i] : -row.counts()[i];
    }
    return new Trending.Row(
        new String(row.key(), StandardCharsets.UTF_8),
        row.total(),
        velocity,
        Trending.Trend.of(velocity),
        windows(starts, row.counts()));
  }

  private static List<Trending.WindowCount> windows(long[] starts, long[] counts) {
    List<Trending.WindowCount> windows = new ArrayList<>(starts.length);
    for (int i = 0; i < starts.length; i++) {
      windows.add(new Trending.WindowCount(starts[i], counts[i]));
    }
    return List.copyOf(windows);
  }

  /** Gathers what an answer knows of itself. */
  private final class Freshness {
    private final List<Integer> missing = new ArrayList<>();
    private @Nullable SortedMap<Integer, Long> asOf;
    private long freshMs = Long.MAX_VALUE;

    void missing(int partition) {
      missing.add(partition);
    }

    void answered(CountTask.View view) {
      freshMs = Math.min(freshMs, view.freshMs());
      SortedMap<Integer, Long> offsets = view.progress().offsets();
      SortedMap<Integer, Long> known = asOf;
      if (known == null) {
        asOf = offsets;
        return;
      }
      // Included in every part, or it does not count as included.
      known.keySet().retainAll(offsets.keySet());
      known.replaceAll((source, offset) -> Math.min(offset, offsets.getOrDefault(source, offset)));
    }

    Completeness completeness() {
      return completenessOf(shufflePartitions);
    }

    Completeness completenessOf(int expected) {
      SortedMap<Integer, Long> known = asOf;
      boolean isKnown = freshMs != Long.MAX_VALUE && freshMs > 0;
      return new Completeness(
          expected,
          List.copyOf(missing),
          isKnown ? Math.max(0, clock.millis() - freshMs) : -1,
          known == null ? new TreeMap<>() : known);
    }
  }
}
