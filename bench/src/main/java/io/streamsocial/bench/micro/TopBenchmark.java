package io.streamsocial.bench.micro;

import io.streamsocial.bench.posts.PostFeed;
import io.streamsocial.bench.posts.PostSource;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.Trending;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
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
 * What does the engine's part of GET /api/trending cost: the top 10 over three windows of four
 * partitions, for the first query after a fold and for all others? Run {@code bench/run jmh
 * TopBenchmark}; the setup starts a broker and an engine, which counts three million mentions.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class TopBenchmark {
  private static final int POSTS = 1_200_000;
  private static final int WINDOWS = 3;

  /** Distinct hashtags. */
  @Param({"1000", "1000000"})
  int tags;

  private BenchmarkEngine engine;
  private Queries queries;
  private Trending.Question question;
  private Trending.Question thousand;
  private String[] names;
  private int next;

  @Setup
  public void count() throws Exception {
    engine = new BenchmarkEngine();
    try (PostFeed feed = new PostFeed(engine.bootstrap(), BenchmarkEngine.TOPIC, tags)) {
      feed.past(POSTS);
    }
    long nowMs = System.currentTimeMillis();
    engine.awaitCounted(POSTS);
    queries = engine.queries();
    question = new Trending.Question(10, WINDOWS, null, nowMs);
    thousand = new Trending.Question(1_000, WINDOWS, null, nowMs);
    byte[][] bytes = PostSource.tags(tags);
    names = new String[tags];
    for (int i = 0; i < tags; i++) {
      names[i] = new String(bytes[i], StandardCharsets.UTF_8);
    }
    if (queries.tryTrending(question).isEmpty()) {
      throw new AssertionError("the heads cannot prove the top 10");
    }
  }

  @TearDown
  public void close() {
    engine.close();
  }

  /** No partition has counted anything since the last query. */
  @Benchmark
  public Optional<Trending.Answer> sameViews() {
    return queries.tryTrending(question);
  }

  /** Counts one mention in every partition before each call, which takes the engine a publish. */
  @State(Scope.Thread)
  public static class NewViews {
    @Setup(Level.Invocation)
    public void fold(TopBenchmark top) throws Exception {
      top.engine.countInEveryPartition();
    }
  }

  /**
   * Every partition has counted something: ordering the heads is included. There are a few calls a
   * second, so the code runs with cold caches, as it does in an instance.
   */
  @Benchmark
  @Warmup(iterations = 5, time = 2)
  @Measurement(iterations = 5, time = 4)
  public Optional<Trending.Answer> newViews(NewViews views) {
    return queries.tryTrending(question);
  }

  /** The largest limit: what the heads cannot prove is scanned. */
  @Benchmark
  public Trending.Answer thousand() {
    return queries.trending(thousand);
  }

  /** One hashtag after the other, in no order. */
  @Benchmark
  public Trending.HashtagAnswer hashtag() {
    return queries.hashtag(names[Math.floorMod(next += 7_919, tags)], question);
  }
}
