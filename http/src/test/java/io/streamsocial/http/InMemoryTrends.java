package io.streamsocial.http;

import io.streamsocial.processor.Completeness;
import io.streamsocial.processor.Queries;
import io.streamsocial.processor.Trending;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A plain recount of what it was given, where the engine would read its state. */
final class InMemoryTrends implements Queries {
  static final int PARTITIONS = 4;

  private final long windowMs;
  private final Map<Cell, Long> counts = new ConcurrentHashMap<>();
  private final SortedMap<Integer, Long> asOf = new TreeMap<>(Map.of(0, 17L, 1, 4L));
  volatile List<Integer> missing = List.of();

  /** Whether the heads can prove every answer. */
  volatile boolean headsSuffice = true;

  volatile @Nullable RuntimeException bug;

  /** Whether {@link #version} stands still, as between two publishes. */
  volatile boolean still;

  /** Answers made so far. */
  final AtomicLong answers = new AtomicLong();

  private final AtomicLong version = new AtomicLong();

  /** Runs before each blocking read. */
  volatile Runnable beforeRead = () -> {};

  InMemoryTrends(long windowMs) {
    this.windowMs = windowMs;
  }

  private record Cell(String region, String hashtag, long start) {}

  void add(String hashtag, String region, long timeMs, long mentions) {
    counts.merge(new Cell(region, hashtag, start(timeMs)), mentions, Long::sum);
  }

  private long start(long timeMs) {
    return Math.floorDiv(timeMs, windowMs) * windowMs;
  }

  @Override
  public Optional<Trending.Answer> tryTrending(Trending.Question question) {
    return headsSuffice ? Optional.of(answer(question)) : Optional.empty();
  }

  @Override
  public Trending.Answer trending(Trending.Question question) {
    beforeRead.run();
    return answer(question);
  }

  @Override
  public long version() {
    return still ? version.get() : version.incrementAndGet();
  }

  private Trending.Answer answer(Trending.Question question) {
    answers.incrementAndGet();
    RuntimeException planted = bug;
    if (planted != null) {
      throw planted;
    }
    List<Trending.Row> rows = new ArrayList<>();
    counts.keySet().stream()
        .map(Cell::hashtag)
        .distinct()
        .forEach(
            tag -> {
              List<Trending.WindowCount> windows = windows(tag, question);
              long count = windows.stream().mapToLong(Trending.WindowCount::count).sum();
              if (count > 0) {
                rows.add(row(tag, count, windows));
              }
            });
    rows.sort(
        Comparator.comparingLong(Trending.Row::count)
            .reversed()
            .thenComparing(Trending.Row::hashtag));
    return new Trending.Answer(
        List.copyOf(rows.subList(0, Math.min(question.limit(), rows.size()))), completeness());
  }

  private static Trending.Row row(String tag, long count, List<Trending.WindowCount> windows) {
    long velocity = 0;
    for (int i = 0; i < windows.size(); i++) {
      velocity += windows.get(i).count() * (i >= windows.size() - 2 ? 1 : -1);
    }
    Trending.Trend trend =
        velocity > 0 ? Trending.Trend.UP : velocity < 0 ? Trending.Trend.DOWN : Trending.Trend.FLAT;
    return new Trending.Row(tag, count, velocity, trend, windows);
  }

  private List<Trending.WindowCount> windows(String tag, Trending.Question question) {
    List<Trending.WindowCount> windows = new ArrayList<>();
    for (int back = question.windows() - 1; back >= 0; back--) {
      long start = start(question.atMs()) - back * windowMs;
      windows.add(new Trending.WindowCount(start, count(tag, question.region(), start)));
    }
    return windows;
  }

  private long count(String tag, @Nullable String region, long start) {
    return counts.entrySet().stream()
        .filter(e -> e.getKey().hashtag().equals(tag) && e.getKey().start() == start)
        .filter(e -> region == null || e.getKey().region().equals(region))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  @Override
  public Trending.HashtagAnswer hashtag(String hashtag, Trending.Question question) {
    beforeRead.run();
    String folded =
        (hashtag.startsWith("#") ? hashtag.substring(1) : hashtag).toLowerCase(Locale.ROOT);
    List<Trending.WindowCount> windows = windows(folded, question);
    boolean known = windows.stream().anyMatch(w -> w.count() > 0);
    return new Trending.HashtagAnswer(folded, known, partition(folded), windows, completeness());
  }

  static int partition(String hashtag) {
    return hashtag.getBytes(StandardCharsets.UTF_8).length % PARTITIONS;
  }

  private Completeness completeness() {
    return new Completeness(PARTITIONS, missing, 42, asOf);
  }
}
