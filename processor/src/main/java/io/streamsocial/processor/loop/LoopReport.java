package io.streamsocial.processor.loop;

import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.Role;
import io.streamsocial.processor.snapshots.StateCopy;
import io.streamsocial.processor.task.CountTask;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.TopicPartition;

/** What others see of a loop: snapshots, taken by the loop now and then, read by any thread. */
final class LoopReport {
  private static final long INTERVAL_MS = 100;

  /** Of one moment. */
  record Snapshot(EngineStatus.Loop loop, List<EngineStatus.Partition> partitions) {}

  private final String posts;
  private final LoopTasks tasks;
  private final Assignment assignment;
  private final GroupPhase phase;
  private final LoopTrouble trouble;
  private final LoopCounters counters;
  private final long rememberMs;
  private final TurnClock clock;
  private long takenMs;
  private volatile Snapshot last;

  /**
   * @param posts the first topic that is read
   * @param rememberMs for how long ids of posts are remembered
   */
  LoopReport(
      String posts,
      LoopTasks tasks,
      Assignment assignment,
      GroupPhase phase,
      LoopTrouble trouble,
      LoopCounters counters,
      long rememberMs,
      TurnClock clock) {
    this.posts = posts;
    this.tasks = tasks;
    this.assignment = assignment;
    this.phase = phase;
    this.trouble = trouble;
    this.counters = counters;
    this.rememberMs = rememberMs;
    this.clock = clock;
    this.last = snapshot();
  }

  /** The last snapshot, but the progress as it is now; any thread. */
  Snapshot last() {
    Snapshot taken = last;
    return new Snapshot(taken.loop().withProgress(clock.progressMs()), taken.partitions());
  }

  /** Takes a snapshot when the last one is old enough. */
  void turn() {
    long steadyMs = clock.now().steadyMs();
    if (steadyMs - takenMs >= INTERVAL_MS) {
      takenMs = steadyMs;
      take();
    }
  }

  /** Takes a snapshot now. */
  void take() {
    last = snapshot();
  }

  private Snapshot snapshot() {
    List<EngineStatus.Partition> partitions = new ArrayList<>();
    for (CountTask task : tasks.counts()) {
      partitions.add(partition(task));
    }
    tasks.copying().forEach((partition, copy) -> partitions.add(fetched(partition, copy)));
    return new Snapshot(loop(), List.copyOf(partitions));
  }

  private EngineStatus.Loop loop() {
    long lag = 0;
    long freshMs = tasks.ingests().isEmpty() ? 0 : Long.MAX_VALUE;
    long ids = 0;
    long horizonMs = rememberMs;
    for (IngestTask ingest : tasks.ingests()) {
      lag = ingest.lag() < 0 || lag < 0 ? -1 : lag + ingest.lag();
      freshMs = Math.min(freshMs, ingest.freshUntilMs());
      ids += ingest.recent().size();
      horizonMs = Math.min(horizonMs, ingest.recent().horizonMs());
    }
    return new EngineStatus.Loop(
        trouble.loop(),
        phase.state(assignment.areOpening()),
        clock.progressMs(),
        postsPartitions(),
        otherSources(),
        lag,
        freshMs,
        ids,
        horizonMs,
        trouble.refusals(),
        counters.snapshot());
  }

  private List<Integer> postsPartitions() {
    return tasks.ingests().stream()
        .filter(ingest -> ingest.topicPartition().topic().equals(posts))
        .map(IngestTask::partition)
        .toList();
  }

  private List<TopicPartition> otherSources() {
    return tasks.ingests().stream()
        .map(IngestTask::topicPartition)
        .filter(source -> !source.topic().equals(posts))
        .toList();
  }

  private EngineStatus.Partition partition(CountTask task) {
    int partition = task.partition();
    return new EngineStatus.Partition(
        partition,
        tasks.isAssigned(partition) ? Role.ACTIVE : Role.STANDBY,
        !task.status().isReadable(),
        task.liveOffset(),
        lag(task),
        task.restoredRecords(),
        tasks.restoreRemaining(partition),
        task.newestMs(),
        task.streamTimeMs(),
        task.checkpointedAtMs(),
        task.verifiedAtMs(),
        task.stores());
  }

  private EngineStatus.Partition fetched(int partition, StateCopy.Progress copy) {
    return EngineStatus.Partition.fetched(
        partition,
        tasks.isAssigned(partition) ? Role.ACTIVE : Role.STANDBY,
        copy.records(),
        new EngineStatus.Fetching(copy.from(), copy.bytes(), copy.bytesTotal()));
  }

  private long lag(CountTask task) {
    return switch (task.status()) {
      case RUNNING -> assignment.lag(task.partition());
      case FOLLOWING -> tasks.followingLag(task.partition());
      // A stalled task's partition is paused, and the client would say what it knew then.
      case STALLED, RESTORING, CLOSED -> -1;
    };
  }
}
