package io.streamsocial.processor.task;

import io.streamsocial.processor.Moment;
import io.streamsocial.store.StoreException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Reads the shuffle into tasks that follow: outside the group, as the group's member for the same
 * partition does on another instance. Owned by one loop.
 */
public final class Followers implements AutoCloseable {

  /** Hears what becomes of a task; it is no follower any more when it does. */
  public interface Listener {
    /**
     * The shuffle was deleted up to beyond where the task reads: only its changelog has the rest.
     */
    void leftBehind(CountTask task);

    void failed(CountTask task, StoreException e);
  }

  private final Supplier<Consumer<ByteBuffer, ByteBuffer>> clients;
  private final String topic;
  private final Map<Integer, CountTask> tasks = new TreeMap<>();
  // Only an instance that follows anything needs a connection for it.
  private volatile @Nullable Consumer<ByteBuffer, ByteBuffer> consumer;

  /**
   * @param topic the shuffle
   */
  public Followers(Supplier<Consumer<ByteBuffer, ByteBuffer>> clients, String topic) {
    this.clients = clients;
    this.topic = topic;
  }

  /** From its live offset on, until it is removed. */
  public void add(CountTask task) {
    tasks.put(task.partition(), task);
    TopicPartition tp = new TopicPartition(topic, task.partition());
    Consumer<ByteBuffer, ByteBuffer> reading = assign();
    reading.seek(tp, task.liveOffset());
  }

  public void remove(int partition) {
    if (tasks.remove(partition) != null) {
      Consumer<ByteBuffer, ByteBuffer> unused = assign();
    }
  }

  /** Goes on reading everything with a new consumer, from where each task is. */
  public void renew() {
    if (consumer != null) {
      close();
      consumer = null;
      List.copyOf(tasks.values()).forEach(this::add);
    }
  }

  /** Any thread: ends a poll that waits, by an exception. */
  public void wakeUp() {
    Consumer<ByteBuffer, ByteBuffer> reading = consumer;
    if (reading != null) {
      reading.wakeup();
    }
  }

  public boolean isEmpty() {
    return tasks.isEmpty();
  }

  private Consumer<ByteBuffer, ByteBuffer> assign() {
    Consumer<ByteBuffer, ByteBuffer> reading = consumer;
    if (reading == null) {
      reading = clients.get();
      consumer = reading;
    }
    Set<TopicPartition> partitions = new HashSet<>();
    tasks.keySet().forEach(partition -> partitions.add(new TopicPartition(topic, partition)));
    reading.assign(partitions);
    return reading;
  }

  /** Folds what has come, without waiting; returns its records. */
  public int turn(Listener listener, Moment now) {
    Consumer<ByteBuffer, ByteBuffer> reading = consumer;
    if (reading == null || tasks.isEmpty()) {
      return 0;
    }
    pauseFull(reading);
    ConsumerRecords<ByteBuffer, ByteBuffer> records;
    try {
      records = reading.poll(Duration.ZERO);
    } catch (OffsetOutOfRangeException e) {
      for (TopicPartition tp : e.partitions()) {
        CountTask task = tasks.get(tp.partition());
        remove(tp.partition());
        if (task != null) {
          listener.leftBehind(task);
        }
      }
      return 0;
    }
    for (CountTask task : List.copyOf(tasks.values())) {
      TopicPartition tp = new TopicPartition(topic, task.partition());
      try {
        fold(task, records.records(tp), reading, now);
        if (reading.position(tp) < task.liveOffset()) {
          reading.seek(tp, task.liveOffset());
        }
      } catch (StoreException e) {
        remove(task.partition());
        listener.failed(task, e);
      }
    }
    return records.count();
  }

  /** A task that is full waits for a checkpoint of the active. */
  private void pauseFull(Consumer<ByteBuffer, ByteBuffer> reading) {
    for (CountTask task : tasks.values()) {
      Set<TopicPartition> tp = Set.of(new TopicPartition(topic, task.partition()));
      if (task.isFull()) {
        reading.pause(tp);
      } else {
        reading.resume(tp);
      }
    }
  }

  private void fold(
      CountTask task,
      List<ConsumerRecord<ByteBuffer, ByteBuffer>> records,
      Consumer<ByteBuffer, ByteBuffer> reading,
      Moment now) {
    TopicPartition tp = new TopicPartition(topic, task.partition());
    for (ConsumerRecord<ByteBuffer, ByteBuffer> shuffle : records) {
      if (task.isFull()) {
        reading.seek(tp, shuffle.offset());
        break;
      }
      // A checkpoint may have carried the task beyond what this poll had fetched before.
      if (shuffle.offset() >= task.liveOffset()) {
        task.fold(shuffle, now);
      }
    }
    long position = reading.position(tp);
    if (position > task.liveOffset()) {
      task.polled(position);
    }
  }

  /** Records that are there and not folded yet; empty when unknown. */
  public OptionalLong lag(int partition) {
    Consumer<ByteBuffer, ByteBuffer> reading = consumer;
    return reading == null || !tasks.containsKey(partition)
        ? OptionalLong.empty()
        : reading.currentLag(new TopicPartition(topic, partition));
  }

  @Override
  public void close() {
    if (consumer != null) {
      consumer.close(CloseOptions.timeout(Duration.ofSeconds(1)));
    }
  }
}
