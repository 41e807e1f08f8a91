package io.streamsocial.bench.posts;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Writes posts into a topic: a past to begin with, then a stream at a rate. Not thread-safe. */
public final class PostFeed implements AutoCloseable {
  private static final int TAGS_A_SWEEP_POST = 50;
  private static final int PAST_WINDOWS = 3;
  private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final KafkaProducer<byte[], byte[]> producer;
  private final String topic;
  private final int tags;
  private long sent;
  private long sweptUpToMs = -1;

  public PostFeed(String bootstrap, String topic, int tags) {
    this.producer = producer(bootstrap, 20);
    this.topic = topic;
    this.tags = tags;
  }

  /** A producer for measurements: acks of the leader, nothing resent. */
  public static KafkaProducer<byte[], byte[]> producer(String bootstrap, int lingerMs) {
    Map<String, Object> settings = new HashMap<>();
    settings.put("bootstrap.servers", bootstrap);
    settings.put("compression.type", "lz4");
    settings.put("linger.ms", lingerMs);
    settings.put("batch.size", 256 << 10);
    settings.put("buffer.memory", 64L << 20);
    settings.put("acks", "1");
    settings.put("enable.idempotence", false);
    return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /** Posts by Zipf's law, with event times of the last 15 minutes. */
  public void past(long posts) {
    long spanMs = PAST_WINDOWS * PostSource.WINDOW_MS;
    PostSource source =
        new PostSource(
            new PostSource.Parameters(1, tags, System.currentTimeMillis() - spanMs, spanMs, posts));
    for (long i = 0; i < posts; i++) {
      byte[] post = source.post(i);
      send(post, source.timestampMs());
    }
    producer.flush();
  }

  /**
   * Makes each of the three newest windows hold every tag, except windows that it has filled
   * before.
   *
   * @return whether a window had to be filled
   */
  public boolean fillWindows() {
    long nowMs = System.currentTimeMillis();
    long newest = nowMs - nowMs % PostSource.WINDOW_MS;
    long oldest = newest - (PAST_WINDOWS - 1) * PostSource.WINDOW_MS;
    long from = Math.max(oldest, sweptUpToMs);
    for (long window = from; window <= newest; window += PostSource.WINDOW_MS) {
      sweep(window);
    }
    producer.flush();
    sweptUpToMs = newest + PostSource.WINDOW_MS;
    return from <= newest;
  }

  private void sweep(long windowStartMs) {
    for (int tag = 0; tag < tags; tag += TAGS_A_SWEEP_POST) {
      StringBuilder text = new StringBuilder();
      for (int i = tag; i < Math.min(tags, tag + TAGS_A_SWEEP_POST); i++) {
        text.append(" #topic_").append(i);
      }
      byte[] region = PostSource.REGIONS[tag / TAGS_A_SWEEP_POST % PostSource.REGIONS.length];
      String post =
          "{\"post_id\":\"sweep-%d\",\"user_id\":\"user-0\",\"text\":\"all of%s\",\"region\":\"%s\",\"timestamp\":%d}"
              .formatted(tag, text, new String(region, StandardCharsets.UTF_8), windowStartMs);
      send(post.getBytes(StandardCharsets.UTF_8), windowStartMs);
    }
  }

  /**
   * Sends at the rate, each post with its intended time, for an hour or until {@code ends} is true.
   */
  public void stream(int rate, BooleanSupplier ends) {
    long spanMs = Duration.ofHours(1).toMillis();
    long beginMs = System.currentTimeMillis();
    long posts = rate * TimeUnit.MILLISECONDS.toSeconds(spanMs);
    PostSource source =
        new PostSource(new PostSource.Parameters(beginMs, tags, beginMs, spanMs, posts));
    long begin = System.nanoTime();
    for (long i = 0; i < posts && !ends.getAsBoolean(); LockSupport.parkNanos(TICK_NANOS)) {
      long due = Math.min(posts, (long) ((System.nanoTime() - begin) / 1e9 * rate));
      for (; i < due; i++) {
        byte[] post = source.post(i);
        send(post, source.timestampMs());
      }
    }
  }

  private void send(byte[] post, long timestampMs) {
    int partition = (int) (sent++ % PostTopic.PARTITIONS);
    Future<RecordMetadata> unused =
        producer.send(new ProducerRecord<>(topic, partition, timestampMs, null, post));
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(5));
  }
}
