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
 * What does a ranked head add to a fold? One mention by Zipf's law, with a head of 1,000 keys and
 * with a head of one, which refuses nearly every key at its first look. Run {@code bench/run jmh
 * RankedHeadBenchmark}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class RankedHeadBenchmark {
  private static final int BATCH = 500;
  private static final long START_MS = PostSource.WINDOW_MS * 6_000_000;

  /** Distinct hashtags. */
  @Param({"1000", "200000", "1000000"})
  int tags;

  /** Keys that the head keeps at least. */
  @Param({"1", "1000"})
  int headSize;

  private final byte[] region = PostSource.region(0);
  private OpenStore opened;
  private BenchmarkStream stream;
  private int next;

  @Setup
  public void open() {
    opened = new OpenStore(headSize);
    stream = new BenchmarkStream(tags);
    BenchmarkStores.fold(opened.store, START_MS, region, stream.tags, 0, tags);
  }

  @TearDown
  public void close() {
    opened.close();
  }

  @Benchmark
  @OperationsPerInvocation(BATCH)
  public void fold() {
    try (WindowStore.Fold fold = opened.store.fold()) {
      WindowStore.Region window = opened.store.window(START_MS, region);
      for (int i = 0; i < BATCH; i++) {
        byte[] tag = stream.tags[stream.rank(next++)];
        fold.add(window, tag, 0, tag.length, 1);
      }
    }
  }
}
