package io.streamsocial.processor.loop;

import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.task.CountTask;
import java.util.Collection;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a loop does when the group gives it partitions or takes them: what is given back is
 * published and checkpointed first, what is lost is dropped without a commit. Kafka's consumer
 * calls it from inside poll, on the loop's thread, so it needs no lock.
 */
final class Rebalances implements ConsumerRebalanceListener {
  private static final Logger log = LoggerFactory.getLogger(Rebalances.class);

  private final String loop;
  private final TopicNames topics;
  private final GroupPhase phase;
  private final LoopTasks tasks;
  private final Assignment assignment;
  private final Publishing publishing;

  Rebalances(
      String loop,
      TopicNames topics,
      GroupPhase phase,
      LoopTasks tasks,
      Assignment assignment,
      Publishing publishing) {
    this.loop = loop;
    this.topics = topics;
    this.phase = phase;
    this.tasks = tasks;
    this.assignment = assignment;
    this.publishing = publishing;
  }

  @Override
  public void onPartitionsAssigned(Collection<TopicPartition> assigned) {
    phase.assigned();
    assignment.assigned(assigned);
    if (!assigned.isEmpty()) {
      log.info("{}: assigned {}", loop, assigned);
    }
  }

  @Override
  public void onPartitionsRevoked(Collection<TopicPartition> revoked) {
    if (revoked.isEmpty()) {
      return;
    }
    List<CountTask> leaving = tasks.changed();
    leaving.removeIf(
        task -> !revoked.contains(new TopicPartition(topics.shuffle(), task.partition())));
    publishing.publish(leaving);
    assignment.release(revoked);
    if (!phase.isStopping()) {
      log.info("{}: gave back {}", loop, revoked);
    }
  }

  @Override
  public void onPartitionsLost(Collection<TopicPartition> lost) {
    log.warn("{}: lost {} to the group; nothing of them is committed any more", loop, lost);
    assignment.release(lost);
    publishing.rewind();
  }
}
