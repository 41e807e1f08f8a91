package io.streamsocial.cli;

import io.streamsocial.broker.KafkaFixture;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A post every 20 ms to partition 0, by a thread of its own, each with the tag {@link #TAG}; when
 * each was acknowledged is known, so that the true age of an answer can be computed.
 */
final class TimedPosts implements AutoCloseable {
  static final String TAG = "every";
  private static final long EVERY_MS = 20;
  private static final int MAX = 100_000;

  private final String topic;
  private final AtomicLong sent = new AtomicLong();
  private final AtomicLongArray sentNanos = new AtomicLongArray(MAX);
  private final Thread thread = new Thread(this::run, "timed-posts");
  private volatile boolean stopping;
  private volatile boolean quiet;

  private TimedPosts(String topic) {
    this.topic = topic;
  }

  static TimedPosts start(String topic) {
    TimedPosts posts = new TimedPosts(topic);
    posts.thread.start();
    return posts;
  }

  /** Posts in the log so far, which is the offset of the next. */
  long sent() {
    return sent.get();
  }

  void awaitMore(long posts) throws InterruptedException {
    long until = sent() + posts;
    while (sent() < until && thread.isAlive()) {
      TimeUnit.MILLISECONDS.sleep(EVERY_MS);
    }
  }

  /** Posts nothing for so long. */
  void quiet(long ms) throws InterruptedException {
    quiet = true;
    TimeUnit.MILLISECONDS.sleep(ms);
    quiet = false;
  }

  /** For how long the oldest post has been in the log that an answer does not include. */
  long missingMs(long included, long nowNanos) {
    return included >= sent()
        ? 0
        : Math.max(0, TimeUnit.NANOSECONDS.toMillis(nowNanos - sentNanos.get((int) included)));
  }

  /** Returns how many there were. */
  long stop() throws InterruptedException {
    stopping = true;
    thread.join();
    return sent();
  }

  private void run() {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", KafkaFixture.bootstrap()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      while (!stopping && sent() < MAX) {
        if (quiet) {
          TimeUnit.MILLISECONDS.sleep(EVERY_MS);
          continue;
        }
        String post =
            "{\"text\":\"#%s\",\"region\":\"EU\",\"timestamp\":%d}"
                .formatted(TAG, System.currentTimeMillis());
        producer
            .send(new ProducerRecord<>(topic, 0, null, post.getBytes(StandardCharsets.UTF_8)))
            .get();
        sentNanos.set((int) sent(), System.nanoTime());
        sent.incrementAndGet();
        TimeUnit.MILLISECONDS.sleep(EVERY_MS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new AssertionError("a post was not taken", e);
    }
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
