package io.streamsocial.cli.faults;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Posts at a steady rate, from a thread of its own and on a way to the broker that no fault
 * concerns. It knows the true count of every row, and since when each post is in the log. Each post
 * has the tag {@link #EVERY}.
 */
final class CountedPosts implements AutoCloseable {
  static final String EVERY = "every";
  static final List<String> REGIONS = List.of("EU", "US-East", "Asia-Pacific");
  private static final int TAGS = 2_000;
  private static final long TICK_NANOS = 20_000_000;

  /**
   * A row of the state.
   *
   * @param region "" for all regions together
   */
  record Cell(long windowStartMs, String region, String tag) {}

  /** The times of a partition's posts, by offset. Guarded by itself. */
  private static final class Acknowledged {
    private long[] nanos = new long[1 << 16];
    private int size;

    synchronized void add(long offset) {
      if (offset != size) {
        throw new IllegalStateException("offset %d after %d posts".formatted(offset, size));
      }
      if (size == nanos.length) {
        nanos = Arrays.copyOf(nanos, 2 * size);
      }
      nanos[size++] = System.nanoTime();
    }

    /** Nanoseconds that the first post which is not included was in the log at that time. */
    synchronized long missingFor(long included, long atNanos) {
      return included >= size ? 0 : Math.max(0, atNanos - nanos[(int) included]);
    }
  }

  private final String bootstrap;
  private final String topic;
  private final int perTick;
  private final long windowMs;
  private final List<Acknowledged> acknowledged;
  private final AtomicLong sent = new AtomicLong();
  private final Map<Cell, Long> counts = new ConcurrentHashMap<>();
  private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
  private final Thread thread = new Thread(this::run, "counted-posts");
  private volatile boolean stopping;

  private CountedPosts(
      String bootstrap, String topic, int partitions, int perSecond, Duration window) {
    this.bootstrap = bootstrap;
    this.topic = topic;
    this.perTick = perSecond / 50;
    this.windowMs = window.toMillis();
    acknowledged = IntStream.range(0, partitions).mapToObj(i -> new Acknowledged()).toList();
  }

  static CountedPosts start(
      String bootstrap, String topic, int partitions, int perSecond, Duration window) {
    CountedPosts posts = new CountedPosts(bootstrap, topic, partitions, perSecond, window);
    posts.thread.start();
    return posts;
  }

  /** Posts handed to the producer so far: no answer can include more. */
  long sent() {
    return sent.get();
  }

  /**
   * For how long the oldest post had been in the log at that time that a state does not include.
   *
   * @param next the next offset that is not included, by partition
   */
  long missingMs(Map<Integer, Long> next, long atNanos) {
    long nanos = 0;
    for (int p = 0; p < acknowledged.size(); p++) {
      nanos = Math.max(nanos, acknowledged.get(p).missingFor(next.getOrDefault(p, 0L), atNanos));
    }
    return nanos / 1_000_000;
  }

  /** Ends it; returns the true count of every row. */
  Map<Cell, Long> stop() throws InterruptedException {
    stopping = true;
    thread.join();
    if (failure.get() != null) {
      throw new AssertionError("a post was not taken", failure.get());
    }
    return counts;
  }

  private void run() {
    SplittableRandom random = new SplittableRandom(11);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrap, "acks", "all", "linger.ms", "5"),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      long next = System.nanoTime();
      while (!stopping && failure.get() == null) {
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
    long nowMs = System.currentTimeMillis();
    String tag = "t" + random.nextInt(1 + random.nextInt(TAGS));
    String region = REGIONS.get(random.nextInt(REGIONS.size()));
    long start = Math.floorDiv(nowMs, windowMs) * windowMs;
    for (String each : List.of(tag, EVERY)) {
      counts.merge(new Cell(start, region, each), 1L, Long::sum);
      counts.merge(new Cell(start, "", each), 1L, Long::sum);
    }
    byte[] post =
        "{\"text\":\"saw #%s #%s\",\"region\":\"%s\",\"timestamp\":%d}"
            .formatted(tag, EVERY, region, nowMs)
            .getBytes(StandardCharsets.UTF_8);
    int partition = (int) (sent.getAndIncrement() % acknowledged.size());
    Future<RecordMetadata> unused =
        producer.send(
            new ProducerRecord<>(topic, partition, null, post),
            (metadata, e) -> acknowledge(metadata, e));
  }

  private void acknowledge(RecordMetadata metadata, @Nullable Exception e) {
    if (e == null) {
      acknowledged.get(metadata.partition()).add(metadata.offset());
    } else {
      failure.compareAndSet(null, e);
    }
  }

  /** The first differences between the true counts and those that were found. */
  static List<String> differences(Map<Cell, Long> truth, Map<Cell, Long> found) {
    Map<String, String> differences = new TreeMap<>();
    truth.forEach((cell, count) -> compare(differences, cell, count, found.getOrDefault(cell, 0L)));
    found.forEach((cell, count) -> compare(differences, cell, truth.getOrDefault(cell, 0L), count));
    return differences.values().stream().limit(20).toList();
  }

  private static void compare(Map<String, String> differences, Cell cell, long count, long found) {
    if (count != found) {
      differences.put(cell.toString(), "%s: truth %d, found %d".formatted(cell, count, found));
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
