package io.streamsocial.bench.micro;

import io.streamsocial.bench.posts.PostFeed;
import io.streamsocial.bench.posts.PostSource;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.Trending;
import io.streamsocial.processor.trends.ViewState;
import io.streamsocial.processor.trends.ViewTop;
import io.streamsocial.processor.trends.WindowSpan;
import java.nio.charset.StandardCharsets;
import java.util.List;
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
 * partitions, for the first query after a fold and for all others; and what does the same question
 * cost that another program asks of a ranked view of its own? Run {@code bench/run jmh
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

  /** Who is asked: trending, or a view of another program that is ranked by the same counts. */
  @Param({"trending", "view"})
  String of = "";

  private BenchmarkEngine engine;
  private Queries queries;
  private Trending.Question question;
  private Trending.Question thousand;
  private ViewState view;
  private ViewTop.Question viewQuestion;
  private ViewTop.Question viewThousand;
  private WindowSpan windows;
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
    view = engine.view();
    viewQuestion = new ViewTop.Question(view.schema(), "", 0, WINDOWS, nowMs, 10);
    viewThousand = new ViewTop.Question(view.schema(), "", 0, WINDOWS, nowMs, 1_000);
    windows = new WindowSpan(nowMs - (WINDOWS - 1) * PostSource.WINDOW_MS, nowMs);
    requireEqualAnswers();
    byte[][] bytes = PostSource.tags(tags);
    names = new String[tags];
    for (int i = 0; i < tags; i++) {
      names[i] = new String(bytes[i], StandardCharsets.UTF_8);
    }
  }

  private void requireEqualAnswers() {
    List<Long> trending =
        queries.tryTrending(question).orElseThrow().rows().stream()
            .map(Trending.Row::count)
            .toList();
    List<Long> rows =
        view.tryTop(viewQuestion).orElseThrow().rows().stream().map(ViewTop.Row::total).toList();
    if (trending.size() != 10 || !trending.equals(rows)) {
      throw new AssertionError("trending has %s, the view %s".formatted(trending, rows));
    }
  }

  private boolean isTrending() {
    return of.equals("trending");
  }

  @TearDown
  public void close() {
    engine.close();
  }

  /** No partition has counted anything since the last query. */
  @Benchmark
  public Object sameViews() {
    return top();
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
  public Object newViews(NewViews views) {
    return top();
  }

  /** The largest limit: what the heads cannot prove is scanned. */
  @Benchmark
  public Object thousand() {
    return isTrending() ? queries.trending(thousand) : view.ask(viewThousand);
  }

  private Object top() {
    return isTrending() ? queries.tryTrending(question) : view.tryTop(viewQuestion);
  }

  /** One hashtag after the other, in no order. */
  @Benchmark
  public Object hashtag() {
    String name = names[Math.floorMod(next += 7_919, tags)];
    return isTrending() ? queries.hashtag(name, question) : view.get("", windows, view.key(name));
  }
}
