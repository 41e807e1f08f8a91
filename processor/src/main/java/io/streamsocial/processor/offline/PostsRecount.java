package io.streamsocial.processor.offline;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.log.Combiner;
import io.streamsocial.processor.posts.Hashtags;
import io.streamsocial.processor.posts.PostIds;
import io.streamsocial.processor.posts.PostParser;
import io.streamsocial.processor.posts.RecentPosts;
import io.streamsocial.processor.posts.Rejection;
import io.streamsocial.store.HeapBudget;
import io.streamsocial.store.WindowStore;
import io.streamsocial.store.table.CountTable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;

/**
 * Counts the posts again, from the beginning of the topic up to where each partition of the state
 * says that it includes them. Parses and splits as the engine does, but folds and publishes nothing
 * and uses no state of the engine.
 *
 * <p>Whether a post was dated too far ahead depends on the clock when it was read, which is not
 * known any more: for such posts the engine's note in the rejected topic is used.
 */
final class PostsRecount {
  private static final int FUTURE_MAX = 1_000_000;
  private static final byte[] ALL = WindowStore.ALL_REGIONS.getBytes(StandardCharsets.UTF_8);

  private final EngineConfig config;
  private final TopicNames topics;
  private final TopicRead topicRead;
  private final Map<Integer, VerifiedPartition> partitions = new HashMap<>();
  private final int shufflePartitions;
  private final long spanMs;
  private final HeapBudget heap;
  // By source, offsets of the posts that were rejected as dated in the future; ascending.
  private final Map<Integer, long[]> future = new HashMap<>();
  private final Map<TopicPartition, TopicRead.Range> ranges = new HashMap<>();
  // By source, the time of the oldest record that is still there.
  private final SortedMap<Integer, Long> oldestMs = new TreeMap<>();
  // By source, the time of the newest post that may repeat one that was deleted.
  private final SortedMap<Integer, Long> doubtfulMs = new TreeMap<>();
  private long futureRejected;
  private long duplicates;
  private long forgottenIds;
  private boolean rejectedDeleted;
  private long posts;

  PostsRecount(
      EngineConfig config,
      TopicRead topicRead,
      HeapBudget heap,
      int shufflePartitions,
      Collection<VerifiedPartition> partitions) {
    this.config = config;
    this.topics = TopicNames.of(config);
    this.topicRead = topicRead;
    this.heap = heap;
    this.spanMs = config.posts().remembered().toMillis();
    this.shufflePartitions = shufflePartitions;
    partitions.forEach(each -> this.partitions.put(each.partition(), each));
  }

  /**
   * Finds the offsets to read.
   *
   * @param sources partitions of the posts topic
   * @param hasRejected whether there is a rejected topic
   * @return problems that make the whole state different
   */
  List<String> begin(int sources, boolean hasRejected) {
    List<String> problems = new ArrayList<>();
    for (int source = 0; source < sources; source++) {
      TopicPartition tp = new TopicPartition(topics.posts(), source);
      int index = source;
      long end = partitions.values().stream().mapToLong(p -> p.included(index)).max().orElse(0);
      if (end > 0) {
        long there = topicRead.end(tp);
        if (there < end) {
          problems.add(
              "%s ends at offset %d, but the state includes it up to %d: the topic was deleted and created again, or --topic names another one"
                  .formatted(tp, there, end));
        }
        ranges.put(tp, new TopicRead.Range(topicRead.begin(tp), Math.min(there, end)));
      }
    }
    if (hasRejected) {
      readRejected();
    }
    return problems;
  }

  private void readRejected() {
    TopicPartition tp = new TopicPartition(topics.rejected(), 0);
    long begin = topicRead.begin(tp);
    rejectedDeleted = begin > 0;
    Map<Integer, LongStream.Builder> found = new HashMap<>();
    topicRead.read(
        Map.of(tp, new TopicRead.Range(begin, topicRead.end(tp))),
        post -> {
          if (text(post, "reason").equals(Rejection.Reason.TIMESTAMP_IN_FUTURE.label())
              && text(post, "topic").equals(topics.posts())
              && futureRejected < FUTURE_MAX) {
            futureRejected++;
            found
                .computeIfAbsent(
                    Integer.parseInt(text(post, "partition")), source -> LongStream.builder())
                .add(Long.parseLong(text(post, "offset")));
          }
        });
    found.forEach((source, offsets) -> future.put(source, offsets.build().sorted().toArray()));
  }

  private static String text(ConsumerRecord<byte[], byte[]> post, String name) {
    Header header = post.headers().lastHeader(name);
    return header == null ? "" : new String(header.value(), StandardCharsets.UTF_8);
  }

