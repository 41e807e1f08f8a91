package io.streamsocial.bench.contender;

import io.streamsocial.bench.posts.Digest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.QueryableStoreTypes;

/** Posts of each user, the first and the last, in a key-value store. */
final class StreamsUsers implements StreamsView {
  private static final Serde<User> USERS =
      Serdes.serdeFrom((topic, user) -> user.encode(), (topic, bytes) -> User.decode(bytes));

  private record User(long posts, long firstMs, long lastMs) {
    static final User NONE = new User(0, Long.MAX_VALUE, Long.MIN_VALUE);

    User with(long timeMs) {
      return new User(posts + 1, Math.min(firstMs, timeMs), Math.max(lastMs, timeMs));
    }

    byte[] encode() {
      return ByteBuffer.allocate(24).putLong(posts).putLong(firstMs).putLong(lastMs).array();
    }

    static User decode(byte[] bytes) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      return new User(buffer.getLong(), buffer.getLong(), buffer.getLong());
    }
  }

  @Override
  public void build(StreamsBuilder builder, KStream<byte[], byte[]> posts) {
    StreamingParser parser = StreamingParser.ofUsers();
    posts
        .map(
            (key, post) -> {
              parser.parse(post);
              return KeyValue.pair(parser.user(), parser.timestampMs());
            })
        .groupByKey(Grouped.with(Serdes.String(), Serdes.Long()))
        .aggregate(
            () -> User.NONE,
            (user, timeMs, row) -> row.with(timeMs),
            Materialized.<String, User, KeyValueStore<Bytes, byte[]>>as(STORE)
                .withKeySerde(Serdes.String())
                .withValueSerde(USERS)
                .withCachingEnabled());
  }

  @Override
  public void read(KafkaStreams running, Digest digest) {
    try (KeyValueIterator<String, User> all =
        StreamsView.store(running, QueryableStoreTypes.<String, User>keyValueStore()).all()) {
      while (all.hasNext()) {
        KeyValue<String, User> row = all.next();
        digest.addSpan(
            new byte[0],
            row.key.getBytes(StandardCharsets.UTF_8),
            row.value.firstMs,
            row.value.lastMs,
            row.value.posts);
      }
    }
  }
}
