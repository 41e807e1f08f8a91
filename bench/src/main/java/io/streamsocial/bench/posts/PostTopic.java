package io.streamsocial.bench.posts;

import io.streamsocial.broker.Topics;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

/** The topic that contenders read. */
public final class PostTopic {
  public static final int PARTITIONS = 4;
  private static final int LINGER_MS = 20;

  private PostTopic() {}

  /** Fills a new topic with all posts of a source; returns the truth about them for these views. */
  public static Truth load(
      String bootstrap, String topic, PostSource.Parameters parameters, Collection<JobView> views) {
    Topics.ensure(bootstrap, topic, PARTITIONS, Map.of("retention.ms", "-1"));
    long begin = System.nanoTime();
    PostSource source = new PostSource(parameters);
    Truth truth = new Truth(source, views);
    try (KafkaProducer<byte[], byte[]> producer = PostFeed.producer(bootstrap, LINGER_MS)) {
      for (long i = 0; i < parameters.posts(); i++) {
        byte[] post = source.post(i);
        truth.add();
        Future<RecordMetadata> unused =
            producer.send(
                new ProducerRecord<>(
                    topic, (int) (i % PARTITIONS), source.timestampMs(), null, post));
      }
    }
    System.out.printf(
        "loaded %,d posts with %,d mentions into %s in %.1f s%n",
        parameters.posts(), source.truth().mentions(), topic, (System.nanoTime() - begin) / 1e9);
    return truth;
  }
}
