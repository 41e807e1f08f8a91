package io.streamsocial.processor.loop;

import io.streamsocial.processor.task.CountTask;
import io.streamsocial.processor.task.Followers;
import io.streamsocial.processor.task.Restorer;
import io.streamsocial.processor.task.TaskStatus;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The shuffle partitions that a loop follows for readers alone. Owned by the loop.
 *
 * <pre>
 *   wanted      the group's table names this loop as a standby: opened, restored, followed
 *   lingering   neither wanted nor assigned any more: followed for {@value #LINGER_MS} ms on, so that
 *               this instance can answer until the partition's next owner does, then closed
 * </pre>
 */
final class Standbys {
  private static final Logger log = LoggerFactory.getLogger(Standbys.class);
  // The take-over elsewhere is a matter of a second, unless the new owner has trouble.
  private static final long LINGER_MS = 30_000;

  /**
   * Shuffle records, of which a loop writes one a publish, that a standby may lack to take over.
   */
  private static final long CAUGHT_UP_LAG = 1_000;

  private final LoopTasks tasks;
  private final Restorer restorer;
  private final Followers followers;
  private final TurnClock clock;
  private Set<Integer> wanted = Set.of();
  // By partition: until when, by the steady clock.
  private final Map<Integer, Long> lingering = new HashMap<>();

  Standbys(LoopTasks tasks, Restorer restorer, Followers followers, TurnClock clock) {
    this.tasks = tasks;
    this.restorer = restorer;
    this.followers = followers;
    this.clock = clock;
  }

  /**
   * Which partitions to follow from now on. Others that were followed linger.
   *
   * @param ofThisInstance shuffle partitions of the instance's other loops, which need the stores
   */
  void want(Set<Integer> partitions, Set<Integer> ofThisInstance) {
    wanted = Set.copyOf(partitions);
    lingering.keySet().removeAll(wanted);
    for (CountTask task : List.copyOf(tasks.counts())) {
      int partition = task.partition();
      if (tasks.isAssigned(partition) || wanted.contains(partition)) {
        continue;
      }
      if (ofThisInstance.contains(partition)) {
        lingering.remove(partition);
        tasks.close(partition);
      } else {
        lingering.putIfAbsent(partition, clock.now().steadyMs() + LINGER_MS);
      }
    }
  }

  /** The group has assigned it: it is here to run. */
  void assigned(int partition) {
    lingering.remove(partition);
  }

  /** The group has taken it away: followed until its next owner answers. */
  void released(CountTask task) {
    follow(task);
    lingering.put(task.partition(), clock.now().steadyMs() + LINGER_MS);
  }

  /** Opens the partitions that are wanted and not here. */
  void openMissing() {
    Set<Integer> missing = new TreeSet<>(wanted);
    missing.removeIf(
        partition ->
            tasks.count(partition) != null
                || tasks.isAssigned(partition)
                || tasks.isCopying(partition));
    if (missing.isEmpty()) {
      return;
    }
    Map<Integer, List<Restorer.Bounds>> bounds = tasks.bounds(missing);
    for (Integer partition : missing) {
      List<Restorer.Bounds> changelogs = Objects.requireNonNull(bounds.get(partition));
      boolean unused = tasks.open(partition, changelogs, true, clock.now());
      clock.progress();
    }
  }

  /** Gives up the state that is on the way for partitions which are neither wanted nor assigned. */
  void endCopies() {
    tasks.keepCopying(wanted::contains);
  }

  /** Its changelog is read to its end. */
  void follow(CountTask task) {
    task.follow(clock.now());
    followers.add(task);
    restorer.follow(task, clock.now());
    tasks.show(task);
  }

  /** Folds what has come for the tasks that follow; returns its records. */
  int turn(Followers.Listener listener) {
    return followers.turn(listener, clock.now());
  }

  /** It is assigned and runs: the group's consumer reads its shuffle from now on. */
  void runs(CountTask task) {
    followers.remove(task.partition());
  }

  /** The store has what its checkpoint had; the changelog has the rest. */
  void leftBehind(CountTask task) {
    log.warn(
        "partition {} is followed too slowly: the shuffle was deleted beyond offset {}; going on from the changelog",
        task.partition(),
        task.liveOffset());
    tasks.close(task.partition());
  }

  /** See {@link LoopTasks#positions}. */
  Map<Integer, Long> positions() {
    return tasks.positions();
  }

  /** Whether one of these follows so closely that it could take over at once. */
  boolean isAnyCaughtUp(Set<Integer> partitions) {
    for (Integer partition : partitions) {
      CountTask task = tasks.count(partition);
      if (task != null
          && task.status() == TaskStatus.FOLLOWING
          && followers.lag(partition).orElse(Long.MAX_VALUE) <= CAUGHT_UP_LAG) {
        return true;
      }
    }
    return false;
  }

  /** Closes what has lingered for long enough. */
  void closeLingering() {
    lingering
        .entrySet()
        .removeIf(
            entry -> {
              boolean isOver = clock.now().steadyMs() >= entry.getValue();
              if (isOver) {
                tasks.close(entry.getKey());
              }
              return isOver;
            });
  }
}
