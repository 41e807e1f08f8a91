package io.streamsocial.bench.micro;

import io.streamsocial.bench.posts.PostSource;
import io.streamsocial.store.Heads;
import io.streamsocial.store.WindowStore;
import io.streamsocial.store.table.RankedRow;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does a top N over three windows cost, and does it depend on how many hashtags there are? Run
 * {@code bench/run jmh ThresholdMergeBenchmark}.
 *
 * <p>Where the heads cannot prove the answer, the time is that of finding this out; the setup
 * prints which case it is.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ThresholdMergeBenchmark {
  private static final int MENTIONS_A_WINDOW = 3_000_000;
  private static final long START_MS = PostSource.WINDOW_MS * 6_000_000;

  /** Distinct hashtags. */
  @Param({"1000", "1000000"})
  int tags;

  @Param({"10", "100", "1000"})
  int limit;

  private final byte[] region = {};
  private final long[] starts = {
    START_MS, START_MS + PostSource.WINDOW_MS, START_MS + 2 * PostSource.WINDOW_MS
  };
  private OpenStore opened;
  private byte[] mostFrequent;
  private Heads heads;

  @Setup
  public void prepare() {
    opened = new OpenStore();
    byte[][] names = PostSource.tags(tags);
    mostFrequent = names[0];
    PostSource.Zipf zipf = new PostSource.Zipf(tags);
    SplittableRandom random = new SplittableRandom(1);
    for (long start : starts) {
      try (WindowStore.Fold fold = opened.store.fold()) {
        WindowStore.Region window = opened.store.window(start, region);
        for (int i = 0; i < MENTIONS_A_WINDOW; i++) {
          byte[] tag = names[zipf.next(random)];
          fold.add(window, tag, 0, tag.length, 1);
        }
      }
    }
    opened.store.publish();
    heads = opened.store.heads();
    boolean proven = heads.top(starts, WindowStore.ALL_REGIONS, limit).isPresent();
    System.out.printf("%ntop %d of %d: proven by the heads: %s%n", limit, tags, proven);
  }

  @TearDown
  public void close() {
    opened.close();
  }

  /** Heads that were read before: their views are ordered already. */
  @Benchmark
  public Optional<List<RankedRow>> sameViews() {
    return heads.top(starts, WindowStore.ALL_REGIONS, limit);
  }

  /**
   * The first question after a fold of one mention a window: the views are copied, ordered and
   * indexed.
   */
  @Benchmark
  public Optional<List<RankedRow>> newViews() {
    for (long start : starts) {
      try (WindowStore.Fold fold = opened.store.fold()) {
        fold.add(opened.store.window(start, region), mostFrequent, 0, mostFrequent.length, 1);
      }
    }
    opened.store.publish();
    return opened.store.heads().top(starts, WindowStore.ALL_REGIONS, limit);
  }
}
