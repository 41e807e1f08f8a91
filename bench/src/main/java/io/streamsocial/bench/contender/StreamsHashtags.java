package io.streamsocial.bench.contender;

import io.streamsocial.bench.posts.Digest;
import io.streamsocial.bench.posts.PostSource;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.ReadOnlyWindowStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowStore;
import org.jspecify.annotations.Nullable;

/**
 * Counts hashtags by window, region and tag on Kafka Streams, with or without a repartition by key.
 */
final class StreamsHashtags implements StreamsView {
  private static final Duration WINDOW = Duration.ofMillis(PostSource.WINDOW_MS);
  private static final Duration GRACE = Duration.ofHours(1);
  private static final Duration RETENTION = Duration.ofHours(2);
  private static final byte[] ONE = {1};

  private final boolean repartition;

  StreamsHashtags(boolean repartition) {
    this.repartition = repartition;
  }

  @Override
  public void build(StreamsBuilder builder, KStream<byte[], byte[]> posts) {
    if (repartition) {
      countByKey(posts);
    } else {
      countInPlace(builder, posts);
    }
  }

  private static void countByKey(KStream<byte[], byte[]> posts) {
    StreamingParser parser = StreamingParser.ofHashtags();
    posts
        .flatMap(
            (key, post) -> {
              parser.parse(post);
              List<KeyValue<String, byte[]>> mentions = new ArrayList<>(parser.tags().size());
              for (String tag : parser.tags()) {
                mentions.add(KeyValue.pair(parser.region() + ':' + tag, ONE));
              }
              return mentions;
            })
        .groupByKey(Grouped.with(Serdes.String(), Serdes.ByteArray()))
        .windowedBy(TimeWindows.ofSizeAndGrace(WINDOW, GRACE))
        .count(
            Materialized.<String, Long>as(
                    Stores.persistentWindowStore(STORE, RETENTION, WINDOW, false))
                .withKeySerde(Serdes.String())
                .withValueSerde(Serdes.Long())
                .withCachingEnabled());
  }

  /** Each posts partition counts for itself: no repartition, and no key has one owner. */
  private static void countInPlace(StreamsBuilder builder, KStream<byte[], byte[]> posts) {
    Serde<Long> longs = Serdes.Long();
    StoreBuilder<WindowStore<String, Long>> store =
        Stores.windowStoreBuilder(
                Stores.persistentWindowStore(STORE, RETENTION, WINDOW, false),
                Serdes.String(),
                longs)
            .withCachingEnabled();
    builder.addStateStore(store);
    posts.process(InPlace::new, STORE);
  }

  @Override
  public void read(KafkaStreams running, Digest digest) {
    ReadOnlyWindowStore<String, Long> store =
        StreamsView.store(running, QueryableStoreTypes.windowStore());
    try (KeyValueIterator<Windowed<String>, Long> all = store.all()) {
      while (all.hasNext()) {
        KeyValue<Windowed<String>, Long> row = all.next();
        String key = row.key.key();
        int colon = key.lastIndexOf(':');
        byte[] region = key.substring(0, colon).getBytes(StandardCharsets.UTF_8);
        byte[] tag = key.substring(colon + 1).getBytes(StandardCharsets.UTF_8);
        digest.add(row.key.window().start(), region, region.length, tag, 0, tag.length, row.value);
      }
    }
  }

  /** Counts straight into a window store. */
  private static final class InPlace implements Processor<byte[], byte[], Void, Void> {
    private final StreamingParser parser = StreamingParser.ofHashtags();
    private @Nullable WindowStore<String, Long> store;

    @Override
    public void init(ProcessorContext<Void, Void> context) {
      store = context.getStateStore(STORE);
    }

    @Override
    public void process(Record<byte[], byte[]> post) {
      WindowStore<String, Long> counts = store;
      if (counts == null) {
        throw new IllegalStateException("not initialised");
      }
      parser.parse(post.value());
      long start = post.timestamp() - post.timestamp() % PostSource.WINDOW_MS;
      for (String tag : parser.tags()) {
        String key = parser.region() + ':' + tag;
        Long count = counts.fetch(key, start);
        counts.put(key, count == null ? 1L : count + 1, start);
      }
    }
  }
}
