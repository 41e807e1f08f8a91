package io.streamsocial.bench.contender;

import io.streamsocial.bench.posts.Digest;
import io.streamsocial.bench.posts.JobView;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
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
import org.apache.kafka.streams.state.ReadOnlySessionStore;
import org.apache.kafka.streams.state.Stores;

/**
 * Sessions of users by region, and in all regions, as ours keeps both: one store, with the region
 * before a colon in its keys.
 */
final class StreamsSessions implements StreamsView {
  static final Duration GRACE = Duration.ofHours(1);
  static final Duration RETENTION = Duration.ofHours(24);
  private static final byte[] ONE = {1};

  private final StreamingParser parser = StreamingParser.ofUsers();

  @Override
  public void build(StreamsBuilder builder, KStream<byte[], byte[]> posts) {
    posts
        .flatMap((key, post) -> events(post))
        .groupByKey(Grouped.with(Serdes.String(), Serdes.ByteArray()))
        .windowedBy(SessionWindows.ofInactivityGapAndGrace(JobView.SESSION_GAP, GRACE))
        .count(
            Materialized.<String, Long>as(Stores.persistentSessionStore(STORE, RETENTION))
                .withKeySerde(Serdes.String())
                .withValueSerde(Serdes.Long())
                .withCachingEnabled());
  }

  private List<KeyValue<String, byte[]>> events(byte[] post) {
    parser.parse(post);
    return List.of(
        KeyValue.pair(parser.region() + ':' + parser.user(), ONE),
        KeyValue.pair(':' + parser.user(), ONE));
  }

  @Override
  public void read(KafkaStreams running, Digest digest) {
    ReadOnlySessionStore<String, Long> store =
        StreamsView.store(running, QueryableStoreTypes.sessionStore());
    try (KeyValueIterator<Windowed<String>, Long> all = store.fetch(null, null)) {
      while (all.hasNext()) {
        KeyValue<Windowed<String>, Long> row = all.next();
        addTo(digest, row.key, row.value, new byte[0]);
      }
    }
  }

  /**
   * Adds a session.
   *
   * @param more see {@link Digest#addSpan}
   */
  static void addTo(Digest digest, Windowed<String> session, long count, byte[] more) {
    String key = session.key();
    int colon = key.indexOf(':');
    digest.addSpan(
        key.substring(0, colon).getBytes(StandardCharsets.UTF_8),
        key.substring(colon + 1).getBytes(StandardCharsets.UTF_8),
        session.window().start(),
        session.window().end(),
        count,
        more);
  }
}
