package io.streamsocial.bench.contender;

import io.streamsocial.bench.posts.Digest;
import io.streamsocial.processor.posts.PostViews;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
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

/** Posts of each user, the first and the last, and the text of the last, in a key-value store. */
final class StreamsUsers implements StreamsView {
  private static final Serde<User> USERS =
      Serdes.serdeFrom((topic, user) -> user.encode(), (topic, bytes) -> User.decode(bytes));

  private static final Serde<Post> POSTS =
      Serdes.serdeFrom((topic, post) -> post.encode(), (topic, bytes) -> Post.decode(bytes));

  /** What of a post goes to the user's partition; the text in UTF-8. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Post(long timeMs, byte[] text) {
    byte[] encode() {
      return ByteBuffer.allocate(8 + text.length).putLong(timeMs).put(text).array();
    }

    static Post decode(byte[] bytes) {
      long timeMs = ByteBuffer.wrap(bytes).getLong();
      return new Post(timeMs, Arrays.copyOfRange(bytes, 8, bytes.length));
    }
  }

  /** The latest text last, without its length. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record User(long posts, long firstMs, long lastMs, byte[] latest) {
    static final User NONE = new User(0, Long.MAX_VALUE, Long.MIN_VALUE, new byte[0]);

    User with(Post post) {
      long timeMs = post.timeMs;
      boolean isLatest =
          timeMs > lastMs || (timeMs == lastMs && Arrays.compareUnsigned(post.text, latest) > 0);
      return new User(
          posts + 1,
          Math.min(firstMs, timeMs),
          Math.max(lastMs, timeMs),
          isLatest ? post.text : latest);
    }

    byte[] encode() {
      return ByteBuffer.allocate(24 + latest.length)
          .putLong(posts)
          .putLong(firstMs)
          .putLong(lastMs)
          .put(latest)
          .array();
    }

    static User decode(byte[] bytes) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      return new User(
          buffer.getLong(),
          buffer.getLong(),
          buffer.getLong(),
          Arrays.copyOfRange(bytes, 24, bytes.length));
    }
  }

  @Override
  public void build(StreamsBuilder builder, KStream<byte[], byte[]> posts) {
    StreamingParser parser = StreamingParser.ofUsers();
    posts
        .map(
            (key, post) -> {
              parser.parse(post);
              return KeyValue.pair(
                  parser.user(), new Post(parser.timestampMs(), cut(parser.text())));
            })
        .groupByKey(Grouped.with(Serdes.String(), POSTS))
        .aggregate(
            () -> User.NONE,
            (user, post, row) -> row.with(post),
            Materialized.<String, User, KeyValueStore<Bytes, byte[]>>as(STORE)
                .withKeySerde(Serdes.String())
                .withValueSerde(USERS)
                .withCachingEnabled());
  }

  /** At most as many bytes as ours keeps, of whole characters. */
  private static byte[] cut(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int length = Math.min(bytes.length, PostViews.LATEST_POST_BYTES);
    while (length < bytes.length && length > 0 && (bytes[length] & 0xC0) == 0x80) {
      length--;
    }
    return Arrays.copyOf(bytes, length);
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
            row.value.posts,
            row.value.latest);
      }
    }
  }
}
