package io.streamsocial.http.server;

import io.streamsocial.http.api.AcceptedPost;
import io.streamsocial.http.api.PostSink;
import io.streamsocial.http.net.HttpLimits;
import io.streamsocial.processor.ClientFigures;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.posts.PostRules;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * Writes posts to their topic, each acknowledged by all replicas. Owns its producer, which has no
 * part in the engine's transactions: a post is input. It is made for the first post: many instances
 * never get one over HTTP, and none should wait for it at its start.
 */
public final class KafkaPosts implements PostSink {
  private static final Duration CLOSE = Duration.ofSeconds(2);

  /** Kafka's default; a post must fit into the least. */
  private static final long BUFFER_MAX = 32 << 20;

  private static final long BUFFER_MIN = 2 << 20;

  private final String topic;
  private final Supplier<Producer<byte[], byte[]>> producers;
  private volatile @Nullable Producer<byte[], byte[]> producer;
  private boolean closed;

  /**
   * @param producers each time a new one
   */
  public KafkaPosts(String topic, Supplier<Producer<byte[], byte[]>> producers) {
    this.topic = topic;
    this.producers = producers;
  }

  /**
   * @throws KafkaException when none can be made of the settings
   */
  private Producer<byte[], byte[]> producer() {
    Producer<byte[], byte[]> made = producer;
    return made == null ? first() : made;
  }

  private synchronized Producer<byte[], byte[]> first() {
    Producer<byte[], byte[]> made = producer;
    if (made == null) {
      if (closed) {
        throw new IllegalStateException("closed");
      }
      made = producers.get();
      producer = made;
    }
    return made;
  }

  /**
   * To the topic that an engine reads, by the settings of its clients.
   *
   * @param limits a part of the memory of requests is the producer's buffer, where the settings do
   *     not say
   */
  static KafkaPosts connect(EngineConfig engine, HttpLimits limits) {
    return connect(
        engine.brokers().bootstrap(),
        engine.posts().topic(),
        engine.brokers().kafka(),
        limits.requestMemoryBytes());
  }

  private static KafkaPosts connect(
      String bootstrap, String topic, Map<String, String> kafka, long requestMemoryBytes) {
    long buffer = Math.min(BUFFER_MAX, Math.max(BUFFER_MIN, requestMemoryBytes / 4));
    Map<String, String> settings = new HashMap<>();
    settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, Long.toString(buffer));
    // As the engine's clients.
    settings.put(ProducerConfig.METRIC_REPORTER_CLASSES_CONFIG, "");
    settings.put(ProducerConfig.ENABLE_METRICS_PUSH_CONFIG, "false");
    settings.putAll(kafka);
    Map<String, Object> own =
        Map.of(
            ProducerConfig.ACKS_CONFIG, "all",
            ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true,
            // The client waits for the answer: a few milliseconds to share a request, not more.
            ProducerConfig.LINGER_MS_CONFIG, 5,
            ProducerConfig.MAX_BLOCK_MS_CONFIG, 5_000,
            ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000,
            ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 10_000);
    ByteArraySerializer bytes = new ByteArraySerializer();
    return new KafkaPosts(
        topic,
        () -> new KafkaProducer<>(ClientSettings.producer(bootstrap, settings, own), bytes, bytes));
  }

  /**
   * Goes on with a new producer, because the old one's times lie ahead of a wall clock that was set
   * back. What that one still holds is sent within {@code CLOSE}, or fails. Does not wait.
   */
  public synchronized void renew() {
    Producer<byte[], byte[]> old = producer;
    if (old == null || closed) {
      return;
    }
    producer = producers.get();
    Thread closing = new Thread(() -> old.close(CLOSE), "posts-renew");
    closing.setDaemon(true);
    closing.start();
  }

  /** Its producer's own metrics; empty before the first post. */
  public Optional<ClientFigures> figures() {
    Producer<byte[], byte[]> current = producer;
    if (current == null) {
      return Optional.empty();
    }
    String clientId =
        current.metrics().keySet().stream()
            .map(name -> name.tags().getOrDefault("client-id", ""))
            .filter(id -> !id.isEmpty())
            .findFirst()
            .orElse("");
    return Optional.of(new ClientFigures(ClientFigures.Kind.POSTS, -1, clientId, current::metrics));
  }

  @Override
  public CompletionStage<List<Written>> write(List<AcceptedPost> posts) {
    List<CompletableFuture<Written>> acks = new ArrayList<>(posts.size());
    for (AcceptedPost post : posts) {
      CompletableFuture<Written> ack = send(post);
      acks.add(ack);
      if (ack.isCompletedExceptionally()) {
        break; // without metadata each further one would block as long as this one did
      }
    }
    return CompletableFuture.allOf(acks.toArray(new CompletableFuture<?>[0]))
        .thenApply(all -> acks.stream().map(CompletableFuture::join).collect(Collectors.toList()));
  }

  private CompletableFuture<Written> send(AcceptedPost post) {
    Producer<byte[], byte[]> current;
    try {
      current = producer();
    } catch (KafkaException e) {
      return CompletableFuture.failedFuture(e);
    }
    try {
      return send(current, post);
    } catch (IllegalStateException e) {
      Producer<byte[], byte[]> later = producer();
      if (current == later) {
        throw e;
      }
      return send(later, post); // replaced and closed meanwhile
    }
  }

  private CompletableFuture<Written> send(Producer<byte[], byte[]> to, AcceptedPost post) {
    CompletableFuture<Written> ack = new CompletableFuture<>();
    try {
      var unused =
          to.send(
              record(to, post),
              (metadata, failure) -> {
                if (failure == null) {
                  ack.complete(new Written(metadata.partition(), metadata.offset()));
                } else {
                  ack.completeExceptionally(failure);
                }
              });
    } catch (KafkaException e) {
      ack.completeExceptionally(e);
    }
    return ack;
  }

  /**
   * Each try of a post goes to the same partition, as the engine compares within one: the user's,
   * by the record's key, or the one that a record with this key would go to. Others go where the
   * producer likes.
   */
  private ProducerRecord<byte[], byte[]> record(Producer<byte[], byte[]> to, AcceptedPost post) {
    byte[] key = post.userId().map(KafkaPosts::utf8).orElse(null);
    Integer partition =
        key == null ? post.sameInEachTry().map(same -> partition(to, same)).orElse(null) : null;
    ProducerRecord<byte[], byte[]> made = new ProducerRecord<>(topic, partition, key, post.json());
    post.idempotencyKey()
        .ifPresent(name -> made.headers().add(PostRules.IDEMPOTENCY_HEADER, utf8(name)));
    return made;
  }

  /** As Kafka's producers place a key. May block as long as a send, for the topic's partitions. */
  private Integer partition(Producer<byte[], byte[]> to, String same) {
    int partitions = to.partitionsFor(topic).size();
    return Utils.toPositive(Utils.murmur2(utf8(same))) % partitions;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public synchronized void close() {
    closed = true;
    Producer<byte[], byte[]> made = producer;
    if (made != null) {
      made.close(CLOSE);
    }
  }
}
