package io.streamsocial.processor.offline;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.log.Combiner;
import io.streamsocial.processor.posts.Hashtags;
import io.streamsocial.processor.posts.PostParser;
import io.streamsocial.store.WindowStore;
import io.streamsocial.store.table.CountTable;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Counts the hashtags of the posts again, up to where each partition of the state says that it
 * includes them. Splits as the engine does, but folds and publishes nothing and uses no state of
 * the engine.
 */
final class PostsRecount {
  private static final byte[] ALL = WindowStore.ALL_REGIONS.getBytes(StandardCharsets.UTF_8);

  private final EngineConfig config;
  private final PostsReplay replay;
  private final Map<Integer, VerifiedPartition> partitions = new HashMap<>();
  private final int shufflePartitions;

  PostsRecount(
      EngineConfig config,
      PostsReplay replay,
      int shufflePartitions,
      Collection<VerifiedPartition> partitions) {
    this.config = config;
    this.replay = replay;
    this.shufflePartitions = shufflePartitions;
    partitions.forEach(each -> this.partitions.put(each.partition(), each));
  }

  /** Adds the input's counts of a slice. */
  void count(Tallies tallies) throws Tallies.TooManyException {
    replay.read((post, parser) -> add(post, parser, tallies));
  }

  private void add(ConsumerRecord<byte[], byte[]> post, PostParser parser, Tallies tallies)
      throws Tallies.TooManyException {
    long start = config.windows().windowing().start(parser.timestampMs());
    Hashtags tags = parser.hashtags();
    for (int i = 0; i < tags.size(); i++) {
      int hash = CountTable.hash(tags.bytes(), tags.offset(i), tags.length(i));
      if (!tallies.has(hash)) {
        continue;
      }
      byte[] tag =
          Arrays.copyOfRange(tags.bytes(), tags.offset(i), tags.offset(i) + tags.length(i));
      VerifiedPartition owner = partitions.get(Combiner.partition(tag, shufflePartitions));
      if (owner != null
          && owner.isComparable()
          && post.offset() < owner.included(post.partition())
          && owner.isReadable(start)) {
        add(tallies, start, owner.countedIn(start, parser.region()), hash, tag);
        add(tallies, start, ALL, hash, tag);
      }
    }
  }

  private static void add(Tallies tallies, long start, byte[] region, int hash, byte[] tag)
      throws Tallies.TooManyException {
    Tallies.Rows rows = tallies.rows(start, region);
    rows.addInput(tallies.row(rows, hash, tag, 0, tag.length));
  }
}
