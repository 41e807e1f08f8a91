package io.streamsocial.bench.contender;

import io.streamsocial.bench.posts.Digest;
import io.streamsocial.bench.posts.JobView;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineConfigBuilder;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.Guarantee;
import io.streamsocial.processor.loop.Engine;
import io.streamsocial.processor.posts.PostViews;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.ToLongFunction;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.ReplicaInfo;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** Our engine with its defaults, the views of its job, and with or without ids remembered. */
final class OursContender implements Contender {
  private static final int PARTITIONS = 4;

  private final Job job;
  private final EngineConfig config;
  private @Nullable Engine engine;
  private Map<Integer, Long> shuffleEnds = Map.of();
  private long allRegionsKeys;

  OursContender(Job job, Guarantee guarantee, Duration dedupe) {
    this.job = job;
    EngineConfigBuilder building =
        EngineConfig.defaults()
            .bootstrap(job.bootstrap())
            .appId("ours-" + job.stateDir().getFileName())
            .topic(job.topic())
            .hashtags(job.views().contains(JobView.TRENDING))
            .stateDir(job.stateDir())
            .shufflePartitions(PARTITIONS)
            .threads(job.threads())
            .guarantee(guarantee)
            .dedupe(dedupe);
    for (JobView view : JobView.values()) {
      if (job.views().contains(view)) {
        PostViews.named(view.label(), job.topic()).ifPresent(building::view);
      }
    }
    this.config = building.build();
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
            == sum(EngineStatus.Counters::mentions)
        && (config.views().others().isEmpty() || isShuffleFolded());
  }

  /** Of mentions the engine says how many it has folded, of other views it does not. */
  private boolean isShuffleFolded() {
    if (shuffleEnds.isEmpty()) {
      shuffleEnds = shuffleEnds(); // nothing comes behind these: all posts are published
    }
    Engine running = engine;
    return running != null
        && running.status().partitions().stream()
            .allMatch(
                task ->
                    task.shuffleOffset()
                        >= shuffleEnds.getOrDefault(task.partition(), Long.MAX_VALUE));
  }

  private Map<Integer, Long> shuffleEnds() {
    Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
    for (int p = 0; p < PARTITIONS; p++) {
      wanted.put(
          new TopicPartition(config.identity().appId() + "-shuffle", p), OffsetSpec.latest());
    }
    Map<Integer, Long> ends = new HashMap<>();
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", job.bootstrap()))) {
      admin
          .listOffsets(wanted)
          .all()
          .get()
          .forEach((shuffle, end) -> ends.put(shuffle.partition(), end.offset()));
      return ends;
    } catch (ExecutionException e) {
      throw new IllegalStateException("the broker does not say where the shuffle ends", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
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
    OursRows rows = new OursRows(config);
    rows.read();
    allRegionsKeys = rows.allRegionsKeys();
    return rows.digest();
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
