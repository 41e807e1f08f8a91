package io.streamsocial.processor.loop;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.kafka.BrokerRefusal;
import io.streamsocial.processor.task.CountTask;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes what the checkpoints have made superfluous: the shuffle has no retention of its own,
 * since time says nothing about what is still needed. Owned by one loop.
 */
final class ShufflePruner {
  private static final Logger log = LoggerFactory.getLogger(ShufflePruner.class);
  private static final long INTERVAL_MS = 30_000;
  // Records kept behind a checkpoint, for readers that are a little behind.
  private static final long MARGIN = 1_000;

  private final EngineConfig config;
  private final Supplier<Admin> admin;
  private final String topic;
  // Forgotten by the admin client's thread when it failed.
  private final Map<Integer, Long> prunedTo = new ConcurrentHashMap<>();
  private long nextMs;

  ShufflePruner(EngineConfig config, Supplier<Admin> admin, String topic) {
    this.config = config;
    this.admin = admin;
    this.topic = topic;
  }

  void turn(Collection<CountTask> tasks, Moment now) {
    if (now.steadyMs() < nextMs) {
      return;
    }
    if (tasks.stream().noneMatch(task -> task.status().isActive())) {
      return; // the first look is at what a start has found
    }
    nextMs = now.steadyMs() + INTERVAL_MS;
    Map<TopicPartition, RecordsToDelete> superfluous = new HashMap<>();
    for (CountTask task : tasks) {
      long to = task.checkpointedOffset() - MARGIN;
      if (task.status().isActive() && to > prunedTo.getOrDefault(task.partition(), 0L)) {
        prunedTo.put(task.partition(), to);
        superfluous.put(
            new TopicPartition(topic, task.partition()), RecordsToDelete.beforeOffset(to));
      }
    }
    if (superfluous.isEmpty()) {
      return;
    }
    KafkaFuture<Void> unused =
        admin
            .get()
            .deleteRecords(superfluous)
            .all()
            .whenComplete(
                (done, e) -> {
                  if (e != null) {
                    superfluous.keySet().forEach(tp -> prunedTo.remove(tp.partition()));
                    String refusal = BrokerRefusal.explain(config, e, AclOperation.DELETE, topic);
                    log.warn(
                        "deleting old records of {} failed, trying again later: {}",
                        topic,
                        refusal == null ? e.toString() : refusal);
                  }
                });
  }
}
