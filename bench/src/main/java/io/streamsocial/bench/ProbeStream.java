package io.streamsocial.bench;

import io.streamsocial.bench.posts.PostTopic;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/** Sends posts at a rate from a thread of its own, and hands over those that are in the log. */
final class ProbeStream {
  private final KafkaProducer<byte[], byte[]> producer;
  private final String topic;
  private final long count;
  private final long intervalNanos;
  private final Queue<Sent> written = new ConcurrentLinkedQueue<>();
  private final AtomicLong failed = new AtomicLong();
  private final Thread sender = new Thread(this::send, "probes");
  private long begin;

  /** A post that is in the log. */
  record Sent(long dueNanos, int partition, long offset) {}

  /**
   * @param count posts to send
   * @param perSecond their rate
   */
  ProbeStream(KafkaProducer<byte[], byte[]> producer, String topic, long count, int perSecond) {
    this.producer = producer;
    this.topic = topic;
    this.count = count;
    this.intervalNanos = TimeUnit.SECONDS.toNanos(1) / perSecond;
  }

  /**
   * @param beginNanos when the first post is due
   */
  void start(long beginNanos) {
    begin = beginNanos;
    sender.start();
  }

  private void send() {
    for (long i = 0; i < count; i++) {
      long due = begin + i * intervalNanos;
      for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
        LockSupport.parkNanos(wait);
      }
      Future<RecordMetadata> unused =
          producer.send(
              post(i),
              (metadata, failure) -> {
                if (failure == null) {
                  written.add(new Sent(due, metadata.partition(), metadata.offset()));
                } else {
                  failed.incrementAndGet();
                }
              });
    }
  }

  private ProducerRecord<byte[], byte[]> post(long i) {
    long nowMs = System.currentTimeMillis();
    String json =
        "{\"post_id\":\"probe-%d\",\"user_id\":\"prober\",\"text\":\"is it there yet #probe_%d\",\"region\":\"EU-West\",\"timestamp\":%d}"
            .formatted(i, i, nowMs);
    return new ProducerRecord<>(
        topic,
        (int) (i % PostTopic.PARTITIONS),
        nowMs,
        null,
        json.getBytes(StandardCharsets.UTF_8));
  }

  /** The next post that the log holds; null when there is none yet. */
  @Nullable Sent poll() {
    return written.poll();
  }

  long failed() {
    return failed.get();
  }

  void join() throws InterruptedException {
    sender.join();
  }
}
