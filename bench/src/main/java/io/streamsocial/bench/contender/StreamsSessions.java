package io.streamsocial.bench.contender;

import io.streamsocial.bench.posts.Digest;
import io.streamsocial.bench.posts.JobView;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
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
 * Sessions by region and key, and by key in all regions, as ours keeps both: one store, with the
 * region before a colon in its keys.
 */
final class StreamsSessions implements StreamsView {
  private static final Duration GRACE = Duration.ofHours(1);
  private static final Duration RETENTION = Duration.ofHours(24);
  private static final byte[] ONE = {1};

  private final StreamingParser parser;
  private final Function<StreamingParser, List<String>> keys;
  private final Duration gap;

  private StreamsSessions(
      StreamingParser parser, Function<StreamingParser, List<String>> keys, Duration gap) {
    this.parser = parser;
    this.keys = keys;
    this.gap = gap;
  }

  static StreamsSessions ofUsers() {
    return new StreamsSessions(
        StreamingParser.ofUsers(), post -> List.of(post.user()), JobView.SESSION_GAP);
  }

  static StreamsSessions ofHashtags() {
    return new StreamsSessions(
        StreamingParser.ofHashtags(), StreamingParser::tags, JobView.BURST_GAP);
  }

  @Override
  public void build(StreamsBuilder builder, KStream<byte[], byte[]> posts) {
    posts
        .flatMap((key, post) -> events(post))
        .groupByKey(Grouped.with(Serdes.String(), Serdes.ByteArray()))
        .windowedBy(SessionWindows.ofInactivityGapAndGrace(gap, GRACE))
        .count(
            Materialized.<String, Long>as(Stores.persistentSessionStore(STORE, RETENTION))
                .withKeySerde(Serdes.String())
                .withValueSerde(Serdes.Long())
                .withCachingEnabled());
  }

  private List<KeyValue<String, byte[]>> events(byte[] post) {
    parser.parse(post);
    List<String> mentioned = keys.apply(parser);
    List<KeyValue<String, byte[]>> events = new ArrayList<>(2 * mentioned.size());
    for (String key : mentioned) {
      events.add(KeyValue.pair(parser.region() + ':' + key, ONE));
      events.add(KeyValue.pair(':' + key, ONE));
    }
    return events;
  }

  @Override
  public void read(KafkaStreams running, Digest digest) {
    ReadOnlySessionStore<String, Long> store =
        StreamsView.store(running, QueryableStoreTypes.sessionStore());
    try (KeyValueIterator<Windowed<String>, Long> all = store.fetch(null, null)) {
      while (all.hasNext()) {
        KeyValue<Windowed<String>, Long> row = all.next();
        String key = row.key.key();
        int colon = key.indexOf(':');
        digest.addSpan(
            key.substring(0, colon).getBytes(StandardCharsets.UTF_8),
            key.substring(colon + 1).getBytes(StandardCharsets.UTF_8),
            row.key.window().start(),
            row.key.window().end(),
            row.value);
      }
    }
  }
}
