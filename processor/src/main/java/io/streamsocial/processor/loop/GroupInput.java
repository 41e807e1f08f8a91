package io.streamsocial.processor.loop;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.task.CountTask;
import io.streamsocial.store.StoreException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the group's consumer brings: posts are parsed and folded by key, shuffle records are folded
 * into the running tasks. Owned by the loop; closes its place in the group.
 */
final class GroupInput {
  private static final Logger log = LoggerFactory.getLogger(GroupInput.class);
  // A record ends the wait. Without one the loop looks after its stores and its place so often.
  private static final long IDLE_POLL_MS = 250;
  private static final long OPENING_POLL_MS = 5;
  // What is followed comes over another connection, which does not end the wait.
  private static final long FOLLOWING_POLL_MS = 20;
  // How long an end waits for a rebalance under way, during which no offset can be committed.
  private static final int LAST_POLLS = 20;
  private static final Duration LAST_POLL = Duration.ofMillis(100);

  private final GroupClient group;
  private final EngineConfig config;
  private final TopicNames topics;
  private final LoopTasks tasks;
  private final Assignment assignment;
  private final TaskUpkeep upkeep;
  private final Unpublished unpublished;
  private final InputPause pause;
  private final PublishPolicy policy;
  private final TurnClock clock;
  private final Extraction extraction;

  GroupInput(
      GroupClient group,
      EngineConfig config,
      LoopTasks tasks,
      Assignment assignment,
      TaskUpkeep upkeep,
      Unpublished unpublished,
      InputPause pause,
      PublishPolicy policy,
      TurnClock clock) {
    this.group = group;
    this.config = config;
    this.topics = TopicNames.of(config);
    this.tasks = tasks;
    this.assignment = assignment;
    this.upkeep = upkeep;
    this.unpublished = unpublished;
    this.pause = pause;
    this.policy = policy;
    this.clock = clock;
    this.extraction = new Extraction(config, unpublished.counted());
  }

  /** Joins the group, in the polls to come. */
  void subscribe(Rebalances listener) {
    List<String> all = new ArrayList<>(topics.inputs());
    all.add(topics.shuffle());
    group.subscribe(all, listener);
  }

  /** Polls once, and takes in what has come; returns its records. */
  int turn() {
    pause.turn(tasks.ingests());
    ConsumerRecords<ByteBuffer, ByteBuffer> records = poll();
    for (TopicPartition tp : records.partitions()) {
      if (topics.isInput(tp.topic())) {
        ingest(tp, records.records(tp));
      } else {
        fold(tp, records.records(tp));
      }
    }
    unpublished.account();
    for (IngestTask ingest : tasks.ingests()) {
      TopicPartition tp = ingest.topicPartition();
      ingest.polled(group.get().position(tp), group.get().currentLag(tp), clock.now());
    }
    for (CountTask task : tasks.counts()) {
      if (task.status().isActive()) {
        task.polled(group.get().position(new TopicPartition(topics.shuffle(), task.partition())));
      }
    }
    return records.count();
  }

  private ConsumerRecords<ByteBuffer, ByteBuffer> poll() {
    try {
      return group.get().poll(Duration.ofMillis(pollMs()));
    } catch (OffsetOutOfRangeException e) {
      for (TopicPartition tp : e.partitions()) {
        missing(tp, e.offsetOutOfRangePartitions().get(tp));
      }
      return ConsumerRecords.empty();
    }
  }

  private long pollMs() {
    if (tasks.areRestoring() || upkeep.buildsHeads()) {
      return 0; // the restore's own poll waits when it has nothing
    }
    if (assignment.areOpening()) {
      return OPENING_POLL_MS;
    }
    long idle = tasks.areFollowing() ? FOLLOWING_POLL_MS : IDLE_POLL_MS;
    if (unpublished.posts() == 0) {
      return idle;
    }
    // A reader who begins to wait shortens the interval, but does not end the poll.
    long longest = Math.min(idle, config.cadence().publishMs());
    return Math.max(0, Math.min(policy.untilDueMs(unpublished, clock.now()), longest));
  }

  /** For how long not to poll, see {@link PublishPolicy#restMs}; 0 while anything else is done. */
  long restMs() {
    boolean waitsForMore =
        unpublished.posts() > 0
            && !tasks.areFollowing()
            && !tasks.areRestoring()
            && !assignment.areOpening()
            && !upkeep.buildsHeads();
    return waitsForMore ? policy.restMs(unpublished, clock.now()) : 0;
  }

  /** The topic's retention was faster than we are, or it is another topic. */
  private void missing(TopicPartition tp, @Nullable Long offset) {
    if (!topics.isInput(tp.topic())) {
      throw new ConfigException(
          "%s@%s does not exist any more: shuffle records were deleted before they were checkpointed; set retention.ms=-1 on %s, then run reset"
              .formatted(tp, offset, topics.shuffle()));
    }
    log.warn("{}@{} does not exist; looking whether it was deleted, or the topic", tp, offset);
    assignment.doubt(tp);
  }

  private void ingest(TopicPartition tp, List<ConsumerRecord<ByteBuffer, ByteBuffer>> posts) {
    IngestTask task = tasks.ingest(tp);
    extraction.of(tp.topic());
    Moment now = clock.now();
    for (ConsumerRecord<ByteBuffer, ByteBuffer> post : posts) {
      if (unpublished.isOverfull()) {
        group.get().seek(tp, post.offset()); // read again after the next publish
        break;
      }
      task.ingest(post, extraction, unpublished, now);
    }
  }

  private void fold(TopicPartition tp, List<ConsumerRecord<ByteBuffer, ByteBuffer>> records) {
    CountTask task = tasks.running(tp.partition());
    try {
      Moment now = clock.now();
      for (ConsumerRecord<ByteBuffer, ByteBuffer> shuffle : records) {
        if (task.isFull()) {
          group.get().seek(tp, shuffle.offset()); // read again after its next checkpoint
          break;
        }
        task.fold(shuffle, now);
        clock.progress();
      }
    } catch (StoreException e) {
      upkeep.failed(task, e);
    }
  }

  /** Takes the loop's place in the group with a new consumer; nothing is assigned until then. */
  void rejoin() {
    assignment.releaseAll();
    group.renew();
  }

  /** Any thread: ends a poll that waits, by an exception. */
  void wakeUp() {
    group.wakeUp();
  }

  /** Has the group rebalance in one of the next polls. */
  void rebalance(String reason) {
    group.get().enforceRebalance(reason);
  }

  /** Gives up after a while: what is not committed then is done again by the next start. */
  void finishRebalance(String loop, GroupPhase phase) {
    try {
      for (int i = 0; phase.isRebalancing() && i < LAST_POLLS; i++) {
        group.get().pause(group.get().assignment());
        ConsumerRecords<ByteBuffer, ByteBuffer> none = group.get().poll(LAST_POLL);
        if (!none.isEmpty()) {
          throw new IllegalStateException("records of paused partitions");
        }
      }
    } catch (KafkaException e) {
      log.warn("{}: stopping in the middle of a rebalance: {}", loop, e.toString());
    }
  }

  /**
   * @param orderly whether the instance may leave the group, if it is configured to; else the group
   *     keeps its place for a session timeout (static membership)
   */
  void close(boolean orderly) {
    if (orderly && config.tasks().leaveOnStop()) {
      group.leave();
    } else {
      group.close();
    }
  }
}
