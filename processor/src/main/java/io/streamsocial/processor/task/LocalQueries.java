package io.streamsocial.processor.task;

import io.streamsocial.processor.log.Combiner;
import io.streamsocial.processor.posts.Hashtags;
import io.streamsocial.processor.trends.Emerging;
import io.streamsocial.processor.trends.KeyPage;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.RegionVolumes;
import io.streamsocial.processor.trends.Trending;
import io.streamsocial.store.RankedRow;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.WindowStore;
import io.streamsocial.store.Windowing;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;

/** Answers from the count tasks on this instance, active or standby. */
public final class LocalQueries implements Queries {
  private static final Comparator<RankedRow> KEY_ORDER =
      (a, b) -> Arrays.compareUnsigned(a.key(), b.key());

  private final Windowing windowing;
  private final List<Integer> partitions;
  private final int maxRegions;
  private final ReadableTasks tasks;
  private final LongAdder scans = new LongAdder();

  public LocalQueries(
      Windowing windowing, int maxRegions, int shufflePartitions, ReadableTasks tasks) {
    this.windowing = windowing;
    this.maxRegions = maxRegions;
    this.partitions = IntStream.range(0, shufflePartitions).boxed().toList();
    this.tasks = tasks;
  }

  /** One partition's part of a ranking; empty rows where the heads cannot prove them. */
  private interface PartOf {
    Optional<List<RankedRow>> rows(CountTask task, CountTask.View view);
  }

  /** Rankings of partitions that the heads could not prove, and that the store was read for. */
  public long scans() {
    return scans.sum();
  }

  @Override
  public long version() {
    return tasks.version();
  }

  @Override
  public int maxRegions() {
    return maxRegions;
  }

  @Override
  public List<Integer> partitions() {
    return partitions;
  }

  @Override
  public Trending.Key key(String hashtag) {
    byte[] tag = Hashtags.fold(hashtag);
    return new Trending.Key(
        new String(tag, StandardCharsets.UTF_8), Combiner.partition(tag, partitions.size()));
  }

  @Override
  public SortedMap<Integer, Trending.Held> held(Collection<Integer> asked) {
    SortedMap<Integer, Trending.Held> held = new TreeMap<>();
    for (int partition : asked) {
      CountTask task = tasks.byPartition().get(partition);
      CountTask.View view = task == null ? null : task.view();
      if (view != null) {
        held.put(partition, held(view));
      }
    }
    return held;
  }

  private static Trending.Held held(CountTask.View view) {
    return new Trending.Held(
        view.role(), view.freshMs(), view.newestMs(), view.progress().offsets());
  }

  @Override
  public Optional<Trending.TopPart> tryPart(Trending.Question question, Collection<Integer> asked) {
    long[] starts = starts(question);
    String region = region(question);
    return first(
            question.limit(),
            RankedRow.ORDER,
            asked,
            starts,
            (task, view) -> view.heads().top(starts, region, question.limit()))
        .map(rows -> new Trending.TopPart(rows.rows, rows.answered));
  }

  @Override
  public Trending.TopPart part(Trending.Question question, Collection<Integer> asked) {
    long[] starts = starts(question);
    String region = region(question);
    return first(
            question.limit(),
            RankedRow.ORDER,
            asked,
            starts,
            (task, view) -> {
              Optional<List<RankedRow>> proven = view.heads().top(starts, region, question.limit());
              if (proven.isPresent()) {
                return proven;
              }
              scans.increment();
              return Optional.of(task.store().top(starts, region, question.limit()));
            })
        .map(rows -> new Trending.TopPart(rows.rows, rows.answered))
        .orElseThrow(() -> new IllegalStateException("a scan is always an answer"));
  }

  /** The first rows in some order, of the partitions that were read. */
  private record FirstRows(List<Trending.Row> rows, SortedMap<Integer, Trending.Held> answered) {}

