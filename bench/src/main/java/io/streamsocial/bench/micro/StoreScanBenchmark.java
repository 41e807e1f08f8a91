package io.streamsocial.bench.micro;

import io.streamsocial.bench.posts.PostSource;
import io.streamsocial.store.table.RankedRow;
import java.nio.charset.StandardCharsets;
import java.util.List;
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
 * What does a top 1,000 over three windows cost when the ranked heads cannot prove it, and every
 * row of the windows is read? Run {@code bench/run jmh StoreScanBenchmark}.
 *
 * <p>Does not show a disk: the files are in the page cache.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class StoreScanBenchmark {
  private static final long START_MS = PostSource.WINDOW_MS * 6_000_000;
  private static final int WINDOWS = 3;

  /** Distinct hashtags, each with a row in every window. */
  @Param({"100000", "1000000"})
  int tags;

  private final byte[] region = PostSource.region(0);
  private final long[] starts = new long[WINDOWS];
  private OpenStore opened;

  @Setup
  public void open() {
    opened = new OpenStore();
    byte[][] names = PostSource.tags(tags);
    for (int w = 0; w < WINDOWS; w++) {
      starts[w] = START_MS + w * PostSource.WINDOW_MS;
      BenchmarkStores.fill(opened.store, starts[w], region, names);
    }
    opened.store.flush();
  }

  @TearDown
  public void close() {
    opened.close();
  }

  @Benchmark
  public List<RankedRow> top() {
    return opened.store.top(starts, new String(region, StandardCharsets.UTF_8), 1_000);
  }
}
