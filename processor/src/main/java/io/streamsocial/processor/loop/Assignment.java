package io.streamsocial.processor.loop;

import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.kafka.InputTopics;
import io.streamsocial.processor.kafka.TopicIdentity;
import io.streamsocial.processor.task.CountTask;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * The partitions that the group has given to a loop. Kafka's cooperative protocol tells the
 * difference of two assignments: what is new is paused and opened, what is gone is closed or
 * lingers, and the rest is left alone. Owned by the loop.
 *
 * <p>Ingest tasks are opened and dropped at once; a count task takes over, see {@link TakeOver},
 * and goes on as a follower when it is given back or lost, see {@link Standbys}.
 */
final class Assignment {
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(10);
  // The input waits no longer for counts that restore: posts are read while much is restored.
  private static final long COUNTS_FIRST_MS = 500;

  private final GroupClient group;
  private final TopicNames topics;
  private final IngestTask.Sources sources;
  private final LoopTasks tasks;
  private final Standbys standbys;
  private final InputTopics inputs;
  private final IngestStart ingestStart;
  private final TakeOver takeOver;
  private final TurnClock clock;
  // Assigned, but not opened yet: paused.
  private final Set<TopicPartition> pending = new HashSet<>();
  // By topic: a question to the brokers.
  private final Map<String, Long> doubts = new HashMap<>();
  private long countsBegunMs = Long.MIN_VALUE / 2; // by the steady clock; long ago for never

  Assignment(
      GroupClient group,
      TopicNames topics,
      IngestTask.Sources sources,
      LoopTasks tasks,
      Standbys standbys,
      InputTopics inputs,
      IngestStart ingestStart,
      TakeOver takeOver,
      TurnClock clock) {
    this.group = group;
    this.topics = topics;
    this.sources = sources;
    this.tasks = tasks;
    this.standbys = standbys;
    this.inputs = inputs;
    this.ingestStart = ingestStart;
    this.takeOver = takeOver;
    this.clock = clock;
  }

  /** Whether something that the group has assigned is still to be opened or restored. */
  boolean areOpening() {
    return !pending.isEmpty() || tasks.areRestoringToRun();
  }

  void assigned(Collection<TopicPartition> partitions) {
    // The position is ours to set, once the task is open; until then any will do.
    group.get().pause(partitions);
    partitions.forEach(tp -> group.get().seek(tp, 0));
    pending.addAll(partitions);
    for (TopicPartition tp : partitions) {
      if (isShuffle(tp)) {
        tasks.assign(tp.partition());
        standbys.assigned(tp.partition());
      }
    }
  }

  /** Given back or lost. */
  void release(Collection<TopicPartition> partitions) {
    for (TopicPartition tp : partitions) {
      pending.remove(tp);
      if (isShuffle(tp)) {
        releaseCount(tp.partition());
      } else { // of the input, or of a topic that a former life of this member read
        tasks.closeIngest(tp);
      }
    }
  }

  private void releaseCount(int partition) {
    tasks.unassign(partition);
    CountTask task = tasks.count(partition);
    if (task == null) {
      return;
    }
    switch (task.status()) {
      case RUNNING, FOLLOWING -> standbys.released(task);
      // Opened again to follow, if that is wanted.
      case RESTORING, STALLED, CLOSED -> tasks.close(partition);
    }
  }

  /**
   * The result of the last publish is unknown: everything assigned begins again from what is
   * committed. The live states do not depend on it: they go on as followers meanwhile.
   */
  void reopenAll() {
    assigned(releaseAll());
  }

  /** Gives up all that is assigned, as if it were lost; returns what that was. */
  Set<TopicPartition> releaseAll() {
    Set<TopicPartition> all = Set.copyOf(group.get().assignment());
    release(all);
    return all;
  }

  /** Gives up the posts that were read since the last publish: they are read again. */
  void rewind() {
    for (IngestTask ingest : tasks.ingests()) {
      group.get().seek(ingest.topicPartition(), ingest.rewind());
    }
  }

