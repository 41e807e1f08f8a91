package io.streamsocial.processor.task;

import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.log.Combiner;
import io.streamsocial.processor.posts.Hashtags;
import io.streamsocial.processor.trends.Emerging;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.RegionVolumes;
import io.streamsocial.processor.trends.Trending;
import io.streamsocial.processor.trends.ViewQueries;
import io.streamsocial.processor.views.ViewSchema;
import io.streamsocial.store.WindowStore;
import io.streamsocial.store.Windowing;
import io.streamsocial.store.table.RankedRow;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;

/** Answers from the count tasks on this instance, active or standby. */
public final class LocalQueries implements Queries {
  private final Windowing windowing;
  private final List<Integer> partitions;
  private final int maxRegions;
  private final ReadableTasks tasks;
  private final ViewQueries views;
  private final LongAdder scans = new LongAdder();

  public LocalQueries(
      Windowing windowing,
      int maxRegions,
      int shufflePartitions,
      ReadableTasks tasks,
      ViewQueries views) {
    this.windowing = windowing;
    this.maxRegions = maxRegions;
    this.partitions = IntStream.range(0, shufflePartitions).boxed().toList();
    this.tasks = tasks;
    this.views = views;
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
  public void waitBegan() {
    tasks.waitBegan();
  }

  @Override
  public void waitEnded() {
    tasks.waitEnded();
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
  public ViewQueries views() {
    return views;
  }

  @Override
  public SortedMap<Integer, Trending.Held> held(Collection<Integer> asked) {
    return tasks.read(asked, (partition, task, view) -> true);
  }

  @Override
  public Optional<Trending.TopPart> tryPart(Trending.Question question, Collection<Integer> asked) {
    long[] starts = starts(question);
    String region = region(question);
    return ranking(
        question.limit(),
        asked,
        starts,
        (task, view) -> view.heads().top(starts, region, question.limit()));
  }

  @Override
  public Trending.TopPart part(Trending.Question question, Collection<Integer> asked) {
    long[] starts = starts(question);
    String region = region(question);
    return ranking(
            question.limit(),
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
        .orElseThrow(() -> new IllegalStateException("a scan is always an answer"));
  }

  /** The first view is that of the hashtags, or else of others. */
  private void requireHashtags() {
    if (views.find(TopicNames.STORE).isEmpty()) {
      throw new IllegalStateException(
          "this engine counts no hashtags, but %s: configure it with hashtags(true) to ask for trends"
              .formatted(views.all().stream().map(ViewSchema::name).toList()));
    }
  }

  /** Each partition here gives its first N, exactly; those not here, or damaged, none. */
  private Optional<Trending.TopPart> ranking(
      int limit, Collection<Integer> asked, long[] starts, PartOf part) {
    requireHashtags();
    List<RankedRow> rows = new ArrayList<>();
    boolean[] isProven = {true};
    SortedMap<Integer, Trending.Held> answered =
        tasks.read(
            asked,
            (partition, task, view) -> {
              Optional<List<RankedRow>> top =
                  isProven[0] ? part.rows(task, view) : Optional.empty();
              top.ifPresent(rows::addAll);
              isProven[0] = top.isPresent();
              return isProven[0];
            });
    if (!isProven[0]) {
      return Optional.empty();
    }
    rows.sort(RankedRow.ORDER);
    List<Trending.Row> best = new ArrayList<>();
    for (RankedRow row : rows.subList(0, Math.min(limit, rows.size()))) {
      String hashtag = new String(row.key(), StandardCharsets.UTF_8);
      best.add(Trending.Row.of(hashtag, windows(starts, row.counts())));
    }
    return Optional.of(new Trending.TopPart(best, answered));
  }

  @Override
  public Trending.TopPart hashtagPart(Trending.Key key, Trending.Question question) {
    requireHashtags();
    long[] starts = starts(question);
    byte[] region = region(question).getBytes(StandardCharsets.UTF_8);
    byte[] tag = key.hashtag().getBytes(StandardCharsets.UTF_8);
    List<Trending.Row> rows = new ArrayList<>();
    SortedMap<Integer, Trending.Held> answered =
        tasks.read(
            List.of(key.partition()),
            (partition, task, view) -> {
              long[] counts = task.store().counts(starts, region, tag);
              return rows.add(Trending.Row.of(key.hashtag(), windows(starts, counts)));
            });
    return new Trending.TopPart(rows, answered);
  }

  @Override
  public RegionVolumes.SlicesPart slices(
      RegionVolumes.Question question, Collection<Integer> asked) {
    requireHashtags();
    SliceReader reader = new SliceReader(windowing, question);
    List<RegionVolumes.Slice> slices = new ArrayList<>();
    SortedMap<Integer, Trending.Held> answered =
        tasks.read(
            asked,
            (partition, task, view) -> {
              Optional<RegionVolumes.Slice> slice = reader.read(partition, task.store(), view);
              slice.ifPresent(slices::add);
              return slice.isPresent();
            });
    return new RegionVolumes.SlicesPart(slices, answered);
  }

  @Override
  public Emerging.Answer emerging(Emerging.Question question) {
    RegionVolumes.SlicesPart part = slices(question.slices(windowing.windowsMax()), partitions);
    return Emerging.merge(question, partitions, List.of(part));
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
