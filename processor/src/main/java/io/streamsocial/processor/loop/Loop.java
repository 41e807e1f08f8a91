package io.streamsocial.processor.loop;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.group.GroupTable;
import io.streamsocial.processor.group.InstanceMembership;
import io.streamsocial.processor.group.MemberInfo;
import io.streamsocial.processor.group.Membership;
import io.streamsocial.processor.kafka.KafkaClients;
import io.streamsocial.processor.kafka.RefusedAccess;
import io.streamsocial.processor.posts.PostParser;
import io.streamsocial.processor.posts.Rejection;
import io.streamsocial.store.StateDirectory;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.Windowing;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.RetriableException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One member of the group: its consumer, its producer, its tasks. It has no thread of its own:
 * whoever turns it calls {@link #runOnce} again and again, always from one thread, and at last
 * {@link #close}. Rebalance callbacks come from inside {@code poll}, so they need no lock.
 *
 * <pre>
 *   a turn:  publish what is due -> poll -> parse posts, fold shuffle records
 *            -> open what was assigned -> restore a batch -> show readers what is new
 * </pre>
 *
 * <p>What it folds leaves it through {@link PublishPolicy}, which says what a failure undoes.
 */
final class Loop implements ConsumerRebalanceListener, Membership, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Loop.class);
  private static final long IDLE_POLL_MS = 100;
  private static final long OPENING_POLL_MS = 5;
  // What is followed comes over another connection, which does not end the wait.
  private static final long FOLLOWING_POLL_MS = 20;
  private static final long STATUS_MS = 100;
  // How long an end waits for a rebalance under way, during which no offset can be committed.
  private static final int LAST_POLLS = 20;
  private static final Duration LAST_POLL = Duration.ofMillis(100);

  /**
   * What a loop needs and does not own.
   *
   * @param running count tasks of the instance that readers may ask, by partition; concurrent
   * @param incidents told of what fails and may pass
   * @param viewVersion raised after each change of what readers see
   */
  record Surroundings(
      EngineConfig config,
      TopicNames topics,
      Windowing windowing,
      int postsPartitions,
      KafkaClients clients,
      Admin admin,
      StateDirectory directory,
      StoreMemory memory,
      Map<Integer, CountTask> running,
      AtomicLong viewVersion,
      InstanceMembership membership,
      Incidents incidents) {}

  /** What others see of a loop. */
  record Snapshot(EngineStatus.Loop loop, List<EngineStatus.Partition> partitions) {}

  private final Surroundings around;
  private final EngineConfig config;
  private final TopicNames topics;
  private final String name;
  private final Consumer<ByteBuffer, ByteBuffer> group;
  private final LoopTasks tasks;
  private final GroupMember member;
  private final ShufflePruner pruner;
  private final LoopCounters counters = new LoopCounters();
  private final PostParser parser;
  private final RefusedAccess refused;
  private final PublishPolicy outgoing;
  private boolean joined;
  // Between asking to join and the group's word. A second round follows one that takes something.
  private boolean rebalancing;
  private boolean closing;
  private boolean leaving;
  private long nowMs;
  private long statusMs;
  private volatile Snapshot snapshot;

  Loop(Surroundings around, int index) {
    this.around = around;
    this.config = around.config;
    this.topics = around.topics;
    this.name = "loop-" + index;
    this.refused = new RefusedAccess(config, name);
    this.parser =
        new PostParser(config.posts().maxPostBytes(), config.posts().maxFuture().toMillis());
    this.group = around.clients.group(index, this);
    this.tasks =
        new LoopTasks(
            around,
            group,
            new Restorer(around.clients.restore(index), around.admin, topics.changelog()),
            new Followers(() -> around.clients.follow(index), topics.shuffle()),
            counters);
    this.outgoing = new PublishPolicy(around, index, group, tasks, counters, refused);
    this.member =
        new GroupMember(around, index, around.clients.transactionalId(index), tasks, () -> nowMs);
    this.pruner = new ShufflePruner(config, around.admin, topics.shuffle());
    this.snapshot = snapshot();
    group.subscribe(List.of(topics.posts(), topics.shuffle()), this);
  }

  String name() {
    return name;
  }

  /** Any thread. */
  Snapshot lastSnapshot() {
    return snapshot;
  }

  /**
   * One turn.
   *
   * @param now the wall clock, epoch milliseconds
   * @return records processed
   * @throws ConfigException when only a person can help
   */
  int runOnce(long now) {
    nowMs = now;
    if (refused.mustWait(nowMs)) {
      // Reads nothing; the consumer's own thread keeps the place in the group meanwhile.
      int tended = tasks.tend(nowMs);
      showStatus();
      return tended;
    }
    refused.turn(nowMs);
    int work = 0;
    outgoing.renew(nowMs);
    try {
      outgoing.publishIfDue(nowMs);
      work += dispatch(poll());
      member.check();
      if (outgoing.isOpen()) {
        tasks.openPending(nowMs);
      }
      work += tasks.restore(nowMs);
      around.incidents.end(Incidents.Kind.KAFKA_CALLS_FAILING, name, "calls succeed again");
    } catch (FencedInstanceIdException e) {
      throw new ConfigException(
          "instance id '%s' is already used by another running process of application '%s', which took over: stop one of them, or give each its own --instance-id"
              .formatted(config.identity().instanceId(), config.identity().appId()));
    } catch (RetriableException e) {
      around.incidents.failing(
          Incidents.Kind.KAFKA_CALLS_FAILING, name, "the brokers did not answer a call", e);
    } catch (KafkaException e) {
      if (!refused.takes(e, AclOperation.READ, nowMs)) {
        throw e;
      }
    }
    work += tasks.tend(nowMs);
    String reason = member.reasonToRebalance();
    if (reason != null) {
      group.enforceRebalance(reason);
    }
    pruner.turn(tasks.counts(), nowMs);
    showStatus();
    return work;
  }

  private void showStatus() {
    if (nowMs - statusMs >= STATUS_MS || nowMs < statusMs) {
      statusMs = nowMs;
      snapshot = snapshot();
    }
  }

  /** Whether the next turns will do nothing, so that the thread may sleep between them. */
  boolean isWaiting() {
    return refused.mustWait(nowMs);
  }

  // ---------------------------------------------------------------- poll

  private ConsumerRecords<ByteBuffer, ByteBuffer> poll() {
    try {
      return group.poll(Duration.ofMillis(pollMs()));
    } catch (OffsetOutOfRangeException e) {
      for (TopicPartition tp : e.partitions()) {
        skipDeleted(tp, e.offsetOutOfRangePartitions().get(tp));
      }
      return ConsumerRecords.empty();
    }
  }

  private long pollMs() {
    if (tasks.areRestoring()) {
      return 0; // the restore's own poll waits when it has nothing
    }
    if (tasks.areOpening()) {
      return OPENING_POLL_MS;
    }
    boolean waiting = outgoing.combiner().entries() > 0;
    long untilDue = outgoing.untilDueMs(nowMs);
    long idle = tasks.areFollowing() ? FOLLOWING_POLL_MS : IDLE_POLL_MS;
    return waiting
        ? Math.max(0, Math.min(untilDue, idle))
        : Math.min(config.cadence().publishMs(), idle);
  }

  /** The topic's retention was faster than we are. */
  private void skipDeleted(TopicPartition tp, @Nullable Long offset) {
    if (!tp.topic().equals(topics.posts())) {
      throw new ConfigException(
          "%s@%s does not exist any more: shuffle records were deleted before they were checkpointed; set retention.ms=-1 on %s, then run reset"
              .formatted(tp, offset, topics.shuffle()));
    }
    log.error(
        "{}@{} does not exist any more: posts were deleted before they were counted; going on with the oldest that is left. Lengthen the topic's retention.",
        tp,
        offset);
    group.seekToBeginning(Set.of(tp));
  }

  private int dispatch(ConsumerRecords<ByteBuffer, ByteBuffer> records) {
    for (TopicPartition tp : records.partitions()) {
      if (tp.topic().equals(topics.posts())) {
        ingest(tp, records.records(tp));
      } else {
        fold(tp, records.records(tp));
      }
    }
    for (IngestTask ingest : tasks.ingests()) {
      TopicPartition tp = ingest.topicPartition();
      ingest.polled(group.position(tp), group.currentLag(tp), nowMs);
    }
    for (CountTask task : tasks.counts()) {
      if (task.isRunning()) {
        task.polled(group.position(new TopicPartition(topics.shuffle(), task.partition())));
      }
    }
    return records.count();
  }

  private void ingest(TopicPartition tp, List<ConsumerRecord<ByteBuffer, ByteBuffer>> posts) {
    IngestTask task = tasks.ingest(tp.partition());
    for (ConsumerRecord<ByteBuffer, ByteBuffer> post : posts) {
      Rejection rejection = task.ingest(post, parser, outgoing.combiner(), nowMs);
      counters.unpublished().posts++;
      if (rejection == null) {
        counters.unpublished().mentions += parser.hashtags().size();
        counters.unpublished().oversizedTags += parser.hashtags().oversized();
      } else {
        counters.unpublished().rejected(rejection.reason());
        outgoing.rejected().add(post, rejection);
      }
    }
  }

  private void fold(TopicPartition tp, List<ConsumerRecord<ByteBuffer, ByteBuffer>> records) {
    CountTask task = tasks.running(tp.partition());
    try {
      records.forEach(task::fold);
    } catch (StoreException e) {
      tasks.failed(task, e);
    }
  }

  // ---------------------------------------------------------------- assignment

  @Override
  public MemberInfo describe() {
    rebalancing = true;
    return member.describe();
  }

  @Override
  public void assigned(GroupTable assignment, int generation) {
    counters.rebalances++;
    member.assigned(assignment, generation);
  }

  @Override
  public void onPartitionsAssigned(Collection<TopicPartition> assigned) {
    joined = true;
    rebalancing = false;
    tasks.assigned(assigned);
    if (!assigned.isEmpty()) {
      log.info("{}: assigned {}", name, assigned);
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
    outgoing.publish(leaving, nowMs);
    tasks.release(revoked);
    if (!closing) {
      log.info("{}: gave back {}", name, revoked);
    }
  }

  @Override
  public void onPartitionsLost(Collection<TopicPartition> lost) {
    log.warn("{}: lost {} to the group; nothing of them is committed any more", name, lost);
    tasks.release(lost);
    outgoing.rewind();
  }

  // ---------------------------------------------------------------- status and end

  private EngineState state() {
    if (closing) {
      return EngineState.STOPPING;
    }
    if (!joined) {
      return EngineState.STARTING;
    }
    if (rebalancing) {
      return EngineState.REBALANCING;
    }
    return tasks.areOpening() ? EngineState.RESTORING : EngineState.RUNNING;
  }

  private Snapshot snapshot() {
    long postsLag = 0;
    for (IngestTask ingest : tasks.ingests()) {
      postsLag = ingest.lag() < 0 || postsLag < 0 ? -1 : postsLag + ingest.lag();
    }
    long postsFreshMs = tasks.ingests().isEmpty() ? 0 : Long.MAX_VALUE;
    for (IngestTask ingest : tasks.ingests()) {
      postsFreshMs = Math.min(postsFreshMs, ingest.freshMs());
    }
    List<Integer> posts = tasks.ingests().stream().map(IngestTask::partition).toList();
    EngineStatus.Loop loop =
        new EngineStatus.Loop(
            name,
            state(),
            nowMs,
            posts,
            postsLag,
            postsFreshMs,
            refused.texts(),
            counters.snapshot());
    return new Snapshot(loop, tasks.status());
  }

  /**
   * Publishes and checkpoints a last time, flushes the stores, so that the next start restores
   * nothing, and closes. The group keeps our place for a session timeout (static membership),
   * unless the instance is to leave. Call it after a failure too: then what is not committed is
   * dropped.
   *
   * @param orderly false after a failure
   */
  void close(boolean orderly, long now) {
    closing = true;
    nowMs = now;
    snapshot = snapshot();
    if (orderly && outgoing.isOpen()) {
      finishRebalance();
      outgoing.publish(tasks.changed(), nowMs);
      tasks.counts().forEach(CountTask::flush);
      leaving = config.tasks().leaveOnStop();
    }
    close();
  }

  /** Gives up after a while: what is not committed then is done again by the next start. */
  private void finishRebalance() {
    try {
      for (int i = 0; rebalancing && i < LAST_POLLS; i++) {
        group.pause(group.assignment());
        ConsumerRecords<ByteBuffer, ByteBuffer> none = group.poll(LAST_POLL);
        if (!none.isEmpty()) {
          throw new IllegalStateException("records of paused partitions");
        }
      }
    } catch (KafkaException e) {
      log.warn("{}: stopping in the middle of a rebalance: {}", name, e.toString());
    }
  }

  @Override
  public void close() {
    closing = true;
    tasks.close();
    outgoing.close();
    group.close(
        CloseOptions.timeout(Duration.ofSeconds(2))
            .withGroupMembershipOperation(
                leaving ? GroupMembershipOperation.LEAVE_GROUP : GroupMembershipOperation.DEFAULT));
  }
}
