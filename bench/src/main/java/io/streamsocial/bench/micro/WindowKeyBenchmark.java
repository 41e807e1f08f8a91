package io.streamsocial.bench.micro;

import io.streamsocial.bench.posts.PostSource;
import io.streamsocial.store.table.WindowKey;
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
 * What does the store's key cost, to make and to take apart? Run {@code bench/run jmh
 * WindowKeyBenchmark}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class WindowKeyBenchmark {
  private static final int SIZE = 1 << 14;
  private static final long START_MS = PostSource.WINDOW_MS * 6_000_000;

  private final byte[][] tags = PostSource.tags(SIZE);
  private final byte[][] keys = new byte[SIZE][];
  private final byte[] region = PostSource.region(0);
  private int next;

  @Setup
  public void prepare() {
    for (int i = 0; i < SIZE; i++) {
      keys[i] = WindowKey.of(START_MS, region, tags[i]);
    }
  }

  @Benchmark
  public byte[] encode() {
    return WindowKey.of(START_MS, region, tags[next++ & SIZE - 1]);
  }

  @Benchmark
  public void decode(Blackhole out) {
    byte[] key = keys[next++ & SIZE - 1];
    out.consume(WindowKey.windowStart(key));
    out.consume(WindowKey.region(key));
    out.consume(WindowKey.tag(key));
  }
}
