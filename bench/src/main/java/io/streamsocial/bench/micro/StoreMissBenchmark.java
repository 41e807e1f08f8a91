package io.streamsocial.bench.micro;

import io.streamsocial.bench.posts.PostSource;
import io.streamsocial.store.WindowStore;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
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
 * What does it cost to add to one key that is not in the overlay, ranked head included: one whose
 * row must be read first, and one that has no row? Run {@code bench/run jmh StoreMissBenchmark}.
 *
 * <p>Does not show a disk: the files are in the page cache.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class StoreMissBenchmark {
  private static final int BATCH = 500;
  private static final long START_MS = PostSource.WINDOW_MS * 6_000_000;

  /** Rows on disk. */
  @Param({"200000", "1000000"})
  int tags;

  private final byte[] region = PostSource.region(0);
  private final byte[] unknown = "unknown_00000000".getBytes(StandardCharsets.US_ASCII);
  private OpenStore opened;
  private WindowStore store;
  private byte[][] names = {};
  private int[] order;
  private int next;

  @Setup
  public void open() {
    opened = new OpenStore();
    store = opened.store;
    names = PostSource.tags(tags);
    order = BenchmarkStores.shuffled(tags);
    BenchmarkStores.fill(store, START_MS, region, names);
    store.flush();
  }

  @TearDown
  public void close() {
    opened.close();
  }

  /** An empty overlay, or the keys of the iteration before would be in it. */
  @Setup(Level.Iteration)
  public void checkpoint() {
    BenchmarkStores.commitTwice(store);
  }

  /** Every key for the first time since the checkpoint, in no order. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void firstTouch() {
    try (WindowStore.Fold fold = store.fold()) {
      WindowStore.Region window = store.window(START_MS, region);
      for (int i = 0; i < BATCH; i++) {
        byte[] tag = names[order[next++ % order.length]];
        fold.add(window, tag, 0, tag.length, 1);
      }
    }
  }

  /** Keys that have no row yet. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void newKey() {
    try (WindowStore.Fold fold = store.fold()) {
      WindowStore.Region window = store.window(START_MS, region);
      for (int i = 0; i < BATCH; i++) {
        int number = next++;
        for (int at = unknown.length - 1; at >= unknown.length - 8; at--) {
          unknown[at] = (byte) ('a' + (number & 15));
          number >>>= 4;
        }
        fold.add(window, unknown, 0, unknown.length, 1);
      }
    }
  }
}
