package io.streamsocial.bench.contender;

import io.streamsocial.bench.posts.Digest;
import io.streamsocial.bench.posts.PostSource;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.Guarantee;
import io.streamsocial.processor.loop.Engine;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.table.WindowKey;
import io.streamsocial.store.WindowStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.ToLongFunction;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.ReplicaInfo;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** Our engine with its defaults, and with or without ids that are remembered. */
final class OursContender implements Contender {
  private static final int PARTITIONS = 4;

  private final Job job;
  private final EngineConfig config;
  private @Nullable Engine engine;
  private long allRegionsKeys;

  OursContender(Job job, Guarantee guarantee, Duration dedupe) {
    this.job = job;
    this.config =
        EngineConfig.defaults()
            .bootstrap(job.bootstrap())
            .appId("ours-" + job.stateDir().getFileName())
            .topic(job.topic())
            .stateDir(job.stateDir())
            .shufflePartitions(PARTITIONS)
            .threads(job.threads())
            .guarantee(guarantee)
            .dedupe(dedupe)
            .build();
  }

  @Override
  public void start() {
    engine = Engine.start(config);
  }

  @Override
  public long processed() {
    return sum(EngineStatus.Counters::posts);
  }

  private long sum(ToLongFunction<EngineStatus.Counters> counter) {
    Engine running = engine;
    if (running == null) {
      return 0;
    }
    if (running.failure().isDone()) {
      throw new IllegalStateException("the engine failed", running.failure().join());
    }
    return running.status().loops().stream()
        .map(EngineStatus.Loop::counters)
        .mapToLong(counter)
        .sum();
  }

  @Override
  public boolean isDone() {
    return processed() >= job.posts()
        && sum(EngineStatus.Counters::counted) + sum(EngineStatus.Counters::late)
            == sum(EngineStatus.Counters::mentions);
  }

  @Override
  public long shuffleBytes() {
    return onDisk("-shuffle");
  }

  @Override
  public long changelogBytes() {
    return onDisk("-changelog");
  }

  /** From the broker, since the engine does not expose the metrics of its producers. */
  private long onDisk(String topicEnd) {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", job.bootstrap()))) {
      long bytes = 0;
      for (Map<String, LogDirDescription> broker :
          admin.describeLogDirs(List.of(1)).allDescriptions().get().values()) {
        for (LogDirDescription directory : broker.values()) {
          for (Map.Entry<TopicPartition, ReplicaInfo> replica :
              directory.replicaInfos().entrySet()) {
            String topic = replica.getKey().topic();
            bytes +=
                topic.startsWith(config.identity().appId() + "-") && topic.endsWith(topicEnd)
                    ? replica.getValue().size()
                    : 0;
          }
        }
      }
      return bytes;
    } catch (ExecutionException e) {
      throw new IllegalStateException("the broker does not report the size of its logs", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public Digest result() {
    close();
    Digest digest = new Digest();
    try (StoreMemory memory = new StoreMemory(64 << 20)) {
      for (int p = 0; p < PARTITIONS; p++) {
        Path dir =
            job.stateDir()
                .resolve(config.identity().appId())
                .resolve(config.identity().instanceId())
                .resolve("task-" + p);
        try (WindowStore store =
            WindowStore.open(
                dir,
                "hashtag-trends-store",
                PostSource.WINDOW_MS,
                WindowStore.Bounds.ofHeads(10),
                memory)) {
          store.forEachRow((key, row) -> add(digest, key, row[0]));
        }
      }
    }
    return digest;
  }

  private void add(Digest digest, byte[] key, long count) {
    byte[] region = WindowKey.region(key);
    if (region.length == 0) {
      allRegionsKeys++; // would count every mention twice
    } else {
      byte[] tag = WindowKey.tag(key);
      digest.add(WindowKey.windowStart(key), region, region.length, tag, 0, tag.length, count);
    }
  }

  @Override
  public long furtherKeys() {
    return allRegionsKeys;
  }

  @Override
  public Rebuild rebuild() {
    Engine running = engine;
    EngineStatus status = running == null ? null : running.status();
    if (status == null || status.partitions().isEmpty()) {
      return Rebuild.STARTING;
    }
    boolean done =
        status.state() == EngineState.RUNNING
            && status.partitions().size() == PARTITIONS
            && status.partitions().stream().noneMatch(EngineStatus.Partition::restoring);
    return done ? Rebuild.DONE : Rebuild.READING;
  }

  @Override
  public long restoredRecords() {
    return sum(EngineStatus.Counters::restoredRecords);
  }

  @Override
  public void close() {
    if (engine != null) {
      engine.close();
    }
  }
}
