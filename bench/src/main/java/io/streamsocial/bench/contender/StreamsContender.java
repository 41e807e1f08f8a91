package io.streamsocial.bench.contender;

import io.streamsocial.bench.posts.Digest;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.processor.StateRestoreListener;
import org.jspecify.annotations.Nullable;

/**
 * The same job on Kafka Streams, as an expert would write it: exactly_once_v2, RocksDB with
 * caching, streaming JSON, event time from the record (so no second parse), lz4. Of hashtags it
 * counts by region and tag only, one row less a mention than ours.
 */
final class StreamsContender implements Contender {
  /** How it keeps its state. */
  enum Kind {
    /** With its defaults: after a crash the state is wiped and restored. */
    DEFAULT,
    /** In stores that write what is committed alone (KIP-892): a crash leaves them whole. */
    TRANSACTIONAL,
    /** As DEFAULT, but each posts partition counts for itself. */
    NO_REPARTITION
  }

  private static final int PARTITIONS = 4;
  private static final long CACHE_BYTES = 128L << 20;

  private final Job job;
  private final Kind kind;
  private final StreamsView view;
  private final String app;
  private final Admin admin;
  private @Nullable KafkaStreams streams;
  private final AtomicLong processed = new AtomicLong();
  // By changelog partition: true while it is read.
  private final Map<TopicPartition, Boolean> restoring = new ConcurrentHashMap<>();
  private final AtomicLong restoredRecords = new AtomicLong();

  StreamsContender(Job job, Kind kind) {
    this.job = job;
    this.kind = kind;
    this.view = StreamsView.of(job.views(), repartitions());
    this.app = "streams-" + job.stateDir().getFileName();
    this.admin = Admin.create(Map.of("bootstrap.servers", job.bootstrap()));
  }

  private boolean repartitions() {
    return kind != Kind.NO_REPARTITION;
  }

  private Map<String, Object> settings() {
    Map<String, Object> settings = new HashMap<>();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, app);
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, job.bootstrap());
    settings.put(StreamsConfig.STATE_DIR_CONFIG, job.stateDir().toString());
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    settings.put(StreamsConfig.TRANSACTIONAL_STATE_STORES_CONFIG, kind == Kind.TRANSACTIONAL);
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, job.threads());
    settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, CACHE_BYTES);
    settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
    settings.put(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4");
    settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 5000);
    return settings;
  }

  @Override
  public void start() {
    StreamsBuilder builder = new StreamsBuilder();
    view.build(
        builder,
        builder.stream(job.topic(), Consumed.with(Serdes.ByteArray(), Serdes.ByteArray())));
    KafkaStreams starting = new KafkaStreams(builder.build(), new StreamsConfig(settings()));
    starting.setGlobalStateRestoreListener(new Restores());
    starting.start();
    streams = starting;
  }

  @Override
  public long processed() {
    return processed.get();
  }

  @Override
  public boolean isDone() {
    try {
      Map<TopicPartition, OffsetAndMetadata> committed =
          admin.listConsumerGroupOffsets(app).partitionsToOffsetAndMetadata().get();
      long posts = 0;
      Map<TopicPartition, OffsetSpec> others = new HashMap<>();
      for (Map.Entry<TopicPartition, OffsetAndMetadata> entry : committed.entrySet()) {
        if (entry.getKey().topic().equals(job.topic())) {
          posts += entry.getValue().offset();
        } else {
          others.put(entry.getKey(), OffsetSpec.latest());
        }
      }
      processed.set(Math.min(posts, job.posts()));
      if (posts < job.posts() || (repartitions() && others.isEmpty())) {
        return false;
      }
      return admin.listOffsets(others).all().get().entrySet().stream()
          // The last record of a repartition partition is a transaction's marker.
          .allMatch(
              e ->
                  e.getValue().offset() == 0
                      || (committed.containsKey(e.getKey())
                          && committed.get(e.getKey()).offset() >= e.getValue().offset() - 1));
    } catch (ExecutionException e) {
      return false; // no group yet
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private long bytes(String topicPart) {
    KafkaStreams running = streams;
    double bytes = 0;
    for (Metric metric : running == null ? List.<Metric>of() : running.metrics().values()) {
      String topic = metric.metricName().tags().get("topic");
      if (metric.metricName().name().equals("byte-total")
          && metric.metricName().group().equals("producer-topic-metrics")
          && topic != null
          && topic.contains(topicPart)) {
        bytes += ((Number) metric.metricValue()).doubleValue();
      }
    }
    return (long) bytes;
  }

  @Override
  public long shuffleBytes() {
    return bytes("-repartition");
  }

  @Override
  public long changelogBytes() {
    return bytes("-changelog");
  }

  @Override
  public Digest result() {
    Digest digest = new Digest();
    KafkaStreams running = streams;
    if (running != null) {
      view.read(running, digest);
    }
    return digest;
  }

  @Override
  public Rebuild rebuild() {
    KafkaStreams running = streams;
    if (running == null || restoring.isEmpty()) {
      return Rebuild.STARTING;
    }
    boolean done =
        running.state() == KafkaStreams.State.RUNNING
            && restoring.size() == PARTITIONS
            && restoring.values().stream().noneMatch(isRestoring -> isRestoring);
    return done ? Rebuild.DONE : Rebuild.READING;
  }

  @Override
  public long restoredRecords() {
    return restoredRecords.get();
  }

  /** Follows the restore; called by the restore thread of Kafka Streams. */
  private final class Restores implements StateRestoreListener {
    @Override
    public void onRestoreStart(TopicPartition tp, String store, long from, long to) {
      restoring.put(tp, true);
    }

    @Override
    public void onBatchRestored(TopicPartition tp, String store, long batchEnd, long records) {
      restoredRecords.addAndGet(records);
    }

    @Override
    public void onRestoreEnd(TopicPartition tp, String store, long records) {
      restoring.put(tp, false);
    }
  }

  @Override
  public void close() {
    KafkaStreams running = streams;
    if (running != null) {
      running.close(Duration.ofSeconds(10));
    }
    admin.close(Duration.ofSeconds(1));
  }
}
