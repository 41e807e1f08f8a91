package io.streamsocial.processor.task;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.log.Changelog;
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
 * Writes the stores of an instance back into a changelog that was deleted and created again: the
 * stores are the only copy of the counts then. Before the instance joins its group.
 *
 * <p>A store is a complete copy when the shuffle still has every record behind the store's
 * position: state and log together are all that was counted. Each partition is one transaction, so
 * the changelog has all of a store or nothing; the transactional id is the partition's, so of
 * several instances that hold a copy the first one writes. A partition that has records already is
 * left alone: another copy was written, and this store gives way to it.
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
   * @throws ConfigException when a store is no complete copy; nothing is lost by that
   */
  public void run() {
    for (int partition : directory.tasks()) {
      try (Producer<byte[], byte[]> producer = producers.apply(partition)) {
        // Ends what a former attempt left open, and keeps others away.
        producer.initTransactions();
        if (areEmpty(partition)) {
          refill(partition, producer);
        } else {
          log.warn(
              "partition {} of {} was written again from another copy; the store here is set aside as {}",
              partition,
              changelogs(),
              directory.setAside(partition, Moment.now().wallMs()));
        }
      }
    }
  }

  private List<String> changelogs() {
    return views.stream().map(KeptView::changelog).toList();
  }

  private boolean areEmpty(int partition) {
    return changelogs().stream().allMatch(topic -> isEmpty(new TopicPartition(topic, partition)));
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

  private void refill(int partition, Producer<byte[], byte[]> producer) {
    List<TaskStore.Spec> specs = views.stream().map(KeptView::spec).toList();
    try (TaskStore stores = TaskStore.open(directory.task(partition), specs, memory)) {
      Sent sent = new Sent(producer, partition);
      for (ViewStore store : stores.views()) {
        requireComplete(partition, store.position());
      }
      producer.beginTransaction();
      for (int i = 0; i < views.size(); i++) {
        ViewStore store = stores.view(i);
        CheckpointWriter.sendAll(views.get(i), store, store.position(), sent);
      }
      producer.commitTransaction();
      List<Position> positions = new ArrayList<>();
      for (int i = 0; i < views.size(); i++) {
        Position position = stores.view(i).position();
        stores.view(i).restored();
        positions.add(
            new Position(
                position.inputOffset(),
                sent.nextOffset(views.get(i)),
                position.streamTimeMs(),
                position.progress()));
      }
      stores.commit(positions);
      stores.flush();
      log.warn(
          "partition {} of {} was empty and is written again from the store: {} rows, at shuffle offset {}",
          partition,
          changelogs(),
          sent.records,
          positions.get(0).inputOffset());
    }
  }

  private void requireComplete(int partition, Position position) {
    TopicPartition shuffle = new TopicPartition(topics.shuffle(), partition);
    Set<TopicPartition> only = Set.of(shuffle);
    long begin = consumer.beginningOffsets(only, CALL_TIMEOUT).getOrDefault(shuffle, 0L);
    long end = consumer.endOffsets(only, CALL_TIMEOUT).getOrDefault(shuffle, 0L);
    if (position.inputOffset() < begin || position.inputOffset() > end) {
      throw new ConfigException(
          "%s was deleted, and the store of partition %d in %s cannot replace it: it ends at shuffle offset %d, and %s has %d to %d; start an instance that has a newer copy first. Without one, move task-%d out of the directory: its counts stay readable with inspect"
              .formatted(
                  changelogs(),
                  partition,
                  directory.root(),
                  position.inputOffset(),
                  shuffle,
                  begin,
                  end,
                  partition));
    }
  }

  private final class Sent implements CheckpointSink {
    private final Producer<byte[], byte[]> producer;
    private final int partition;
    private final Map<KeptView, Future<RecordMetadata>> last = new HashMap<>();
    private long records;

    Sent(Producer<byte[], byte[]> producer, int partition) {
      this.producer = producer;
      this.partition = partition;
    }

    @Override
    public void send(
        KeptView view, byte[] key, byte @Nullable [] value, byte @Nullable [] header) {
      ProducerRecord<byte[], byte[]> row =
          new ProducerRecord<>(view.changelog(), partition, key, value);
      if (header != null) {
        row.headers().add(Changelog.CHECKPOINT_HEADER, header);
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
