package io.streamsocial.processor.task;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.log.Changelog;
import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.store.Position;
import io.streamsocial.store.StateDirectory;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.TaskStore;
import io.streamsocial.store.ViewStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the stores of an instance back into changelogs that were deleted and created again: the
 * stores are the only copy of these views then. Before the instance joins its group. Changelogs
 * that are still there are left alone.
 *
 * <p>Of each partition, the store of a view whose changelog was lost is
 *
 * <pre>
 *   given up      the changelog has records already: another copy was written, or counting went on
 *                 from nothing. All that the store has is in the changelogs then, and it is set aside
 *   new           no checkpoint of it was ever made, and no row of it had come at the newest one of
 *                 any view: there is nothing to write
 *   complete      it stands at the newest checkpoint of any view, here or in a changelog that is
 *                 still there, and the shuffle has every record behind: it is written
 *   no copy       else: nothing is written, and the start is refused
 * </pre>
 *
 * A view that stands before the newest checkpoint is no copy even when the shuffle has all that it
 * lacks: a view that sent no row counts as unchanged up to that checkpoint (see {@link
 * ShuffleFold}), and the rows that it did send are gone.
 *
 * <p>What is written of a partition is one transaction, so each changelog has all of a store or
 * nothing; the transactional id is the partition's, so of several instances that hold a copy the
 * first one writes.
 */
public final class ChangelogRefill {
  private static final Logger log = LoggerFactory.getLogger(ChangelogRefill.class);
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(20);
  private static final Duration POLL = Duration.ofMillis(200);

  private final Consumer<byte[], byte[]> consumer;
  private final IntFunction<Producer<byte[], byte[]>> producers;
  private final TopicNames topics;
  private final List<KeptView> views;
  private final StateDirectory directory;
  private final StoreMemory memory;

  /**
   * @param consumer in no group; reads what is committed
   * @param producers transactional, one a shuffle partition, not begun
   */
  public ChangelogRefill(
      Consumer<byte[], byte[]> consumer,
      IntFunction<Producer<byte[], byte[]>> producers,
      TopicNames topics,
      List<KeptView> views,
      StateDirectory directory,
      StoreMemory memory) {
    this.consumer = consumer;
    this.producers = producers;
    this.topics = topics;
    this.views = views;
    this.directory = directory;
    this.memory = memory;
  }

  /**
   * @param lost names of the views whose changelogs are other ones now
   * @throws ConfigException when a store is no complete copy; nothing is lost by that
   */
  public void run(Set<String> lost) {
    for (int partition : directory.tasks()) {
      try (Producer<byte[], byte[]> producer = producers.apply(partition)) {
        // Ends what a former attempt left open, and keeps others away.
        producer.initTransactions();
        List<KeptView> empty = new ArrayList<>();
        List<KeptView> written = new ArrayList<>();
        for (KeptView view : views) {
          if (lost.contains(view.name())) {
            boolean isEmpty = isEmpty(new TopicPartition(view.changelog(), partition));
            (isEmpty ? empty : written).add(view);
          }
        }
        if (!empty.isEmpty()) {
          refill(partition, empty, producer);
        }
        if (!written.isEmpty()) {
          log.warn(
              "partition {} of {} was written again from another copy; the store here is set aside as {}",
              partition,
              changelogs(written),
              directory.setAside(partition, Moment.now().wallMs()));
        }
      }
    }
  }

  private static List<String> changelogs(List<KeptView> views) {
    return views.stream().map(KeptView::changelog).toList();
  }

  private boolean isEmpty(TopicPartition changelog) {
    Set<TopicPartition> only = Set.of(changelog);
    long end = consumer.endOffsets(only, CALL_TIMEOUT).getOrDefault(changelog, 0L);
    consumer.assign(only);
    consumer.seekToBeginning(only);
    long deadline = System.nanoTime() + CALL_TIMEOUT.toNanos();
    while (consumer.position(changelog, CALL_TIMEOUT) < end) {
      if (!consumer.poll(POLL).isEmpty()) {
        return false;
      }
      if (System.nanoTime() > deadline) {
        throw new TimeoutException(changelog + " was not read in time");
      }
    }
    return true;
  }

  /**
   * @param lost views whose changelogs are empty
   */
  private void refill(int partition, List<KeptView> lost, Producer<byte[], byte[]> producer) {
    List<TaskStore.Spec> specs = views.stream().map(KeptView::spec).toList();
    try (TaskStore stores = TaskStore.open(directory.task(partition), specs, memory)) {
      List<KeptView> copies = copies(partition, lost, stores);
      Sent sent = new Sent(producer, partition);
      producer.beginTransaction();
      for (KeptView view : copies) {
        ViewStore store = stores.view(views.indexOf(view));
        CheckpointWriter.sendAll(view, store, store.position(), sent);
      }
      producer.commitTransaction();
      stores.views().forEach(ViewStore::restored);
      stores.commit(positions(stores, lost, sent));
      stores.flush();
      log.warn(
          "partition {} of {} was empty and is written again from the store: {} rows",
          partition,
          changelogs(lost),
          sent.records);
    }
  }

