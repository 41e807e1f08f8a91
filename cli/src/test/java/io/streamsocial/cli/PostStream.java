package io.streamsocial.cli;

import io.streamsocial.broker.KafkaFixture;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Posts at a steady rate, from a thread of its own, and how often each tag is in them. Each post
 * has the tag {@link #EVERY}, so its count is the number of posts that an answer includes.
 */
final class PostStream implements AutoCloseable {
  static final String EVERY = "every";
  private static final int TAGS = 500;
  private static final long TICK_NANOS = 20_000_000;

  private final String topic;
  private final int partitions;
  private final int perTick;
  private final AtomicLong sent = new AtomicLong();
  private final Map<String, Long> counts = new ConcurrentHashMap<>();
  private final Thread thread = new Thread(this::run, "post-stream");
  private volatile boolean stopping;

  private PostStream(String topic, int partitions, int perSecond) {
    this.topic = topic;
    this.partitions = partitions;
    this.perTick = perSecond / 50;
  }

  static PostStream start(String topic, int partitions, int perSecond) {
    PostStream stream = new PostStream(topic, partitions, perSecond);
    stream.thread.start();
    return stream;
  }

  /** Posts handed to the producer so far: no answer can include more. */
  long sent() {
    return sent.get();
  }

  /** Ends it; returns how often each tag was posted. */
  Map<String, Long> stop() throws InterruptedException {
    stopping = true;
    thread.join();
    return counts;
  }

  private void run() {
    SplittableRandom random = new SplittableRandom(11);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of(
                "bootstrap.servers",
                KafkaFixture.bootstrap(),
                "linger.ms",
                "5",
                "compression.type",
                "lz4",
                "max.in.flight.requests.per.connection",
                "1"),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      long next = System.nanoTime();
      while (!stopping) {
        for (int i = 0; i < perTick; i++) {
          send(producer, random);
        }
        next += TICK_NANOS;
        LockSupport.parkNanos(next - System.nanoTime());
      }
      producer.flush();
    }
  }

  private void send(KafkaProducer<byte[], byte[]> producer, SplittableRandom random) {
    String tag = "t" + random.nextInt(1 + random.nextInt(TAGS));
    counts.merge(tag, 1L, Long::sum);
    counts.merge(EVERY, 1L, Long::sum);
    String post =
        "{\"text\":\"saw #%s #%s\",\"region\":\"EU\",\"timestamp\":%d}"
            .formatted(tag, EVERY, System.currentTimeMillis());
    int partition = (int) (sent.getAndIncrement() % partitions);
    Future<RecordMetadata> unused =
        producer.send(
            new ProducerRecord<>(topic, partition, null, post.getBytes(StandardCharsets.UTF_8)));
  }

  @Override
  public void close() {
    stopping = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
