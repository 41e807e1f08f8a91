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
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

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
 * Both name the topic that they are of, by the brokers' id; what is of another one says nothing, so
 * a topic that was created again is read from its beginning. What names none is of this one.
 *
 * <p>Owned by one loop.
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
   * @param topic the brokers' id of the posts topic
   * @param committed by the group; without partitions that have no offset
   * @return the next offset to read, by partition
   */
  Map<TopicPartition, Long> of(
      Uuid topic, Set<TopicPartition> posts, Map<TopicPartition, OffsetAndMetadata> committed) {
    Set<Integer> sources = new HashSet<>();
    posts.forEach(tp -> sources.add(tp.partition()));
    Map<Integer, Long> counted = included.read(topic, sources);
    Map<TopicPartition, Long> begins = group.get().beginningOffsets(posts, CALL_TIMEOUT);
    Map<TopicPartition, Long> ends = group.get().endOffsets(posts, CALL_TIMEOUT);
    Map<TopicPartition, Long> starts = new HashMap<>();
    List<String> mended = new ArrayList<>();
    for (TopicPartition tp : posts) {
      long said = committed(committed.get(tp), topic);
      long known = counted.getOrDefault(tp.partition(), NONE);
      long begin = begins.getOrDefault(tp, 0L);
      long end = ends.getOrDefault(tp, Long.MAX_VALUE);
      long start = start(said, known, begin, end);
      if (said != start && (known != NONE || said > end)) {
        mended.add(
            "%s: committed %s, counted up to %s, going on at %d"
                .formatted(tp, text(said), text(known), start));
      }
      if (start < begin) {
        trouble.postsLost(tp, start, begin);
      }
      starts.put(tp, Math.max(start, begin));
    }
    if (!mended.isEmpty()) {
      trouble.offsetsDiffer(String.join("; ", mended));
    }
    return starts;
  }

  /** What a publish commits for a source. */
  static OffsetAndMetadata offset(IngestTask ingest) {
    return new OffsetAndMetadata(ingest.nextOffset(), ingest.topic().toString());
  }

  private static long committed(@Nullable OffsetAndMetadata offset, Uuid topic) {
    if (offset == null) {
      return NONE;
    }
    String of = offset.metadata();
    return of.isEmpty() || of.equals(topic.toString()) ? offset.offset() : NONE;
  }

  private static long start(long said, long known, long begin, long end) {
    long best = Math.max(said <= end ? said : NONE, known);
    return best == NONE ? begin : Math.min(best, end);
  }

  private static String text(long offset) {
    return offset == NONE ? "nothing" : Long.toString(offset);
  }
}
