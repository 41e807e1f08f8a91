package io.streamsocial.bench.contender;

import io.streamsocial.bench.posts.Digest;
import io.streamsocial.bench.posts.JobView;
import java.util.Set;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.state.QueryableStoreType;

/** One view on Kafka Streams: how posts come into its store, and what is in it. */
interface StreamsView {
  String STORE = "counts";

  /** Adds what counts the posts. */
  void build(StreamsBuilder builder, KStream<byte[], byte[]> posts);

  /** Reads all rows from where a user would. */
  void read(KafkaStreams running, Digest digest);

  /**
   * The one of a job.
   *
   * @param repartition whether each key has one owner; hashtags alone can do without
   */
  static StreamsView of(Set<JobView> views, boolean repartition) {
    if (views.size() != 1) {
      throw new IllegalArgumentException("Kafka Streams keeps one view at a time, not " + views);
    }
    return switch (views.iterator().next()) {
      case TRENDING -> new StreamsHashtags(repartition);
      case USERS -> new StreamsUsers();
      case SESSIONS -> new StreamsSessions();
      case BURSTS -> new StreamsBursts();
    };
  }

  /** The store of a view that runs. */
  static <T> T store(KafkaStreams running, QueryableStoreType<T> type) {
    return running.store(StoreQueryParameters.fromNameAndType(STORE, type));
  }
}
