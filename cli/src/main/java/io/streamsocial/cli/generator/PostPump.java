package io.streamsocial.cli.generator;

import io.streamsocial.http.server.ClientSettings;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Sends generated posts at a steady rate. One thread runs it; any thread stops it. */
public final class PostPump implements AutoCloseable {
  private static final long PROGRESS_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final PostGenerator generator;
  private final String topic;
  private final Producer<byte[], byte[]> producer;
  private final AtomicReference<KafkaException> failure = new AtomicReference<>();
  private volatile boolean stopped;

  PostPump(PostGenerator generator, String topic, Producer<byte[], byte[]> producer) {
    this.generator = generator;
    this.topic = topic;
    this.producer = producer;
  }

  static PostPump connect(
      PostGenerator generator, String bootstrap, String topic, Map<String, String> kafka) {
    Map<String, Object> own =
        Map.of(
            ProducerConfig.ACKS_CONFIG, "all",
            ProducerConfig.LINGER_MS_CONFIG, 20,
            ProducerConfig.BATCH_SIZE_CONFIG, 128 << 10,
            ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4",
            ProducerConfig.MAX_BLOCK_MS_CONFIG, 15_000,
            ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 30_000,
            ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 10_000);
    ByteArraySerializer bytes = new ByteArraySerializer();
    return new PostPump(
        generator,
        topic,
        new KafkaProducer<>(ClientSettings.producer(bootstrap, kafka, own), bytes, bytes));
  }

  /**
   * Sends the posts of a past that ends now, as fast as Kafka takes them, each with its own time.
   *
   * @param lengthMs of that past, 0 or more
   * @return how many were sent: the number of the next post
   */
  public long sendPast(long lengthMs) {
    long beginMs = System.currentTimeMillis() - lengthMs;
    long i = 0;
    while (!stopped && generator.elapsedMs(i) < lengthMs) {
      send(i, generator.json(i, beginMs + generator.elapsedMs(i)));
      i++;
    }
    return i;
  }

  /**
   * Sends post {@code first}, the next, ... and returns when all are acknowledged or it was
   * stopped.
   *
   * @param rate posts a second; 0 for as fast as Kafka takes them
   * @param count how many; 0 for endless
   * @param progress called about twice a second with the number sent
   * @return how many were sent
   * @throws KafkaException when one was not acknowledged
   */
  public long run(long first, long rate, long count, LongConsumer progress) {
    long startNanos = System.nanoTime();
    long reportedNanos = startNanos;
    long sent = 0;
    while (!stopped && (count == 0 || sent < count)) {
      long now = System.nanoTime();
      if (now - reportedNanos > PROGRESS_NANOS) {
        reportedNanos = now;
        progress.accept(sent);
      }
      // The intended time of post n is n / rate: what was late is caught up, not stretched.
      long aheadNanos = rate == 0 ? 0 : (long) (sent * (1e9 / rate)) - (now - startNanos);
      if (aheadNanos > 0) {
        LockSupport.parkNanos(Math.min(aheadNanos, TimeUnit.MILLISECONDS.toNanos(100)));
      } else {
        send(first + sent, generator.json(first + sent));
        sent++;
      }
    }
    producer.flush();
    throwFailure();
    return sent;
  }

  private void send(long i, byte[] json) {
    throwFailure();
    byte[] key = generator.post(i).userId().getBytes(StandardCharsets.UTF_8);
    try {
      var unused =
          producer.send(
              new ProducerRecord<>(topic, key, json),
              (metadata, error) -> {
                if (error != null) {
                  failure.compareAndSet(null, asKafka(error));
                }
              });
    } catch (InterruptException e) {
      stopped = true;
    }
  }

  private static KafkaException asKafka(Exception error) {
    return error instanceof KafkaException kafka ? kafka : new KafkaException(error);
  }

  private void throwFailure() {
    KafkaException error = failure.get();
    if (error != null && !stopped) {
      throw error;
    }
  }

  public void stop() {
    stopped = true;
  }

  @Override
  public void close() {
    stopped = true;
    producer.close(Duration.ofSeconds(1));
  }
}
