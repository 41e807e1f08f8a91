package io.streamsocial.bench.micro;

import io.streamsocial.bench.posts.PostSource;
import io.streamsocial.processor.posts.Hashtags;
import io.streamsocial.processor.posts.PostParser;
import java.nio.charset.StandardCharsets;
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
 * What does it cost to read one post, and what of that is finding its hashtags? Run {@code
 * bench/run jmh ParseBenchmark}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ParseBenchmark {
  /** Distinct hashtags. */
  @Param("200000")
  int tags;

  private BenchmarkPosts posts;
  private byte[][] texts;
  private PostParser parser;
  private Hashtags hashtags;
  private int next;

  @Setup
  public void prepare() {
    posts = BenchmarkPosts.of(tags, PostSource.WINDOW_MS);
    parser = BenchmarkPosts.parser();
    hashtags = new Hashtags();
    texts = new byte[posts.size()][];
    for (int i = 0; i < texts.length; i++) {
      texts[i] = posts.text(i).getBytes(StandardCharsets.UTF_8);
    }
  }

  /** JSON, hashtags, region and time of one post. */
  @Benchmark
  public int parse() {
    byte[] post = posts.post(next++);
    if (parser.parse(post, 0, post.length, 0, posts.nowMs()) != null) {
      throw new AssertionError("a good post was rejected");
    }
    return parser.hashtags().size();
  }

  /** The same, where no view asks for hashtags. */
  @Benchmark
  public long parseAlone() {
    byte[] post = posts.post(next++);
    if (parser.parse(post, 0, post.length, 0, posts.nowMs()) != null) {
      throw new AssertionError("a good post was rejected");
    }
    return parser.timestampMs();
  }

  /** The hashtags alone. */
  @Benchmark
  public int extract() {
    byte[] text = texts[next++ & texts.length - 1];
    hashtags.scan(text, 0, text.length);
    return hashtags.size();
  }
}
