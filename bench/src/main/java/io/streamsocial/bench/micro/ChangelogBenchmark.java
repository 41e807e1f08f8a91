package io.streamsocial.bench.micro;

import io.streamsocial.bench.posts.PostSource;
import io.streamsocial.processor.log.RowFormat;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * What does a row of the changelog cost: making its key and value at a checkpoint, and taking them
 * apart in a restore? Run {@code bench/run jmh ChangelogBenchmark}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ChangelogBenchmark {
  private static final int SIZE = 1 << 14;

  private final byte[][] tags = PostSource.tags(SIZE);
  private final byte[][] keys = new byte[SIZE][];
  private final byte[] region = PostSource.region(0);
  private final long[] row = {1};
  private int next;

  @Setup
  public void prepare() {
    for (int i = 0; i < SIZE; i++) {
      keys[i] =
          RowFormat.TRENDING.key(
              PostSource.WINDOW_MS * 6_000_000, region, tags[i], 0, tags[i].length);
    }
  }

  @Benchmark
  public void encode(Blackhole out) {
    byte[] tag = tags[next++ & SIZE - 1];
    out.consume(
        RowFormat.TRENDING.key(PostSource.WINDOW_MS * 6_000_000, region, tag, 0, tag.length));
    out.consume(RowFormat.TRENDING.value(row, 0));
  }

  @Benchmark
  public long decode() {
    byte[] key = keys[next++ & SIZE - 1];
    int groupEnd = RowFormat.TRENDING.groupEnd(key);
    if (groupEnd < 0) {
      throw new AssertionError("our own key is foreign");
    }
    return groupEnd + RowFormat.TRENDING.keyEnd(key) + RowFormat.TRENDING.startMs(key);
  }
}
