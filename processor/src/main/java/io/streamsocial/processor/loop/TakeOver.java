package io.streamsocial.processor.loop;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.task.CountTask;
import io.streamsocial.processor.task.TaskStatus;
import io.streamsocial.store.StoreException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a shuffle partition that the group has assigned to run here. Owned by the loop.
 *
 * <pre>
 *   begin      a task that is not open is opened; the changelog is read to the end that it has now
 *   complete   the state must reach what the group has committed, and the shuffle must reach back to
 *              the state; then the task runs from where its live state ends
 * </pre>
 *
 * A follower takes over with the state that it has: its store stays open and readable.
 */
final class TakeOver {
  private static final Logger log = LoggerFactory.getLogger(TakeOver.class);
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(10);

  /** Of one shuffle partition when its take-over began: its first offset, and the group's. */
  private record ShuffleBounds(long begin, long committed) {}

  private final GroupClient group;
  private final LoopTasks tasks;
  private final long checkpointMs;
  private final int shufflePartitions;
  private final Map<Integer, ShuffleBounds> shuffleBounds = new HashMap<>();

  TakeOver(
      GroupClient group,
      LoopTasks tasks,
      long checkpointMs,
      int shufflePartitions) {
    this.group = group;
    this.tasks = tasks;
    this.checkpointMs = checkpointMs;
    this.shufflePartitions = shufflePartitions;
  }

  /**
   * @param committed shuffle offset that the group has committed
   * @return false when that must wait
   */
  boolean begin(TopicPartition tp, long committed, Moment now) {
    int partition = tp.partition();
    long begin = group.get().beginningOffsets(Set.of(tp), CALL_TIMEOUT).getOrDefault(tp, 0L);
    CountTask open = tasks.count(partition);
    if (open != null) {
      tasks.restoreToRun(open, now);
    } else if (!tasks.open(partition, false, now)) {
      return false;
    }
    shuffleBounds.put(partition, new ShuffleBounds(begin, committed));
    return true;
  }

  /**
   * The task's changelog is read to its end.
   *
   * @throws StoreException CORRUPTED when the state ends before what the group has committed
   * @throws ConfigException when only a person can help
   */
  void complete(CountTask task, TopicPartition tp, Moment now) {
    int partition = task.partition();
    ShuffleBounds shuffle = shuffleBounds.getOrDefault(partition, new ShuffleBounds(0, 0));
    if (task.checkpointedOffset() < shuffle.committed) {
      // Rows are missing, and nothing says which.
      throw new StoreException(
          StoreException.Kind.CORRUPTED,
          "the restored state stands for shuffle offset %d, but the group has committed %d: the changelog or the store has lost records"
              .formatted(task.checkpointedOffset(), shuffle.committed));
    }
    if (task.liveOffset() < shuffle.begin) {
      throw new ConfigException(
          "the state of partition %d stands for %s up to offset %d, but that topic begins at %d: counts in between are lost; run reset to begin from nothing"
              .formatted(partition, tp, task.liveOffset(), shuffle.begin));
    }
    if (task.status() == TaskStatus.FOLLOWING) {
      log.info("took over partition {} at shuffle offset {}", partition, task.liveOffset());
    }
    // Spread over the interval, so that the checkpoints of many tasks do not come all at once.
    long stagger = checkpointMs * (partition + 1) / shufflePartitions;
    group.get().seek(tp, task.run(now.steadyMs() + stagger, now));
    tasks.show(task);
    group.get().resume(Set.of(tp));
  }
}
