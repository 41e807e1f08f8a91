package io.streamsocial.bench.micro;

import io.streamsocial.bench.PostSource;
import io.streamsocial.bench.TemporaryDirectory;
import io.streamsocial.processor.log.Combiner;
import io.streamsocial.processor.log.ShuffleRecord;
import io.streamsocial.processor.loop.CountTask;
import io.streamsocial.processor.loop.LocalQueries;
import io.streamsocial.processor.loop.LoopCounters;
import io.streamsocial.processor.loop.ReadableTasks;
import io.streamsocial.processor.loop.TaskStores;
import io.streamsocial.processor.trends.Trending;
import io.streamsocial.store.StateDirectory;
import io.streamsocial.store.StoreMemory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does the engine's part of GET /api/trending cost: the top 10 over three windows of four
 * partitions, for the first who asks after a fold and for all others? Run {@code bench/run jmh
 * TopBenchmark}; setup folds a million mentions a window.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class TopBenchmark {
  private static final int PARTITIONS = 4;
  private static final int WINDOWS = 3;
  private static final int MENTIONS_A_WINDOW = 1_000_000;
  private static final long START_MS = PostSource.WINDOW_MS * 6_000_000;

  /** Distinct hashtags. */
  @Param({"1000", "1000000"})
  int tags;

  private final Map<Integer, CountTask> tasks = new HashMap<>();
  private final LoopCounters counters = new LoopCounters();
  private final Trending.Question question =
      new Trending.Question(10, WINDOWS, null, START_MS + WINDOWS * PostSource.WINDOW_MS - 1);
  private final Trending.Question thousand =
      new Trending.Question(1_000, WINDOWS, null, question.atMs());
  private TemporaryDirectory directory;
  private StateDirectory state;
  private StoreMemory memory;
  private LocalQueries queries;
  private String[] names;
  private final ByteBuffer[] oneMention = new ByteBuffer[PARTITIONS];
  private long offset;
  private int next;

  @Setup
  public void fold() {
    directory = new TemporaryDirectory();
    state = StateDirectory.lock(directory.path());
    memory = new StoreMemory(256L << 20);
    TaskStores stores = new TaskStores(BenchmarkPosts.WINDOWING, state, memory);
    ReadableTasks readable = new ReadableTasks();
    for (int p = 0; p < PARTITIONS; p++) {
      CountTask task = stores.open(p, counters, START_MS);
      task.run(Long.MAX_VALUE);
      readable.show(task);
      tasks.put(p, task);
    }
    queries = new LocalQueries(BenchmarkPosts.WINDOWING, PARTITIONS, readable);
    byte[][] bytes = PostSource.tags(tags);
    names = new String[tags];
    int[] partitions = new int[tags];
    for (int i = 0; i < tags; i++) {
      names[i] = new String(bytes[i], StandardCharsets.UTF_8);
      partitions[i] = Combiner.partition(bytes[i], PARTITIONS);
    }
    SplittableRandom random = new SplittableRandom(1);
    PostSource.Zipf zipf = new PostSource.Zipf(tags);
    for (int w = 0; w < WINDOWS; w++) {
      long[] counts = new long[tags];
      for (int i = 0; i < MENTIONS_A_WINDOW; i++) {
        counts[zipf.next(random)]++;
      }
      for (int i = 0; i < tags; i++) {
        if (counts[i] > 0) {
          fold(partitions[i], record(START_MS + w * PostSource.WINDOW_MS, bytes[i], counts[i]));
        }
      }
    }
    for (CountTask task : tasks.values()) {
      task.publishView();
    }
    for (int i = 0; i < tags; i++) {
      oneMention[partitions[i]] =
          record(START_MS + (WINDOWS - 1) * PostSource.WINDOW_MS, bytes[i], 1);
    }
    if (queries.tryTrending(question).isEmpty()) {
      throw new AssertionError("the heads cannot prove the top 10");
    }
  }

  private static ByteBuffer record(long startMs, byte[] tag, long count) {
    ShuffleRecord.Writer writer = new ShuffleRecord.Writer();
    writer.begin(startMs);
    writer.group(startMs, PostSource.region(0), 1);
    writer.entry(tag, 0, tag.length, count);
    return ByteBuffer.wrap(writer.finish(ShuffleRecord.note(1, List.of())));
  }

  private void fold(int partition, ByteBuffer record) {
    CountTask task = tasks.get(partition);
    if (task == null) {
      throw new AssertionError("no task " + partition);
    }
    task.fold(new ConsumerRecord<>("shuffle", partition, offset++, null, record));
    if (task.changes() >= 200_000) {
      task.checkpointed(task.sendChanges((key, value, header) -> {}), 0, START_MS, Long.MAX_VALUE);
    }
  }

  @TearDown
  public void close() {
    tasks.values().forEach(CountTask::close);
    memory.close();
    state.close();
    directory.close();
  }

  /** Nothing was folded since somebody asked. */
  @Benchmark
  public Optional<Trending.Answer> sameViews() {
    return queries.tryTrending(question);
  }

  /** Every partition has folded something: publishing the heads and ordering them is included. */
  @Benchmark
  public Optional<Trending.Answer> newViews() {
    for (int p = 0; p < PARTITIONS; p++) {
      fold(p, oneMention[p]);
    }
    tasks.values().forEach(CountTask::publishView);
    return queries.tryTrending(question);
  }

  /** The largest limit: what the heads cannot prove is scanned. */
  @Benchmark
  public Trending.Answer thousand() {
    return queries.trending(thousand);
  }

  /** One hashtag, in no order. */
  @Benchmark
  public Trending.HashtagAnswer hashtag() {
    return queries.hashtag(names[Math.floorMod(next += 7_919, tags)], question);
  }
}
