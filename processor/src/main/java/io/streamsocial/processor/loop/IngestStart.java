package io.streamsocial.processor.loop;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * Where a loop begins to read posts partitions. Two witnesses say what was read: the offset that
 * the group has committed, and the state itself, see {@link IncludedPosts}. Both are committed
 * together, so they agree, unless somebody has deleted or moved the group's offsets, or they have
 * expired.
 *
 * <pre>
 *   committed == included          there
 *   committed missing, smaller,    at what the state includes: the posts before are counted
 *     or beyond the log's end
 *   committed larger               there: somebody skips posts
 *   neither                        at the oldest post
 * </pre>
 *
 * Owned by one loop.
 */
final class IngestStart {
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(10);
  private static final long NONE = -1;

  private final GroupClient group;
  private final IncludedPosts included;
  private final LoopTrouble trouble;

  IngestStart(GroupClient group, IncludedPosts included, LoopTrouble trouble) {
    this.group = group;
    this.included = included;
    this.trouble = trouble;
  }

  /**
   * @param committed by the group; without partitions that have no offset
   * @return the next offset to read, by partition
   */
  Map<TopicPartition, Long> of(
      Set<TopicPartition> posts, Map<TopicPartition, OffsetAndMetadata> committed) {
    Set<Integer> sources = new HashSet<>();
    posts.forEach(tp -> sources.add(tp.partition()));
    Map<Integer, Long> counted = included.read(sources);
    Map<TopicPartition, Long> begins = group.get().beginningOffsets(posts, CALL_TIMEOUT);
    Map<TopicPartition, Long> ends = group.get().endOffsets(posts, CALL_TIMEOUT);
    Map<TopicPartition, Long> starts = new HashMap<>();
    List<String> mended = new ArrayList<>();
    for (TopicPartition tp : posts) {
      OffsetAndMetadata offset = committed.get(tp);
      long said = offset == null ? NONE : offset.offset();
      long known = counted.getOrDefault(tp.partition(), NONE);
      long end = ends.getOrDefault(tp, Long.MAX_VALUE);
      long start = start(said, known, begins.getOrDefault(tp, 0L), end);
      if (said != start && (known != NONE || said > end)) {
        mended.add(
            "%s: committed %s, counted up to %s, going on at %d"
                .formatted(tp, text(said), text(known), start));
      }
      starts.put(tp, start);
    }
    if (!mended.isEmpty()) {
      trouble.offsetsDiffer(String.join("; ", mended));
    }
    return starts;
  }

  private static long start(long said, long known, long begin, long end) {
    long best = Math.max(said <= end ? said : NONE, known);
    return best == NONE ? begin : Math.min(best, end);
  }

  private static String text(long offset) {
    return offset == NONE ? "nothing" : Long.toString(offset);
  }
}