  /** Each partition here gives its first N, exactly; those not here, or damaged, none. */
  private Optional<FirstRows> first(
      int limit,
      Comparator<RankedRow> order,
      Collection<Integer> asked,
      long[] starts,
      PartOf part) {
    List<RankedRow> rows = new ArrayList<>();
    SortedMap<Integer, Trending.Held> answered = new TreeMap<>();
    for (int partition : asked) {
      CountTask task = tasks.byPartition().get(partition);
      CountTask.View view = task == null ? null : task.view();
      if (task == null || view == null || answered.containsKey(partition)) {
        continue;
      }
      try {
        Optional<List<RankedRow>> top = part.rows(task, view);
        if (top.isEmpty()) {
          return Optional.empty();
        }
        rows.addAll(top.get());
        answered.put(partition, held(view));
      } catch (StoreException e) {
        damaged(task, e);
      }
    }
    rows.sort(order);
    List<Trending.Row> best = new ArrayList<>();
    for (RankedRow row : rows.subList(0, Math.min(limit, rows.size()))) {
      String hashtag = new String(row.key(), StandardCharsets.UTF_8);
      best.add(Trending.Row.of(hashtag, windows(starts, row.counts())));
    }
    return Optional.of(new FirstRows(best, answered));
  }

  @Override
  public Trending.TopPart hashtagPart(Trending.Key key, Trending.Question question) {
    CountTask task = tasks.byPartition().get(key.partition());
    CountTask.View view = task == null ? null : task.view();
    if (task == null || view == null) {
      return Trending.TopPart.NOTHING;
    }
    long[] starts = starts(question);
    byte[] region = region(question).getBytes(StandardCharsets.UTF_8);
    byte[] tag = key.hashtag().getBytes(StandardCharsets.UTF_8);
    try {
      long[] counts = task.store().counts(starts, region, tag);
      return new Trending.TopPart(
          List.of(Trending.Row.of(key.hashtag(), windows(starts, counts))),
          new TreeMap<>(Map.of(key.partition(), held(view))));
    } catch (StoreException e) {
      damaged(task, e);
      return Trending.TopPart.NOTHING;
    }
  }

  @Override
  public RegionVolumes.SlicesPart slices(
      RegionVolumes.Question question, Collection<Integer> asked) {
    SliceReader reader = new SliceReader(windowing, question);
    List<RegionVolumes.Slice> slices = new ArrayList<>();
    SortedMap<Integer, Trending.Held> answered = new TreeMap<>();
    for (int partition : asked) {
      CountTask task = tasks.byPartition().get(partition);
      CountTask.View view = task == null ? null : task.view();
      if (task == null || view == null || answered.containsKey(partition)) {
        continue;
      }
      try {
        Optional<RegionVolumes.Slice> slice = reader.read(partition, task.store(), view);
        if (slice.isPresent()) {
          slices.add(slice.get());
          answered.put(partition, held(view));
        }
      } catch (StoreException e) {
        damaged(task, e);
      }
    }
    return new RegionVolumes.SlicesPart(slices, answered);
  }

  @Override
  public KeyPage.PagePart page(KeyPage.Question question, Collection<Integer> asked) {
    String to = question.to();
    byte[] from = question.from().getBytes(StandardCharsets.UTF_8);
    byte[] end = to == null ? null : to.getBytes(StandardCharsets.UTF_8);
    long[] starts = starts(question.trending());
    String region = region(question.trending());
    return first(
            question.limit(),
            KEY_ORDER,
            asked,
            starts,
            (task, view) ->
                Optional.of(task.store().page(starts, region, from, end, question.limit())))
        .map(rows -> new KeyPage.PagePart(rows.rows, rows.answered))
        .orElseThrow();
  }

  @Override
  public Emerging.Answer emerging(Emerging.Question question) {
    RegionVolumes.SlicesPart part = slices(question.slices(windowing.windowsMax()), partitions);
    return Emerging.merge(question, partitions, List.of(part));
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

  private long[] starts(Trending.Question question) {
    return windowing.lastStarts(question.atMs(), question.windows());
  }

  private static List<Trending.WindowCount> windows(long[] starts, long[] counts) {
    List<Trending.WindowCount> windows = new ArrayList<>(starts.length);
    for (int i = 0; i < starts.length; i++) {
      windows.add(new Trending.WindowCount(starts[i], counts[i]));
    }
    return List.copyOf(windows);
  }
}
