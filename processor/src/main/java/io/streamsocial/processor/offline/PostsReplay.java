package io.streamsocial.processor.offline;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.processor.posts.PostIds;
import io.streamsocial.processor.posts.PostParser;
import io.streamsocial.processor.posts.RecentPosts;
import io.streamsocial.processor.posts.Rejection;
import io.streamsocial.processor.views.RejectedRecord;
import io.streamsocial.store.HeapBudget;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;

/**
 * Reads the posts again, from the beginning of the topic up to where the state says that it
 * includes them, and finds those that counted: it parses and rejects as the engine does.
 *
 * <p>Whether a post was dated too far ahead depends on the clock when it was read, which is not
 * known any more: for such posts the engine's note in the rejected topic is used.
 */
final class PostsReplay {
  private static final int FUTURE_MAX = 1_000_000;
  private static final Set<String> DATED =
      Set.of(Rejection.Reason.TIMESTAMP_IN_FUTURE.label(), RejectedRecord.BAD_TIME);

  private final EngineConfig config;
  private final TopicNames topics;
  private final TopicRead topicRead;
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
  private long formerMs = InputProgress.NO_TIME;
  private long posts;

  /** Receives each post that counts. */
  interface Reader {
    /**
     * @param parser has read the post
     * @throws Tallies.TooManyException what follows is not wanted
     */
    void post(ConsumerRecord<byte[], byte[]> post, PostParser parser)
        throws Tallies.TooManyException;
  }

  /**
   * @param heap that ids of posts may take
   */
  PostsReplay(EngineConfig config, TopicRead topicRead, HeapBudget heap) {
    this.config = config;
    this.topics = TopicNames.of(config);
    this.topicRead = topicRead;
    this.heap = heap;
    this.spanMs = config.posts().remembered().toMillis();
  }

  /**
   * Finds the offsets to read.
   *
   * @param sources partitions of the posts topic
   * @param partitions of the state, which say how far to read
   * @param hasRejected whether there is a rejected topic
   * @return problems that make the whole state different
   */
  List<String> begin(int sources, Collection<VerifiedPartition> partitions, boolean hasRejected) {
    List<String> problems = new ArrayList<>();
    for (int source = 0; source < sources; source++) {
      TopicPartition tp = new TopicPartition(topics.posts(), source);
      int index = source;
      long end = partitions.stream().mapToLong(p -> p.included(index)).max().orElse(0);
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
    for (VerifiedPartition partition : partitions) {
      formerMs = Math.max(formerMs, partition.formerMs());
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
          if (DATED.contains(text(post, "reason"))
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
   * oldest that is left, {@link Long#MAX_VALUE} for none. After the first {@link #read}.
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

  EngineConfig config() {
    return config;
  }

  /** Posts read by the last {@link #read}. */
  long posts() {
    return posts;
  }

  /**
   * By source, the time of the newest post that was left out because it may repeat one that was
   * deleted; without sources that have none. After the first {@link #read}.
   */
  SortedMap<Integer, Long> doubtfulMs() {
    return doubtfulMs;
  }

  /** Posts that repeat another one, and so do not count; of the last {@link #read}. */
  long duplicates() {
    return duplicates;
  }

  /** Whether ids were forgotten before their time, for want of heap. */
  boolean isIdForgotten() {
    return forgottenIds > 0;
  }

  /**
   * The largest time that a deleted post may be dated: a post is dated at most the allowed future
   * ahead of its record's time. Of former topics the largest time itself is known. After the first
   * {@link #read}.
   *
   * @return {@link Long#MIN_VALUE} when none was deleted
   */
  long deletedUpToMs() {
    long before = formerMs;
    List<Long> times = new ArrayList<>(deletedBeforeMs().values());
    times.addAll(doubtfulMs.values());
    for (long timeMs : times) {
      long future = config.posts().maxFuture().toMillis();
      before = Math.max(before, timeMs > Long.MAX_VALUE - future ? timeMs : timeMs + future);
    }
    return before;
  }

  /** Hands over each post that counts, each partition's in their order. */
  void read(Reader reader) throws Tallies.TooManyException {
    Map<Integer, RecentPosts> recent = new HashMap<>();
    try {
      read(reader, recent);
    } finally {
      recent.values().forEach(RecentPosts::close);
    }
  }

  private void read(Reader reader, Map<Integer, RecentPosts> recent)
      throws Tallies.TooManyException {
    posts = 0;
    duplicates = 0;
    PostParser parser =
        new PostParser(
            config.posts().maxPostBytes(),
            config.posts().maxFuture().toMillis(),
            !config.posts().dedupe().isZero(),
            true);
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
              reader.post(post, parser);
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
}
