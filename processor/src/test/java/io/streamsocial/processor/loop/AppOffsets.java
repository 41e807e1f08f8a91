package io.streamsocial.processor.loop;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * How far an application has come, asked from outside. All maps are by partition, all offsets the
 * next one.
 */
final class AppOffsets implements AutoCloseable {
  private final Admin admin;
  private final String app;
  private final String topic;
  private final int partitions;

  /**
   * @param topic of posts; with as many partitions as the shuffle
   */
  AppOffsets(String bootstrap, String app, String topic, int partitions) {
    this.admin = Admin.create(Map.of("bootstrap.servers", bootstrap));
    this.app = app;
    this.topic = topic;
    this.partitions = partitions;
  }

  /** Ends of the posts. */
  Map<Integer, Long> ends() throws ExecutionException, InterruptedException {
    return ends(topic);
  }

  private Map<Integer, Long> ends(String name) throws ExecutionException, InterruptedException {
    Map<TopicPartition, OffsetSpec> latest =
        IntStream.range(0, partitions)
            .boxed()
            .collect(Collectors.toMap(p -> new TopicPartition(name, p), p -> OffsetSpec.latest()));
    Map<Integer, Long> ends = new TreeMap<>();
    admin
        .listOffsets(latest)
        .all()
        .get()
        .forEach((tp, end) -> ends.put(tp.partition(), end.offset()));
    return ends;
  }

  /** Up to where posts are published; 0 before the first. */
  Map<Integer, Long> committed() throws ExecutionException, InterruptedException {
    Map<TopicPartition, OffsetAndMetadata> all =
        admin.listConsumerGroupOffsets(app).partitionsToOffsetAndMetadata().get();
    Map<Integer, Long> committed = new TreeMap<>();
    for (int p = 0; p < partitions; p++) {
      OffsetAndMetadata offset = all.get(new TopicPartition(topic, p));
      committed.put(p, offset == null ? 0 : offset.offset());
    }
    return committed;
  }

  /** Every post is published, and the process, which has all, has counted what came of it. */
  void awaitAllCounted(EngineProcess engine) throws ExecutionException, InterruptedException {
    Map<Integer, Long> posts = ends();
    await().atMost(Duration.ofMinutes(3)).until(() -> reaches(committed(), posts));
    // Of this moment: an idle engine goes on telling the shuffle where it stands.
    Map<Integer, Long> shuffle = ends(app + "-shuffle");
    await().atMost(Duration.ofMinutes(1)).until(() -> reaches(engine.folded(), shuffle));
  }

  private static boolean reaches(Map<Integer, Long> offsets, Map<Integer, Long> ends) {
    return ends.entrySet().stream()
        .allMatch(end -> offsets.getOrDefault(end.getKey(), 0L) >= end.getValue());
  }

  @Override
  public void close() {
    admin.close();
  }
}
