package io.streamsocial.processor;

import io.streamsocial.processor.posts.PostRules;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Writes posts to a topic: seeded, with tags by Zipf's law, several regions and a jitter in time.
 */
public final class TestPosts implements AutoCloseable {
  private static final List<String> REGIONS = List.of("US-East", "EU-West", "Asia:Pacific");

  private static final int USERS = 3_000;

  private final String topic;
  private final SplittableRandom random;
  private final double[] cumulative;
  private final KafkaProducer<byte[], byte[]> producer;

  /**
   * @param tags distinct hashtags
   */
  public TestPosts(String bootstrap, String topic, int tags, long seed) {
    this.topic = topic;
    this.random = new SplittableRandom(seed);
    this.cumulative = new double[tags];
    double sum = 0;
    for (int i = 0; i < tags; i++) {
      sum += 1.0 / (i + 1);
      cumulative[i] = sum;
    }
    // One request at a time: on a topic made a moment ago the first may be refused and the second
    // taken, and an idempotent producer then waits for a sequence that never comes.
    this.producer =
        new KafkaProducer<>(
            Map.of(
                "max.in.flight.requests.per.connection",
                "1",
                "bootstrap.servers",
                bootstrap,
                "linger.ms",
                "5",
                "compression.type",
                "lz4"),
            new ByteArraySerializer(),
            new ByteArraySerializer());
  }

  /**
   * A post with one to four hashtags.
   *
   * @param jitterMs how far its time may lie before the given one
   */
  public void send(int partition, long timestampMs, int jitterMs) {
    StringBuilder text = new StringBuilder("what I saw:");
    int tags = 1 + random.nextInt(4);
    for (int i = 0; i < tags; i++) {
      text.append(" #").append(random.nextBoolean() ? "Tag" : "tag").append(tag());
    }
    sendRaw(
        partition,
        "{\"post_id\":%d,\"user_id\":\"user%d\",\"text\":\"%s\",\"region\":\"%s\",\"timestamp\":%d}"
            .formatted(
                random.nextInt(1 << 30),
                random.nextInt(USERS),
                text,
                REGIONS.get(random.nextInt(REGIONS.size())),
                timestampMs - random.nextInt(jitterMs + 1)));
  }

  private int tag() {
    double target = random.nextDouble() * cumulative[cumulative.length - 1];
    int index = Arrays.binarySearch(cumulative, target);
    return index < 0 ? -index - 1 : index;
  }

  public void sendRaw(int partition, String value) {
    Future<RecordMetadata> unused =
        producer.send(
            new ProducerRecord<>(topic, partition, null, value.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * A post with a header, as a producer writes it that may send it again.
   *
   * @param key value of the header
   */
  public void sendKeyed(int partition, String key, String value) {
    ProducerRecord<byte[], byte[]> post =
        new ProducerRecord<>(topic, partition, null, value.getBytes(StandardCharsets.UTF_8));
    post.headers().add(PostRules.IDEMPOTENCY_HEADER, key.getBytes(StandardCharsets.UTF_8));
    Future<RecordMetadata> unused = producer.send(post);
  }

  public void flush() {
    producer.flush();
  }

  @Override
  public void close() {
    producer.close();
  }
}
