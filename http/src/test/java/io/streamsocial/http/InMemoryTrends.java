package io.streamsocial.http;

import io.streamsocial.processor.Emerging;
import io.streamsocial.processor.KeyPage;
import io.streamsocial.processor.Queries;
import io.streamsocial.processor.Role;
import io.streamsocial.processor.Slices;
import io.streamsocial.processor.Trending;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A plain recount of what it was given, where the engine would read its state. */
final class InMemoryTrends implements Queries {
  static final int PARTITIONS = 4;

  private final long windowMs;
  private final Map<Cell, Long> counts;

  /** Partitions that are not here. */
  volatile List<Integer> missing = List.of();

  /** Partitions of those here that are only followed. */
  volatile Set<Integer> followed = Set.of();

  volatile Map<Integer, Long> asOf = Map.of(0, 17L, 1, 4L);
  volatile long freshMs = TestServer.NOW - 42;

  /** Whether the heads can prove every answer. */
  volatile boolean headsSuffice = true;

  volatile @Nullable RuntimeException bug;

  /** Whether {@link #version} stands still, as between two publishes. */
  volatile boolean still;

  /** Parts made so far. */
  final AtomicLong answers = new AtomicLong();

  private final AtomicLong version = new AtomicLong();

  /** Runs before each blocking read. */
  volatile Runnable beforeRead = () -> {};

  InMemoryTrends(long windowMs) {
    this(windowMs, new ConcurrentHashMap<>());
  }

  private InMemoryTrends(long windowMs, Map<Cell, Long> counts) {
    this.windowMs = windowMs;
    this.counts = counts;
  }

  private record Cell(String region, String hashtag, long start) {}

  /** Another instance that counts the same. */
  InMemoryTrends twin() {
    return new InMemoryTrends(windowMs, counts);
  }

  void add(String hashtag, String region, long timeMs, long mentions) {
    counts.merge(new Cell(region, hashtag, start(timeMs)), mentions, Long::sum);
  }

  /** What happened is visible from now on. */
  void publish(Map<Integer, Long> nextAsOf) {
    asOf = nextAsOf;
    version.incrementAndGet();
  }

  private long start(long timeMs) {
    return Math.floorDiv(timeMs, windowMs) * windowMs;
  }

  @Override
  public long version() {
    return still ? version.get() : version.incrementAndGet();
  }

  @Override
  public List<Integer> partitions() {
    return List.of(0, 1, 2, 3);
  }

  @Override
  public Trending.Key key(String hashtag) {
    String folded =
        (hashtag.startsWith("#") ? hashtag.substring(1) : hashtag).toLowerCase(Locale.ROOT);
    return new Trending.Key(folded, partition(folded));
  }

  static int partition(String hashtag) {
    return hashtag.getBytes(StandardCharsets.UTF_8).length % PARTITIONS;
  }

  @Override
  public SortedMap<Integer, Trending.Held> held(Collection<Integer> partitions) {
    SortedMap<Integer, Trending.Held> held = new TreeMap<>();
    for (int partition : partitions) {
      if (partition < PARTITIONS && !missing.contains(partition)) {
        Role role = followed.contains(partition) ? Role.STANDBY : Role.ACTIVE;
        held.put(partition, new Trending.Held(role, freshMs, new TreeMap<>(asOf)));
      }
    }
    return held;
  }

  @Override
  public Optional<Trending.Part> tryPart(Trending.Question question, Collection<Integer> asked) {
    return headsSuffice ? Optional.of(answer(question, asked)) : Optional.empty();
  }

  @Override
  public Trending.Part part(Trending.Question question, Collection<Integer> asked) {
    beforeRead.run();
    return answer(question, asked);
  }

  @Override
  public Trending.Part hashtagPart(Trending.Key key, Trending.Question question) {
    beforeRead.run();
    if (missing.contains(key.partition())) {
      return Trending.Part.NOTHING;
    }
    answers.incrementAndGet();
    return new Trending.Part(
        List.of(Trending.Row.of(key.hashtag(), windows(key.hashtag(), question))),
        held(List.of(key.partition())));
  }

  @Override
  public Trending.Part slices(Slices.Question question, Collection<Integer> asked) {
    beforeRead.run();
    answers.incrementAndGet();
    SortedMap<Integer, Trending.Held> held = held(asked);
    List<Slices.Slice> slices = new ArrayList<>();
    for (int partition : held.keySet()) {
      Map<String, long[]> volumes = new HashMap<>();
      Map<List<String>, long[]> tags = new HashMap<>();
      counts.forEach(
          (cell, count) -> {
            long back = (start(question.atMs()) - cell.start()) / windowMs;
            boolean asks = question.region() == null || cell.region().equals(question.region());
            if (asks
                && partition(cell.hashtag()) == partition
                && back >= 0
                && back < question.windows()) {
              int at = (int) (question.windows() - 1 - back);
              volumes.computeIfAbsent(cell.region(), r -> new long[question.windows()])[at] +=
                  count;
              List<String> key = List.of(cell.region(), cell.hashtag());
              tags.computeIfAbsent(key, r -> new long[question.windows()])[at] += count;
            }
          });
      List<Slices.Candidate> candidates = new ArrayList<>();
      tags.forEach(
          (key, windows) -> {
            if (question.minCount() > 0 && windows[windows.length - 1] >= question.minCount()) {
              candidates.add(new Slices.Candidate(key.get(0), key.get(1), windows));
            }
          });
      slices.add(new Slices.Slice(partition, 0.5, volumes, candidates));
    }
    return new Trending.Part(List.of(), slices, held);
  }

  @Override
  public Trending.Part page(KeyPage.Question question, Collection<Integer> asked) {
    beforeRead.run();
    SortedMap<Integer, Trending.Held> held = held(asked);
    Trending.Question same =
        new Trending.Question(
            question.limit(), question.windows(), question.region(), question.atMs());
    String to = question.to();
    List<Trending.Row> rows =
        counts.keySet().stream()
            .map(Cell::hashtag)
            .distinct()
            .filter(tag -> held.containsKey(partition(tag)))
            .filter(tag -> tag.compareTo(question.from()) >= 0)
            .filter(tag -> to == null || tag.compareTo(to) < 0)
            .map(tag -> Trending.Row.of(tag, windows(tag, same)))
            .filter(row -> row.count() > 0)
            .sorted(Comparator.comparing(Trending.Row::hashtag))
            .limit(question.limit())
            .toList();
    return new Trending.Part(rows, held);
  }

  @Override
  public Emerging.Answer emerging(Emerging.Question question) {
    Slices.Question history = question.slices(Emerging.HISTORY_WINDOWS + 1);
    return Emerging.merge(question, partitions(), List.of(slices(history, partitions())));
  }

  private Trending.Part answer(Trending.Question question, Collection<Integer> asked) {
    answers.incrementAndGet();
    RuntimeException planted = bug;
    if (planted != null) {
      throw planted;
    }
    SortedMap<Integer, Trending.Held> held = held(asked);
    List<Trending.Row> rows = new ArrayList<>();
    counts.keySet().stream()
        .map(Cell::hashtag)
        .distinct()
        .filter(tag -> held.containsKey(partition(tag)))
        .map(tag -> Trending.Row.of(tag, windows(tag, question)))
        .filter(row -> row.count() > 0)
        .forEach(rows::add);
    rows.sort(
        Comparator.comparingLong(Trending.Row::count)
            .reversed()
            .thenComparing(Trending.Row::hashtag));
    return new Trending.Part(rows.subList(0, Math.min(question.limit(), rows.size())), held);
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
}
