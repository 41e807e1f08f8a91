package io.streamsocial.bench.contender;

import io.streamsocial.bench.posts.Digest;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteBufferDeserializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * The least that any solution must do: a plain consumer that polls, and does something with each
 * post. No transaction, no state that survives, nothing sent: a floor, not a rival.
 */
final class FloorContender<T> implements Contender {
  /** What is done with the posts; owned by the thread that polls until all are read. */
  interface Work<T> {
    void post(T value);

    /** Of what it has counted. */
    Digest result();
  }

  private final Job job;
  private final Deserializer<T> deserializer;
  private final Work<T> work;
  private final Thread thread = new Thread(this::drain, "floor");
  private volatile long processed;
  private volatile @Nullable RuntimeException failure;

  private FloorContender(Job job, Deserializer<T> deserializer, Work<T> work) {
    this.job = job;
    this.deserializer = deserializer;
    this.work = work;
  }

  /** With what a good engineer writes in an afternoon. */
  static Contender ofAnAfternoon(Job job, AfternoonWork.Depth depth) {
    return new FloorContender<>(job, new ByteArrayDeserializer(), new AfternoonWork(depth));
  }

  /** With the fastest parser and the fastest table that we know. */
  static Contender best(Job job) {
    return new FloorContender<ByteBuffer>(job, new ByteBufferDeserializer(), new BestWork());
  }

  @Override
  public void start() {
    thread.start();
  }

  private void drain() {
    Map<String, Object> settings =
        Map.of("bootstrap.servers", job.bootstrap(), "max.poll.records", 5000);
    try (KafkaConsumer<T, T> consumer = new KafkaConsumer<>(settings, deserializer, deserializer)) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(job.topic()).stream()
              .map(p -> new TopicPartition(job.topic(), p.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      long done = 0;
      while (done < job.posts()) {
        for (ConsumerRecord<T, T> post : consumer.poll(Duration.ofMillis(100))) {
          done++;
          work.post(post.value());
        }
        processed = done;
      }
    } catch (RuntimeException e) {
      failure = e;
    }
  }

  @Override
  public long processed() {
    return processed;
  }

  @Override
  public boolean isDone() {
    RuntimeException thrown = failure;
    if (thrown != null) {
      throw thrown;
    }
    return processed >= job.posts();
  }

  @Override
  public Digest result() {
    return work.result();
  }

  @Override
  public Rebuild rebuild() {
    return Rebuild.DONE; // has no state
  }

  @Override
  public long restoredRecords() {
    return 0;
  }

  @Override
  public void close() {
    try {
      thread.join(5_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
