package io.streamsocial.bench.micro;

import io.streamsocial.bench.posts.PostSource;
import io.streamsocial.processor.log.Combiner;
import io.streamsocial.processor.posts.PostParser;
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
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does it cost to fold the hashtags of one post that is parsed already? Run {@code bench/run
 * jmh CombinerBenchmark}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class CombinerBenchmark {
  private static final int SIZE = 1 << 14;

  /** Distinct hashtags. */
  @Param({"1000", "200000", "1000000"})
  int tags;

  /** Posts from one publish to the next. */
  @Param({"5000", "50000"})
  int publishPosts;

  private final PostParser[] parsed = new PostParser[SIZE];
  private Combiner combiner;
  private int next;
  private int unpublished;

  @Setup
  public void prepare() {
    BenchmarkPosts posts = BenchmarkPosts.of(tags, PostSource.WINDOW_MS);
    for (int i = 0; i < SIZE; i++) {
      // A parser holds one post.
      byte[] post = posts.post(i);
      parsed[i] = BenchmarkPosts.parser();
      if (parsed[i].parse(post, 0, post.length, 0, posts.nowMs()) != null) {
        throw new AssertionError("a good post was rejected");
      }
    }
    combiner = new Combiner(BenchmarkPosts.WINDOWING, List.of(), 64 << 20);
  }

  @Benchmark
  public int fold() {
    combiner.add(parsed[next++ & SIZE - 1]);
    if (++unpublished == publishPosts) {
      unpublished = 0;
      combiner.clear();
    }
    return combiner.entries();
  }
}
