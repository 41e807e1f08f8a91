package io.streamsocial.bench.micro;

import io.streamsocial.bench.posts.PostSource;
import io.streamsocial.store.WindowStore;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does it cost to add to one key whose count is in the overlay, ranked head included? Run
 * {@code bench/run jmh StoreFoldBenchmark}; {@link StoreMissBenchmark} has the other keys.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class StoreFoldBenchmark {
  private static final int BATCH = 500;
  private static final long START_MS = PostSource.WINDOW_MS * 6_000_000;

  /** Distinct hashtags, each with a row on disk. */
  @Param({"200000", "1000000"})
  int tags;

  private final byte[] region = PostSource.region(0);
  private OpenStore opened;
  private WindowStore store;
  private BenchmarkStream stream;
  private int next;

  @Setup
  public void open() {
    opened = new OpenStore();
    store = opened.store;
    stream = new BenchmarkStream(tags);
    BenchmarkStores.fill(store, START_MS, region, stream.tags);
    store.flush();
    BenchmarkStores.fold(store, START_MS, region, stream.tags, 0, tags);
  }

  @TearDown
  public void close() {
    opened.close();
  }

  /** Keys by Zipf's law. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void stream() {
    try (WindowStore.Fold fold = store.fold()) {
      WindowStore.Region window = store.window(START_MS, region);
      for (int i = 0; i < BATCH; i++) {
        byte[] tag = stream.tags[stream.rank(next++)];
        fold.add(window, tag, 0, tag.length, 1);
      }
    }
  }
}
