package io.streamsocial.bench.micro;

import io.streamsocial.store.CountTable;
import io.streamsocial.store.RankedHead;
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
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does a ranked head add to a fold? One mention by Zipf's law, at a head of 1,000 keys. Run
 * {@code bench/run jmh RankedHeadBenchmark}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class RankedHeadBenchmark {
  /** Distinct hashtags. */
  @Param({"1000", "200000", "1000000"})
  int tags;

  private final RankedHead head = new RankedHead(1_000);
  private BenchmarkStream stream;
  private int[] hashes;
  private long[] counts;
  private int next;

  @Setup
  public void prepare() {
    stream = new BenchmarkStream(tags);
    hashes = new int[tags];
    counts = new long[tags];
    for (int i = 0; i < tags; i++) {
      hashes[i] = CountTable.hash(stream.tags[i], 0, stream.tags[i].length);
    }
  }

  @Benchmark
  public long offer() {
    int rank = stream.rank(next++);
    byte[] tag = stream.tags[rank];
    // Counted by the fold, which needs the hash too.
    long count = ++counts[rank];
    head.offer(hashes[rank], tag, 0, tag.length, count);
    return count;
  }
}