  private List<Position> positions(TaskStore stores, List<KeptView> lost, Sent sent) {
    List<Position> positions = new ArrayList<>();
    for (int i = 0; i < views.size(); i++) {
      Position position = stores.view(i).position();
      boolean isLost = lost.contains(views.get(i));
      positions.add(isLost ? at(position, sent.nextOffset(views.get(i))) : position);
    }
    return positions;
  }

  private static Position at(Position position, long changelogOffset) {
    return new Position(
        position.inputOffset(), changelogOffset, position.streamTimeMs(), position.progress());
  }

  /** Those of the lost views that have something to write. */
  private List<KeptView> copies(int partition, List<KeptView> lost, TaskStore stores) {
    Position newest = newest(partition, lost, stores);
    InputProgress reached = InputProgress.decode(newest.progress());
    List<KeptView> copies = new ArrayList<>();
    for (KeptView view : lost) {
      Position position = stores.view(views.indexOf(view)).position();
      boolean isNew = position.inputOffset() == 0 && position.progress().length == 0;
      if (newest.inputOffset() > 0 && isNew && !reached.isKnown(view.id())) {
        continue;
      }
      requireComplete(partition, view, position, newest.inputOffset());
      copies.add(view);
    }
    return copies;
  }

  /** The newest checkpoint of any view, in the stores here or in a changelog. */
  private Position newest(int partition, List<KeptView> lost, TaskStore stores) {
    Position newest = Position.NONE;
    for (ViewStore store : stores.views()) {
      if (store.position().inputOffset() >= newest.inputOffset()) {
        newest = store.position();
      }
    }
    List<String> there =
        views.stream().filter(view -> !lost.contains(view)).map(KeptView::changelog).toList();
    Optional<Changelog.Checkpoint> checkpoint = NewestCheckpoint.of(consumer, there, partition);
    return checkpoint.isPresent() && checkpoint.get().shuffleOffset() > newest.inputOffset()
        ? checkpoint.get().at(0)
        : newest;
  }

  private void requireComplete(int partition, KeptView view, Position position, long newest) {
    TopicPartition shuffle = new TopicPartition(topics.shuffle(), partition);
    Set<TopicPartition> only = Set.of(shuffle);
    long begin = consumer.beginningOffsets(only, CALL_TIMEOUT).getOrDefault(shuffle, 0L);
    long end = consumer.endOffsets(only, CALL_TIMEOUT).getOrDefault(shuffle, 0L);
    long offset = position.inputOffset();
    if (offset < newest || offset < begin || offset > end) {
      throw new ConfigException(
          "%s was deleted, and the store of partition %d in %s cannot replace it: it ends at shuffle offset %d, the newest checkpoint is at %d, and %s has %d to %d; start an instance that has a newer copy first. Without one, %s"
              .formatted(
                  view.changelog(),
                  partition,
                  directory.root(),
                  offset,
                  newest,
                  shuffle,
                  begin,
                  end,
                  wayOut(view, partition)));
    }
  }

  private String wayOut(KeptView view, int partition) {
    return views.size() == 1
        ? "move task-%d out of the directory: its counts stay readable with inspect"
            .formatted(partition)
        : "keep a copy of the directory to read it with inspect, and run reset --view %s on every instance: the view counts from then on"
            .formatted(view.name());
  }

  private static final class Sent implements CheckpointSink {
    private final Producer<byte[], byte[]> producer;
    private final int partition;
    private final Map<KeptView, Future<RecordMetadata>> last = new HashMap<>();
    private long records;

    Sent(Producer<byte[], byte[]> producer, int partition) {
      this.producer = producer;
      this.partition = partition;
    }

    @Override
    public void send(KeptView view, byte[] key, byte @Nullable [] value, byte @Nullable [] header) {
      ProducerRecord<byte[], byte[]> row =
          new ProducerRecord<>(view.changelog(), partition, key, value);
      if (header != null) {
        Changelog.mark(row.headers(), header, view.rowDefinition());
      }
      Future<RecordMetadata> sent = producer.send(row);
      if (header != null) {
        last.put(view, sent);
      }
      records++;
    }

    /** Once committed; 0 for a store without rows. */
    long nextOffset(KeptView view) {
      Future<RecordMetadata> sent = last.get(view);
      try {
        return sent == null ? 0 : sent.get().offset() + 1;
      } catch (ExecutionException e) {
        throw new IllegalStateException("a committed record has no offset", e);
      } catch (InterruptedException e) {
        throw new InterruptException(e);
      }
    }
  }
}