  /**
   * Whether posts that the state includes were deleted from the topic, by source the time of the
   * oldest that is left, {@link Long#MAX_VALUE} for none. After the first {@link #count}.
   */
  SortedMap<Integer, Long> deletedBeforeMs() {
    SortedMap<Integer, Long> deleted = new TreeMap<>();
    ranges.forEach(
        (tp, range) -> {
          if (range.from() > 0) {
            deleted.put(tp.partition(), oldestMs.getOrDefault(tp.partition(), Long.MAX_VALUE));
          }
        });
    return deleted;
  }

  /**
   * Whether rejections were deleted: then the recount may include a post that the engine rejected
   * as dated in the future.
   */
  boolean isRejectedDeleted() {
    return rejectedDeleted || futureRejected == FUTURE_MAX;
  }

  /** Posts read by the last {@link #count}. */
  long posts() {
    return posts;
  }

  /**
   * By source, the time of the newest post that was left out because it may repeat one that was
   * deleted; without sources that have none. After the first {@link #count}.
   */
  SortedMap<Integer, Long> doubtfulMs() {
    return doubtfulMs;
  }

  /** Posts that repeat another one, and so do not count; of the last {@link #count}. */
  long duplicates() {
    return duplicates;
  }

  /** Whether ids were forgotten before their time, for want of heap. */
  boolean isIdForgotten() {
    return forgottenIds > 0;
  }

  /** Adds the input's counts of a slice. */
  void count(Tallies tallies) throws Tallies.TooManyException {
    Map<Integer, RecentPosts> recent = new HashMap<>();
    try {
      count(tallies, recent);
    } finally {
      recent.values().forEach(RecentPosts::close);
    }
  }

  private void count(Tallies tallies, Map<Integer, RecentPosts> recent)
      throws Tallies.TooManyException {
    posts = 0;
    duplicates = 0;
    PostParser parser =
        new PostParser(
            config.posts().maxPostBytes(),
            config.posts().maxFuture().toMillis(),
            !config.posts().dedupe().isZero());
    boolean[] tooMany = new boolean[1];
    Map<TopicPartition, TopicRead.Range> readable = new HashMap<>(ranges);
    readable.values().removeIf(range -> range.size() == 0);
    topicRead.read(
        readable,
        post -> {
          posts++;
          oldestMs.putIfAbsent(post.partition(), post.timestamp());
          if (!tooMany[0] && isCounted(post, parser, recent)) {
            try {
              add(post, parser, tallies);
            } catch (Tallies.TooManyException e) {
              tooMany[0] = true; // leaves the reader in order
            }
          }
        });
    if (tooMany[0]) {
      throw new Tallies.TooManyException();
    }
  }

  private boolean isCounted(
      ConsumerRecord<byte[], byte[]> post, PostParser parser, Map<Integer, RecentPosts> recent) {
    byte[] value = post.value();
    return value != null
        && parser.parse(value, 0, value.length, post.timestamp(), Long.MAX_VALUE) == null
        && !isRepeated(post, parser.ids(), recent)
        && !isFuture(post);
  }

  /** As the engine decides it, but that the posts before the first one may be deleted. */
  private boolean isRepeated(
      ConsumerRecord<byte[], byte[]> post, PostIds ids, Map<Integer, RecentPosts> all) {
    ids.header(post.headers());
    RecentPosts recent =
        all.computeIfAbsent(
            post.partition(), source -> new RecentPosts(spanMs, heap, 0, n -> forgottenIds += n));
    recent.settle(post.offset());
    if (recent.isRepeated(ids, post.offset(), post.timestamp(), System.currentTimeMillis())) {
      duplicates++;
      return true;
    }
    boolean isDoubtful =
        !ids.isEmpty()
            && isCutOff(post.partition())
            && post.timestamp() - oldestMs.getOrDefault(post.partition(), 0L) <= spanMs;
    if (isDoubtful) {
      doubtfulMs.merge(post.partition(), post.timestamp(), Math::max);
    }
    return isDoubtful;
  }

  /** Whether posts of the source were deleted. */
  private boolean isCutOff(int source) {
    TopicRead.Range range = ranges.get(new TopicPartition(topics.posts(), source));
    return range != null && range.from() > 0;
  }

  private boolean isFuture(ConsumerRecord<byte[], byte[]> post) {
    long[] offsets = future.get(post.partition());
    return offsets != null && Arrays.binarySearch(offsets, post.offset()) >= 0;
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
