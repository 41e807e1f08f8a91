package io.streamsocial.bench.micro;

import io.streamsocial.bench.posts.PostSource;
import io.streamsocial.processor.log.Combiner;
import io.streamsocial.processor.posts.PostParser;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
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
 * What does a post cost from the consumer's record to the combiner, parsing included? Publishes are
 * left out, but the combiner is cleared as one would: after so many posts. Run {@code bench/run jmh
 * IngestBenchmark}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class IngestBenchmark {
  /** Distinct hashtags. */
  @Param({"200000", "1000000"})
  int tags;

  /** Posts from one publish to the next: 100 ms at 50,000 posts a second, and catching up. */
  @Param({"5000", "50000"})
  int publishPosts;

  private ConsumerRecord<ByteBuffer, ByteBuffer>[] records;
  private BenchmarkPosts posts;
  private PostParser parser;
  private Combiner combiner;
  private int next;
  private int unpublished;

  @Setup
  @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type
  public void prepare() {
    posts = BenchmarkPosts.of(tags, PostSource.WINDOW_MS);
    records = new ConsumerRecord[posts.size()];
    for (int i = 0; i < records.length; i++) {
      records[i] = new ConsumerRecord<>("posts", 0, i, null, ByteBuffer.wrap(posts.post(i)));
    }
    parser = BenchmarkPosts.parser();
    combiner = new Combiner(BenchmarkPosts.WINDOWING, List.of(), 64 << 20);
  }

  @Benchmark
  public int ingest() {
    ConsumerRecord<ByteBuffer, ByteBuffer> post = records[next++ & records.length - 1];
    ByteBuffer bytes = post.value();
    if (parser.parse(
            bytes.array(),
            bytes.arrayOffset() + bytes.position(),
            bytes.remaining(),
            post.timestamp(),
            posts.nowMs())
        != null) {
      throw new AssertionError("a good post was rejected");
    }
    combiner.add(parser);
    if (++unpublished == publishPosts) {
      unpublished = 0;
      combiner.clear();
    }
    return combiner.entries();
  }
}
