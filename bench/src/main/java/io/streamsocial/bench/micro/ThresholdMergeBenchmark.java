package io.streamsocial.bench.micro;

import io.streamsocial.bench.PostSource;
import io.streamsocial.store.CountTable;
import io.streamsocial.store.HeadView;
import io.streamsocial.store.RankedHead;
import io.streamsocial.store.RankedRow;
import io.streamsocial.store.ThresholdMerge;
import java.util.ArrayList;
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
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does a top N over three windows cost, and does it depend on how many hashtags there are? Run
 * {@code bench/run jmh ThresholdMergeBenchmark}.
 *
 * <p>Where the heads cannot prove the answer the time is that of finding so; setup says it.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ThresholdMergeBenchmark {
  private static final int MENTIONS_A_WINDOW = 3_000_000;
  private static final int WINDOWS = 3;

  /** Distinct hashtags. */
  @Param({"1000", "1000000"})
  int tags;

  @Param({"10", "100", "1000"})
  int limit;

  private final List<RankedHead> heads = new ArrayList<>();
  private List<HeadView> views = List.of();

  @Setup
  public void prepare() {
    byte[][] names = PostSource.tags(tags);
    PostSource.Zipf zipf = new PostSource.Zipf(tags);
    SplittableRandom random = new SplittableRandom(1);
    for (int w = 0; w < WINDOWS; w++) {
      RankedHead head = new RankedHead(1_000);
      long[] counts = new long[tags];
      for (int i = 0; i < MENTIONS_A_WINDOW; i++) {
        int rank = zipf.next(random);
        byte[] tag = names[rank];
        head.offer(CountTable.hash(tag, 0, tag.length), tag, 0, tag.length, ++counts[rank]);
      }
      heads.add(head);
    }
    views = heads.stream().map(RankedHead::view).toList();
    boolean proven = ThresholdMerge.top(views, limit).isPresent();
    System.out.printf("%ntop %d of %d: proven by the heads: %s%n", limit, tags, proven);
  }

  /** Views that were read before: they are ordered already. */
  @Benchmark
  public Optional<List<RankedRow>> sameViews() {
    return ThresholdMerge.top(views, limit);
  }

  /** The first question after a fold: the heads are copied, ordered and indexed. */
  @Benchmark
  public Optional<List<RankedRow>> newViews() {
    return ThresholdMerge.top(heads.stream().map(RankedHead::view).toList(), limit);
  }
}
