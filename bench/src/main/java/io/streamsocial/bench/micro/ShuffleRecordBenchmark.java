package io.streamsocial.bench.micro;

import io.streamsocial.bench.posts.PostSource;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.log.Combiner;
import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.processor.log.ProgressNote;
import io.streamsocial.processor.log.ShuffleRecord;
import io.streamsocial.processor.posts.PostParser;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * What does the shuffle cost: packing what was folded into the records of one publish, and walking
 * those records? A post's share of it, for publishes of 5,000 posts to 4 partitions. Run {@code
 * bench/run jmh ShuffleRecordBenchmark}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ShuffleRecordBenchmark {
  private static final int POSTS = 5_000;
  private static final int PARTITIONS = 4;
  private static final int RECORD_BYTES = 400 << 10;

  /** Distinct hashtags. */
  @Param({"1000", "200000", "1000000"})
  int tags;

  private final ShuffleRecord.Writer[] writers = new ShuffleRecord.Writer[PARTITIONS];
  private final ShuffleRecord.Reader reader = new ShuffleRecord.Reader();
  private final InputProgress progress = new InputProgress();
  private final List<ByteBuffer> records = new ArrayList<>();
  private Combiner combiner;
  private ProgressNote note;
  private long nowMs;

  @Setup
  public void prepare() {
    BenchmarkPosts posts = BenchmarkPosts.of(tags, PostSource.WINDOW_MS);
    nowMs = posts.nowMs();
    combiner = new Combiner(BenchmarkPosts.WINDOWING, List.of(), 64 << 20);
    PostParser parser = BenchmarkPosts.parser();
    for (int i = 0; i < POSTS; i++) {
      byte[] post = posts.post(i);
      if (parser.parse(post, 0, post.length, 0, nowMs) != null) {
        throw new AssertionError("a good post was rejected");
      }
      combiner.add(parser);
    }
    for (int p = 0; p < PARTITIONS; p++) {
      writers[p] = new ShuffleRecord.Writer();
    }
    note = ProgressNote.of(PARTITIONS, Uuid.ZERO_UUID, List.of(), Moment.now());
    combiner.pack(
        writers,
        nowMs,
        note,
        RECORD_BYTES,
        (partition, record) -> records.add(ByteBuffer.wrap(record)));
    System.out.printf(
        "%n%d posts: %d mentions, %d entries, %d bytes packed%n",
        POSTS,
        combiner.mentions(),
        combiner.entries(),
        records.stream().mapToInt(ByteBuffer::remaining).sum());
  }

  @Benchmark
  @OperationsPerInvocation(POSTS)
  public void pack(Blackhole out) {
    combiner.pack(writers, nowMs, note, RECORD_BYTES, (partition, record) -> out.consume(record));
  }

  @Benchmark
  @OperationsPerInvocation(POSTS)
  public long unpack(Blackhole out) {
    long mentions = 0;
    for (ByteBuffer record : records) {
      if (!reader.begin(record)) {
        throw new AssertionError("our own record is foreign");
      }
      while (reader.nextGroup()) {
        out.consume(reader.group());
        while (reader.nextEntry()) {
          out.consume(reader.keyOffset());
          mentions += reader.count();
        }
      }
      out.consume(reader.note(progress));
    }
    return mentions;
  }
}
