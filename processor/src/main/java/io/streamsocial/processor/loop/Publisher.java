package io.streamsocial.processor.loop;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.Guarantee;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.group.InstanceMembership;
import io.streamsocial.processor.kafka.InputTopics;
import io.streamsocial.processor.log.Changelog;
import io.streamsocial.processor.log.ProgressNote;
import io.streamsocial.processor.log.ShuffleRecord;
import io.streamsocial.processor.task.CountTask;
import io.streamsocial.store.Position;
import io.streamsocial.store.StoreException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one moment when what a loop has folded leaves it. See {@link #publish}.
 *
 * <p>Under exactly-once a transaction is open only inside that method. A crash at any other moment
 * leaves nothing to abort and holds back no reader; a crash inside leaves a transaction that the
 * next {@link #begin} with the same transactional id aborts.
 */
final class Publisher implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Publisher.class);

  /** A packed record beyond is sent and another one begun; far below the brokers' 1 MiB. */
  private static final int RECORD_BYTES = 400 << 10;

  // Between two of them a step of the turn, see TurnClock.
  private static final int STEP_RECORDS = 1_000;

  private static final Duration COMMIT_TIMEOUT = Duration.ofSeconds(10);

  private final Producer<byte[], byte[]> producer;
  private final Consumer<?, ?> group;
  private final boolean transactional;
  private final long checkpointMs;
  private final TopicNames topics;
  private final InputTopics inputs;
  private final InstanceMembership instance;
  private final LoopCounters counters;
  private final TurnClock clock;
  private final ShuffleRecord.Writer[] writers;
  private volatile @Nullable Exception sendFailure; // set by the producer's own thread

  Publisher(
      Producer<byte[], byte[]> producer,
      Consumer<?, ?> group,
      EngineConfig config,
      TopicNames topics,
      InputTopics inputs,
      InstanceMembership instance,
      LoopCounters counters,
      TurnClock clock) {
    this.producer = producer;
    this.group = group;
    this.transactional = config.guarantee() == Guarantee.EXACTLY_ONCE;
    this.checkpointMs = config.cadence().checkpointMs();
    this.topics = topics;
    this.inputs = inputs;
    this.instance = instance;
    this.counters = counters;
    this.clock = clock;
    this.writers = new ShuffleRecord.Writer[config.tasks().shufflePartitions()];
    for (int i = 0; i < writers.length; i++) {
      writers[i] = new ShuffleRecord.Writer();
    }
  }

  /**
   * Fences every earlier producer of this id and ends what it left open. Once, before the first
   * publish.
   *
   * @throws KafkaException a TimeoutException may be tried again
   */
  void begin() {
    if (transactional) {
      producer.initTransactions();
    }
  }

  /** A task whose changes are in the changelog, but could not be written to its store. */
  record StoreFailure(CountTask task, StoreException cause) {}

  /** Its rows are sent; the last record of each view, by changelog. */
  private record SentCheckpoint(
      CountTask task, Position checkpoint, Map<String, Future<RecordMetadata>> last) {}

  /**
   * Publishes and checkpoints, in this order:
   *
   * <ol>
   *   <li>open a transaction;
   *   <li>send the folded mentions, packed, to every shuffle partition, with the progress;
   *   <li>send the rejected posts;
   *   <li>send the changed rows of the tasks whose checkpoint is due to the changelog;
   *   <li>add the offsets of the input, and the shuffle offsets of those tasks, to the transaction;
   *   <li>commit: output, changelog and offsets become visible together or not at all;
   *   <li>only now write the same rows and position to the stores: <em>a store is never ahead of
   *       its changelog</em>. A crash before this step is healed by reading the changelog's tail.
   * </ol>
   *
   * @param ingests every source of the loop
   * @param due tasks to checkpoint
   * @return tasks whose store failed in the last step: committed, and to be opened again
   * @throws CommitFailure it is not committed, or that is unknown
   */
  List<StoreFailure> publish(
      Unpublished unpublished, Collection<IngestTask> ingests, Collection<CountTask> due)
      throws CommitFailure {
    Moment now = clock.now();
    List<SentCheckpoint> sent = new ArrayList<>();
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    sendFailure = null;
    long beganNanos = System.nanoTime(); // for the counters only
    try {
      if (transactional) {
        producer.beginTransaction();
      }
      sendPosts(unpublished, ingests, now);
      sendCheckpoints(due, sent, offsets);
      // Unchanged ones too: they bring the generation, without which a member that the group has
      // given up could still say what its sources were.
      for (IngestTask ingest : ingests) {
        offsets.put(ingest.topicPartition(), ingest.committed());
      }
      if (transactional && !offsets.isEmpty()) {
        producer.sendOffsetsToTransaction(offsets, group.groupMetadata());
      }
    } catch (KafkaException e) {
      counters.aborts++;
      throw CommitFailure.beforeCommit(e, this::abort);
    }
    try {
      commit(offsets);
    } catch (KafkaException e) {
      counters.aborts++;
      throw CommitFailure.inCommit(e, this::abort);
    }
    clock.progress();
    unpublished.published();
    ingests.forEach(IngestTask::published);
    List<StoreFailure> failures = store(sent, now);
    counters.took(System.nanoTime() - beganNanos, !due.isEmpty());
    return failures;
  }

  private void sendPosts(Unpublished unpublished, Collection<IngestTask> ingests, Moment now) {
    if (!ingests.isEmpty()) {
      ProgressNote note = note(ingests, now);
      unpublished.combiner().pack(writers, now.wallMs(), note, RECORD_BYTES, this::sendShuffle);
    }
    for (ProducerRecord<byte[], byte[]> post : unpublished.rejected().pending()) {
      Future<RecordMetadata> unused = send(post);
    }
  }

  /**
   * Names the topics that the group reads, and those that this loop still has: what it read of a
   * topic before the group gave it up counts.
   */
  private ProgressNote note(Collection<IngestTask> ingests, Moment now) {
    SortedMap<String, List<IngestTask>> read = new TreeMap<>();
    instance.inputs().forEach(topic -> read.put(topic, new ArrayList<>()));
    for (IngestTask ingest : ingests) {
      read.computeIfAbsent(ingest.topicPartition().topic(), topic -> new ArrayList<>()).add(ingest);
    }
    List<ProgressNote.Topic> topics = new ArrayList<>();
    read.forEach((topic, sources) -> topics.add(noted(topic, sources)));
    if (topics.size() > 1) {
      return ProgressNote.of(topics, now);
    }
    ProgressNote.Topic only = topics.get(0);
    return ProgressNote.of(only.partitions(), only.id(), ingests, now);
  }

  private ProgressNote.Topic noted(String topic, List<IngestTask> sources) {
    if (sources.isEmpty()) {
      return new ProgressNote.Topic(topic, Uuid.ZERO_UUID, 0, sources);
    }
    int partitions = inputs.get(topic).now().partitions();
    Uuid id = Uuid.ZERO_UUID;
    for (IngestTask source : sources) {
      // The group may see a new partition before this instance does.
      partitions = Math.max(partitions, source.partition() + 1);
      id = source.topic();
    }
    return new ProgressNote.Topic(topic, id, partitions, sources);
  }

  private void sendCheckpoints(
      Collection<CountTask> due,
      List<SentCheckpoint> sent,
      Map<TopicPartition, OffsetAndMetadata> offsets) {
    for (CountTask task : due) {
      SentCheckpoint checkpoint = sendChanges(task);
      sent.add(checkpoint);
      offsets.put(
          new TopicPartition(topics.shuffle(), task.partition()),
          new OffsetAndMetadata(checkpoint.checkpoint.inputOffset()));
    }
  }

  private List<StoreFailure> store(List<SentCheckpoint> sent, Moment now) {
    List<StoreFailure> failures = new ArrayList<>();
    for (SentCheckpoint checkpoint : sent) {
      try {
        checkpoint.task.checkpointed(
            checkpoint.checkpoint,
            nextChangelogOffsets(checkpoint),
            now,
            now.steadyMs() + checkpointMs);
        counters.checkpoints++;
        clock.progress();
      } catch (StoreException e) {
        failures.add(new StoreFailure(checkpoint.task, e));
      }
    }
    return failures;
  }

  private void sendShuffle(int partition, byte[] record) {
    counters.shuffleBytes += record.length;
    Future<RecordMetadata> unused =
        send(new ProducerRecord<>(topics.shuffle(), partition, null, record));
  }

  // A failure reaches the callback and, under exactly-once, the commit.
  private Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record) {
    return producer.send(
        record,
        (metadata, e) -> {
          if (e != null) {
            sendFailure = e;
          }
        });
  }

  private SentCheckpoint sendChanges(CountTask task) {
    Map<String, Future<RecordMetadata>> last = new HashMap<>();
    Position checkpoint =
        task.sendChanges(
            (view, key, value, header) -> {
              ProducerRecord<byte[], byte[]> change =
                  new ProducerRecord<>(view.changelog(), task.partition(), key, value);
              if (header != null) {
                Changelog.mark(change.headers(), header, view.rowDefinition());
              }
              Future<RecordMetadata> future = send(change);
              if (header != null) {
                last.put(view.changelog(), future);
              }
              if (++counters.changelogRecords % STEP_RECORDS == 0) {
                clock.progress();
              }
              counters.changelogBytes += key.length + (value == null ? 0 : value.length);
            });
    return new SentCheckpoint(task, checkpoint, last);
  }

  private void commit(Map<TopicPartition, OffsetAndMetadata> offsets) {
    if (transactional) {
      producer.commitTransaction();
      return;
    }
    producer.flush();
    Exception failure = sendFailure;
    if (failure != null) {
      throw new KafkaException("sending failed", failure);
    }
    commitOffsets(offsets);
  }

  /**
   * At least once, the offsets follow what was sent. While the group rebalances none can be
   * committed; going back and sending everything again would count it twice, so the next publish
   * brings them. Only a member that loses its partitions before that leaves them to be read again.
   */
  private void commitOffsets(Map<TopicPartition, OffsetAndMetadata> offsets) {
    try {
      group.commitSync(offsets, COMMIT_TIMEOUT);
    } catch (RebalanceInProgressException e) {
      log.debug("offsets wait for the end of a rebalance: {}", offsets);
    }
  }

  /** Whether nothing of it is visible, for certain. */
  private boolean abort() {
    if (!transactional) {
      return true; // at least once: what was sent stays, and is sent again
    }
    try {
      producer.abortTransaction();
      return true;
    } catch (KafkaException | IllegalStateException e) {
      return false;
    }
  }

  private static long[] nextChangelogOffsets(SentCheckpoint checkpoint) {
    CountTask task = checkpoint.task;
    long[] offsets = new long[task.views()];
    for (int view = 0; view < offsets.length; view++) {
      Future<RecordMetadata> last = checkpoint.last.get(task.changelog(view));
      offsets[view] = last == null ? task.changelogOffset(view) : offset(last) + 1;
    }
    return offsets;
  }

  private static long offset(Future<RecordMetadata> sent) {
    try {
      return sent.get().offset();
    } catch (ExecutionException e) {
      throw new IllegalStateException("a committed record has no offset", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptException(e);
    }
  }

  /** Without waiting: an open transaction is ended by the next {@link #begin} of this id. */
  @Override
  public void close() {
    producer.close(Duration.ZERO);
  }
}
