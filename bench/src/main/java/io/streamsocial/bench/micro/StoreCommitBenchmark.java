package io.streamsocial.bench.micro;

import io.streamsocial.bench.posts.PostSource;
import io.streamsocial.store.Position;
import io.streamsocial.store.WindowStore;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
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
 * How long does a checkpoint of the store hold up its loop? The time is that of the commit alone;
 * allocation includes the fold before it. Run {@code bench/run jmh StoreCommitBenchmark}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class StoreCommitBenchmark {
  private static final long START_MS = PostSource.WINDOW_MS * 6_000_000;
  private static final int TAGS = 1_000_000;

  /** Rows changed since the last one; the loop allows 200,000. */
  @Param({"1000", "20000", "200000"})
  int changes;

  private final byte[] region = PostSource.region(0);
  private byte[][] tags = {};
  private OpenStore opened;
  private WindowStore store;
  private int from;

  @Setup
  public void open() {
    opened = new OpenStore();
    store = opened.store;
    byte[][] byRank = PostSource.tags(TAGS);
    int[] order = BenchmarkStores.shuffled(TAGS);
    tags = new byte[TAGS][];
    for (int i = 0; i < TAGS; i++) {
      tags[i] = byRank[order[i]];
    }
    BenchmarkStores.fill(store, START_MS, region, tags);
  }

  @TearDown
  public void close() {
    opened.close();
  }

  @Setup(Level.Invocation)
  public void fold() {
    if (from + changes > TAGS) {
      from = 0;
    }
    BenchmarkStores.fold(store, START_MS, region, tags, from, from + changes);
    from += changes;
  }

  @Benchmark
  public Object commit() {
    store.commit(Position.NONE);
    return store.position();
  }
}
