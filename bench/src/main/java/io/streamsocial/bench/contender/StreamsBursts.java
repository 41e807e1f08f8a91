package io.streamsocial.bench.contender;

import io.streamsocial.bench.posts.Digest;
import io.streamsocial.bench.posts.JobView;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.SessionWindows;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.Stores;

/**
 * Sessions of hashtags by region and in all regions, with the most mentions in one minute: of each
 * session, the mentions by minute.
 */
final class StreamsBursts implements StreamsView {
  private static final long MINUTE_MS = 60_000;
  private static final Serde<Burst> BURSTS =
      Serdes.serdeFrom((topic, burst) -> burst.encode(), (topic, bytes) -> Burst.decode(bytes));

  /** Mentions by minute of the clock. */
  private record Burst(Map<Long, Long> minutes) {
    static Burst with(Burst one, long timeMs) {
      Map<Long, Long> minutes = new TreeMap<>(one.minutes);
      minutes.merge(timeMs / MINUTE_MS, 1L, Long::sum);
      return new Burst(minutes);
    }

    static Burst merge(Burst one, Burst other) {
      Map<Long, Long> minutes = new TreeMap<>(one.minutes);
      other.minutes.forEach((minute, mentions) -> minutes.merge(minute, mentions, Long::sum));
      return new Burst(minutes);
    }

    long mentions() {
      return minutes.values().stream().mapToLong(Long::longValue).sum();
    }

    long peak() {
      return minutes.values().stream().mapToLong(Long::longValue).max().orElse(0);
    }

    byte[] encode() {
      ByteBuffer bytes = ByteBuffer.allocate(16 * minutes.size());
      minutes.forEach((minute, mentions) -> bytes.putLong(minute).putLong(mentions));
      return bytes.array();
    }

    static Burst decode(byte[] bytes) {
      Map<Long, Long> minutes = new TreeMap<>();
      for (ByteBuffer rest = ByteBuffer.wrap(bytes); rest.hasRemaining(); ) {
        minutes.put(rest.getLong(), rest.getLong());
      }
      return new Burst(minutes);
    }
  }

  private final StreamingParser parser = StreamingParser.ofHashtags();

  @Override
  public void build(StreamsBuilder builder, KStream<byte[], byte[]> posts) {
    posts
        .flatMap((key, post) -> mentions(post))
        .groupByKey(Grouped.with(Serdes.String(), Serdes.Long()))
        .windowedBy(
            SessionWindows.ofInactivityGapAndGrace(JobView.BURST_GAP, StreamsSessions.GRACE))
        .aggregate(
            () -> new Burst(Map.of()),
            (key, timeMs, burst) -> Burst.with(burst, timeMs),
            (key, one, other) -> Burst.merge(one, other),
            Materialized.<String, Burst>as(
                    Stores.persistentSessionStore(STORE, StreamsSessions.RETENTION))
                .withKeySerde(Serdes.String())
                .withValueSerde(BURSTS)
                .withCachingEnabled());
  }

  private List<KeyValue<String, Long>> mentions(byte[] post) {
    parser.parse(post);
    List<KeyValue<String, Long>> mentions = new ArrayList<>(2 * parser.tags().size());
    for (String tag : parser.tags()) {
      mentions.add(KeyValue.pair(parser.region() + ':' + tag, parser.timestampMs()));
      mentions.add(KeyValue.pair(':' + tag, parser.timestampMs()));
    }
    return mentions;
  }

  @Override
  public void read(KafkaStreams running, Digest digest) {
    try (KeyValueIterator<Windowed<String>, Burst> all =
        StreamsView.store(running, QueryableStoreTypes.<String, Burst>sessionStore())
            .fetch(null, null)) {
      while (all.hasNext()) {
        KeyValue<Windowed<String>, Burst> row = all.next();
        byte[] peak = ByteBuffer.allocate(Long.BYTES).putLong(row.value.peak()).array();
        StreamsSessions.addTo(digest, row.key, row.value.mentions(), peak);
      }
    }
  }
}
