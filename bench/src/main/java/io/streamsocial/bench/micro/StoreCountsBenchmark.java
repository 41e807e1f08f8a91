package io.streamsocial.bench.micro;

import io.streamsocial.bench.posts.PostSource;
import io.streamsocial.store.WindowStore;
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
 * What does it cost to read one hashtag in three windows, as /api/trending/{tag} does? Run {@code
 * bench/run jmh StoreCountsBenchmark}.
 *
 * <p>Does not show a disk: the files are in the page cache.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class StoreCountsBenchmark {
  private static final int TAGS = 200_000;
  private static final long START_MS = PostSource.WINDOW_MS * 6_000_000;

  /** Where the counts are. */
  @Param({"overlay", "rows"})
  String where = "";

  /** How hashtags are asked for. */
  @Param({"zipf", "uniform"})
  String asked = "";

  private final byte[] region = PostSource.region(0);
  private final long[] starts = {
    START_MS, START_MS + PostSource.WINDOW_MS, START_MS + 2 * PostSource.WINDOW_MS
  };
  private OpenStore opened;
  private WindowStore store;
  private BenchmarkStream stream;
  private int[] order;
  private int next;

  @Setup
  public void open() {
    opened = new OpenStore();
    store = opened.store;
    stream = new BenchmarkStream(TAGS);
    order = BenchmarkStores.shuffled(TAGS);
    for (long start : starts) {
      BenchmarkStores.fill(store, start, region, stream.tags);
    }
    store.flush();
    if (where.equals("overlay")) {
      for (long start : starts) {
        BenchmarkStores.fold(store, start, region, stream.tags, 0, TAGS);
      }
    }
  }

  @TearDown
  public void close() {
    opened.close();
  }

  @Benchmark
  public long[] counts() {
    int i = next++;
    int rank = asked.equals("zipf") ? stream.rank(i) : order[i % TAGS];
    return store.counts(starts, region, stream.tags[rank]);
  }
}
