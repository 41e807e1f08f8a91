package io.streamsocial.bench.micro;

import io.streamsocial.bench.machine.TemporaryDirectory;
import io.streamsocial.bench.posts.PostFeed;
import io.streamsocial.bench.posts.PostSource;
import io.streamsocial.bench.posts.PostTopic;
import io.streamsocial.broker.BrokerConfig;
import io.streamsocial.broker.LocalBroker;
import io.streamsocial.broker.Topics;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.loop.Engine;
import io.streamsocial.processor.posts.Hashtags;
import io.streamsocial.processor.posts.PostExtractor;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.Trending;
import io.streamsocial.processor.trends.ViewState;
import io.streamsocial.processor.views.View;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * An engine with production defaults and a broker of its own; both stop when it is closed. It
 * counts the hashtags of posts twice: as trending does, and in a view as other programs write them.
 */
final class BenchmarkEngine implements AutoCloseable {
  static final String TOPIC = "posts";

  private static final String VIEW = "mentions-by-tag";
  private static final long[] ONE = {1};
  private static final long TIMEOUT_NANOS = TimeUnit.MINUTES.toNanos(10);

  private final TemporaryDirectory directory = new TemporaryDirectory();
  private final LocalBroker broker;
  private final KafkaProducer<byte[], byte[]> producer;
  private final Engine engine;
  private long posts;

  BenchmarkEngine() {
    broker =
        LocalBroker.start(
            BrokerConfig.defaults()
                .heap("1g")
                .optimizing()
                .dataDir(directory.path().resolve("kafka")));
    Topics.ensure(bootstrap(), TOPIC, PostTopic.PARTITIONS, Map.of());
    producer = PostFeed.producer(bootstrap(), 0);
    engine =
        Engine.start(
            EngineConfig.defaults()
                .bootstrap(bootstrap())
                .hashtags(true)
                .view(mentions())
                .stateDir(directory.path().resolve("state"))
                .build());
  }

  private static View mentions() {
    PostExtractor extractor =
        (post, out) -> {
          Hashtags tags = post.hashtags();
          byte[] region = post.region();
          for (int i = 0; i < tags.size(); i++) {
            out.emit(
                post.timestampMs(),
                region,
                0,
                region.length,
                tags.bytes(),
                tags.offset(i),
                tags.length(i),
                ONE);
          }
        };
    return View.named(VIEW)
        .from(TOPIC, extractor)
        .tumbling(Duration.ofMillis(PostSource.WINDOW_MS), Duration.ofHours(1), Duration.ofHours(1))
        .groupedBy("region")
        .sum("mentions")
        .rankedBy("mentions")
        .build();
  }

  String bootstrap() {
    return broker.bootstrap();
  }

  Queries queries() {
    return engine.queries();
  }

  /** Ranked by mentions in the windows and regions of trending. */
  ViewState view() {
    return engine.view(VIEW);
  }

  /** Waits until every partition includes this many more posts. */
  void awaitCounted(long more) throws InterruptedException {
    posts += more;
    long deadline = System.nanoTime() + TIMEOUT_NANOS;
    while (!isCounted()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("the engine has not counted %,d posts".formatted(posts));
      }
      TimeUnit.MILLISECONDS.sleep(1);
    }
  }

  private boolean isCounted() {
    Map<Integer, Trending.Held> held = queries().held(queries().partitions());
    return held.size() == queries().partitions().size()
        && held.values().stream().allMatch(this::includesAll);
  }

  private boolean includesAll(Trending.Held held) {
    return held.asOf().values().stream().mapToLong(Long::longValue).sum() >= posts;
  }

  /** Sends a post with one hashtag for each partition, and waits until it is counted. */
  void countInEveryPartition() throws Exception {
    Map<Integer, String> tags = new TreeMap<>();
    for (int i = 0; tags.size() < queries().partitions().size(); i++) {
      tags.putIfAbsent(queries().key("topic_" + i).partition(), "topic_" + i);
    }
    long nowMs = System.currentTimeMillis();
    String post =
        "{\"post_id\":\"one\",\"user_id\":\"user\",\"text\":\"#%s\",\"region\":\"EU-West\",\"timestamp\":%d}"
            .formatted(String.join(" #", tags.values()), nowMs);
    producer
        .send(new ProducerRecord<>(TOPIC, 0, nowMs, null, post.getBytes(StandardCharsets.UTF_8)))
        .get();
    awaitCounted(1);
  }

  @Override
  public void close() {
    engine.close();
    producer.close();
    broker.close();
    directory.close();
  }
}