  /**
   * Opens what is pending; only once the committed offsets are settled. Counts before input: to
   * look for the posts that the state includes takes longer than to restore what has little to
   * read, and until that is read nothing can be answered.
   */
  void openPending() {
    Set<TopicPartition> ready = new HashSet<>(pending);
    ready.removeIf(tp -> isShuffle(tp) && tasks.isCopying(tp.partition()));
    Set<TopicPartition> counts = new HashSet<>(ready);
    counts.removeIf(tp -> !isShuffle(tp));
    if (ready.isEmpty() || (counts.isEmpty() && mustInputWait())) {
      return;
    }
    Map<TopicPartition, OffsetAndMetadata> committed = group.get().committed(ready, CALL_TIMEOUT);
    clock.progress();
    if (areAnyBegun(counts, committed)) {
      countsBegunMs = clock.now().steadyMs();
    }
    if (mustInputWait()) {
      return;
    }
    for (TopicIdentity topic : inputs.all()) {
      openInput(topic, committed);
    }
    clock.progress();
  }

  private boolean mustInputWait() {
    return tasks.areRestoringToRun() && clock.now().steadyMs() - countsBegunMs < COUNTS_FIRST_MS;
  }

  private boolean areAnyBegun(
      Set<TopicPartition> counts, Map<TopicPartition, OffsetAndMetadata> committed) {
    if (counts.isEmpty()) {
      return false;
    }
    TakeOver.Bounds bounds = takeOver.bounds(counts);
    boolean begun = false;
    for (TopicPartition tp : counts) {
      clock.progress();
      if (takeOver.begin(tp, committed.get(tp), bounds, clock.now())) {
        pending.remove(tp);
        begun = true;
      }
    }
    clock.progress();
    return begun;
  }

  private boolean isShuffle(TopicPartition tp) {
    return tp.topic().equals(topics.shuffle());
  }

  private void openInput(TopicIdentity identity, Map<TopicPartition, OffsetAndMetadata> committed) {
    TopicIdentity.Description topic = identity.now();
    Set<TopicPartition> opened = new HashSet<>(pending);
    // A topic that was created again with fewer partitions: the group takes the others away.
    opened.removeIf(
        tp -> !tp.topic().equals(identity.name()) || tp.partition() >= topic.partitions());
    if (opened.isEmpty()) {
      return;
    }
    Map<TopicPartition, IngestStart.Place> starts = ingestStart.of(topic.id(), opened, committed);
    starts.forEach(
        (tp, start) -> {
          group.get().seek(tp, start.recallFrom());
          tasks.open(new IngestTask(topic.id(), tp, start, sources, clock.now()));
        });
    pending.removeAll(starts.keySet());
    group.get().resume(starts.keySet());
  }

  /**
   * An offset of the input is not there: deleted by retention, or the topic is another one. Nothing
   * of the partition is read until the brokers have said which.
   */
  void doubt(TopicPartition tp) {
    group.get().pause(Set.of(tp));
    doubts.put(tp.topic(), inputs.get(tp.topic()).ask(clock.now()));
  }

  /** The topics whose partitions must be opened again, see {@link #reopen(Set)}. */
  Set<String> moved() {
    Set<String> moved = new HashSet<>();
    doubts.forEach(
        (topic, doubt) -> {
          if (inputs.get(topic).isAnswered(doubt)) {
            moved.add(topic);
          }
        });
    for (IngestTask ingest : tasks.ingests()) {
      String topic = ingest.topicPartition().topic();
      if (!ingest.topic().equals(inputs.get(topic).now().id())) {
        moved.add(topic);
      }
    }
    return moved;
  }

  /**
   * What was read is published, or given up: the partitions of the topics begin where they must.
   */
  void reopen(Set<String> moved) {
    doubts.keySet().removeAll(moved);
    Set<TopicPartition> sources = new HashSet<>(group.get().assignment());
    sources.removeIf(tp -> !moved.contains(tp.topic()));
    release(sources);
    assigned(sources);
  }

  /** The changelog of a task that is assigned is read to its end: it runs. */
  void restored(CountTask task) {
    takeOver.complete(task, shuffle(task.partition()), clock.now());
    standbys.runs(task);
  }

  /** Reads no more of the shuffle partition. */
  void pause(int partition) {
    group.get().pause(Set.of(shuffle(partition)));
  }

  /** Opens the shuffle partition again, once its store can be. */
  void reopen(int partition) {
    pause(partition);
    pending.add(shuffle(partition));
  }

  /** Shuffle records that the group's consumer has not read yet; -1 when unknown. */
  long lag(int partition) {
    OptionalLong lag = group.get().currentLag(shuffle(partition));
    return lag.orElse(-1);
  }

  private TopicPartition shuffle(int partition) {
    return new TopicPartition(topics.shuffle(), partition);
  }
}
