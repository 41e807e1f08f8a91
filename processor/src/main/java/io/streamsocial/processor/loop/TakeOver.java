package io.streamsocial.processor.loop;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.task.CountTask;
import io.streamsocial.processor.task.Restorer;
import io.streamsocial.processor.task.TaskStatus;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a shuffle partition that the group has assigned to run here. Owned by the loop.
 *
 * <pre>
 *   begin      a task that is not open is opened; the changelog is read to the end that it has now
 *   complete   the shuffle must reach back to the state; then the task runs from where its live
 *              state ends
 * </pre>
 *
 * The offset that the group has committed decides nothing: it is committed with each checkpoint, so
 * one that differs from the state's was deleted, moved, or has expired.
 *
 * <p>A follower takes over with the state that it has: its store stays open and readable.
 */
final class TakeOver {
  private static final Logger log = LoggerFactory.getLogger(TakeOver.class);
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(10);

  /**
   * Of one shuffle partition when its take-over began: its first offset and its end, and the offset
   * that the group has committed, if any.
   */
  private record ShuffleBounds(long begin, long end, @Nullable OffsetAndMetadata committed) {}

  private final GroupClient group;
  private final LoopTasks tasks;
  private final LoopTrouble trouble;
  private final long checkpointMs;
  private final int shufflePartitions;
  private final Map<Integer, ShuffleBounds> shuffleBounds = new HashMap<>();

  TakeOver(
      GroupClient group,
      LoopTasks tasks,
      LoopTrouble trouble,
      long checkpointMs,
      int shufflePartitions) {
    this.group = group;
    this.tasks = tasks;
    this.trouble = trouble;
    this.checkpointMs = checkpointMs;
    this.shufflePartitions = shufflePartitions;
  }

  /**
   * Where shuffle partitions begin and end now, and the changelogs of each; asked for all that are
   * to begin at once.
   */
  record Bounds(
      Map<TopicPartition, Long> begins,
      Map<TopicPartition, Long> ends,
      Map<Integer, List<Restorer.Bounds>> changelogs) {}

  /**
   * For {@link #begin}.
   *
   * @param shuffle partitions, one or more
   */
  Bounds bounds(Set<TopicPartition> shuffle) {
    Set<Integer> partitions =
        shuffle.stream().map(TopicPartition::partition).collect(Collectors.toSet());
    return new Bounds(
        group.get().beginningOffsets(shuffle, CALL_TIMEOUT),
        group.get().endOffsets(shuffle, CALL_TIMEOUT),
        tasks.bounds(partitions));
  }

  /**
   * @param committed shuffle offset that the group has committed; null for none
   * @param bounds of a moment ago
   * @return false when that must wait
   */
  boolean begin(
      TopicPartition tp, @Nullable OffsetAndMetadata committed, Bounds bounds, Moment now) {
    int partition = tp.partition();
    long begin = bounds.begins().getOrDefault(tp, 0L);
    long end = bounds.ends().getOrDefault(tp, Long.MAX_VALUE);
    List<Restorer.Bounds> changelogs = Objects.requireNonNull(bounds.changelogs().get(partition));
    CountTask open = tasks.count(partition);
    if (open != null) {
      tasks.restoreToRun(open, changelogs, now);
    } else if (!tasks.open(partition, changelogs, false, now)) {
      return false;
    }
    shuffleBounds.put(partition, new ShuffleBounds(begin, end, committed));
    return true;
  }

  /**
   * The task's changelog is read to its end.
   *
   * @throws ConfigException when only a person can help
   */
  void complete(CountTask task, TopicPartition tp, Moment now) {
    int partition = task.partition();
    boolean hasFollowed = task.status() == TaskStatus.FOLLOWING;
    if (hasFollowed) {
      log.info("took over partition {} at shuffle offset {}", partition, task.liveOffset());
    }
    // Spread over the interval, so that the checkpoints of many tasks do not come all at once.
    long stagger = checkpointMs * (partition + 1) / shufflePartitions;
    long next = task.run(now.steadyMs() + stagger, now);
    // Only a task that runs knows where each of its views stands, see ShuffleFold.
    ShuffleBounds shuffle = shuffleBounds.get(partition);
    if (shuffle != null) {
      check(task, tp, shuffle, hasFollowed);
    }
    group.get().seek(tp, next);
    tasks.show(task);
    group.get().resume(Set.of(tp));
  }

  private void check(
      CountTask task, TopicPartition tp, ShuffleBounds shuffle, boolean hasFollowed) {
    long live = task.liveOffset();
    if (live < shuffle.begin) {
      throw new ConfigException(
          "the state of partition %d stands for %s up to offset %d, but that topic begins at %d: counts in between are not there; start an instance that has the partition in its state directory first. Only when there is none, run reset to begin from nothing"
              .formatted(tp.partition(), tp, live, shuffle.begin));
    }
    // A follower has read what it stands for; the end has moved on since.
    if (!hasFollowed && live > shuffle.end) {
      throw new ConfigException(
          "the state of partition %d stands for %s up to offset %d, but that topic ends at %d: it was truncated, or deleted and created again; bring it back, or run reset to begin from nothing"
              .formatted(tp.partition(), tp, live, shuffle.end));
    }
    long stored = task.checkpointedOffset();
    OffsetAndMetadata committed = shuffle.committed;
    if (committed == null ? stored > 0 : committed.offset() != stored) {
      trouble.offsetsDiffer(
          "%s: committed %s, the state has %d, going on at %d"
              .formatted(tp, committed == null ? "nothing" : committed.offset(), stored, live));
    }
  }
}
