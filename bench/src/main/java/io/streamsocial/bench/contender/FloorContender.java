package io.streamsocial.bench.contender;

import io.streamsocial.bench.posts.Digest;
import io.streamsocial.bench.posts.PostSource;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * The least that any solution must do: a plain consumer that polls, parses, or folds into a map. No
 * transaction, no state that survives: a floor, not a rival.
 */
final class FloorContender implements Contender {
  /** How far it goes. */
  enum Depth {
    POLL,
    PARSE,
    FOLD
  }

  private final Job job;
  private final Depth depth;
  private final StreamingParser parser = StreamingParser.ofHashtags();
  private final Map<Long, Map<String, Map<String, long[]>>> counts = new HashMap<>();
  private final Thread thread = new Thread(this::drain, "floor");
  private volatile long processed;
  private volatile @Nullable RuntimeException failure;

  FloorContender(Job job, Depth depth) {
    this.job = job;
    this.depth = depth;
  }

  @Override
  public void start() {
    thread.start();
  }

  private void drain() {
    Map<String, Object> settings =
        Map.of("bootstrap.servers", job.bootstrap(), "max.poll.records", 5000);
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(job.topic()).stream()
              .map(p -> new TopicPartition(job.topic(), p.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      long done = 0;
      while (done < job.posts()) {
        for (ConsumerRecord<byte[], byte[]> post : consumer.poll(Duration.ofMillis(100))) {
          done++;
          if (depth != Depth.POLL) {
            parser.parse(post.value());
            if (depth == Depth.FOLD) {
              fold();
            }
          }
        }
        processed = done;
      }
    } catch (RuntimeException e) {
      failure = e;
    }
  }

  private void fold() {
    long start = parser.timestampMs() - parser.timestampMs() % PostSource.WINDOW_MS;
    Map<String, long[]> tags =
        counts
            .computeIfAbsent(start, w -> new HashMap<>())
            .computeIfAbsent(parser.region(), r -> new HashMap<>());
    for (String tag : parser.tags()) {
      tags.computeIfAbsent(tag, t -> new long[1])[0]++;
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
    Digest digest = new Digest();
    counts.forEach(
        (start, regions) ->
            regions.forEach(
                (region, tags) -> {
                  byte[] regionBytes = region.getBytes(StandardCharsets.UTF_8);
                  tags.forEach(
                      (tag, count) -> {
                        byte[] bytes = tag.getBytes(StandardCharsets.UTF_8);
                        digest.add(
                            start,
                            regionBytes,
                            regionBytes.length,
                            bytes,
                            0,
                            bytes.length,
                            count[0]);
                      });
                }));
    return digest;
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
