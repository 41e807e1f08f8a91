package io.streamsocial.processor.loop;

import io.streamsocial.processor.loop.IncludedPosts.Included;
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
 *   committed larger               there: somebody skips posts, which is reported
 *   neither                        at the oldest post
 * </pre>
 *
 * Both name the topic that they are of, by the brokers' id; what is of another one says nothing, so
 * a topic that was created again is read from its beginning. What names none is of this one.
 *
 * <p><b>A transaction that is still open hides the end of the log.</b> A killed instance leaves one
 * for as long as its timeout, 10 s, and others commit behind it: their offsets are known to the
 * group, and their notes are not readable yet. So two witnesses that differ are asked again once
 * all is decided that was in the log when they were first seen to differ. Until then nothing is
 * read; no instance could fold it, since none reads the log further.
 *
 * <p>{@link RecallStart} finds from where the ids of the posts before must be read back.
 *
 * <p>Owned by one loop.
 */
final class IngestStart {
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(10);
  private static final long NONE = -1;
  // Between two looks at an open transaction.
  private static final long LOOK_MS = 500;
  // A transaction that its producer has left open ends before, by its timeout.
  private static final long OPEN_MS_MAX = 30_000;

  /**
   * Where one partition begins.
   *
   * @param offset the next to count
   * @param recallFrom the first whose id may matter, not after that
   */
  record Place(long offset, long recallFrom) {}

  private final GroupClient group;
  private final IncludedPosts included;
  private final RecallStart recall;
  private final LoopTrouble trouble;
  private final TurnClock clock;
  private final Map<Uuid, Hidden> hidden = new HashMap<>(); // by topic

  /**
   * The offsets that were seen to differ from the state, and where the log ended then.
   *
   * @param lookedMs when the log was looked at last, by the steady clock
   */
  private record Hidden(
      Map<TopicPartition, OffsetAndMetadata> committed,
      Map<TopicPartition, Long> ends,
      long sinceMs,
      long lookedMs) {}

  IngestStart(
      GroupClient group,
      IncludedPosts included,
      RecallStart recall,
      LoopTrouble trouble,
      TurnClock clock) {
    this.group = group;
    this.included = included;
    this.recall = recall;
    this.trouble = trouble;
    this.clock = clock;
  }

  /**
   * @param topic the brokers' id of an input topic
   * @param committed by the group; without partitions that have no offset
   * @return by partition; none while an open transaction hides what the state includes: to be asked
   *     again in a later turn
   */
  Map<TopicPartition, Place> of(
      Uuid topic, Set<TopicPartition> posts, Map<TopicPartition, OffsetAndMetadata> committed) {
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>(committed);
    offsets.keySet().retainAll(posts);
    if (isHidden(topic, offsets)) {
      return Map.of();
    }
    Map<Integer, Included> counted = included.read(topic, sources(posts));
    if (!hidden.containsKey(topic) && differ(topic, posts, committed, counted)) {
      long nowMs = clock.now().steadyMs();
      hidden.put(topic, new Hidden(offsets, included.ends(), nowMs, nowMs - LOOK_MS));
      if (isHidden(topic, offsets)) {
        return Map.of();
      }
      counted = included.read(topic, sources(posts));
    }
    hidden.remove(topic);
    return of(topic, posts, committed, counted);
  }

  /** Whether what these offsets were compared with is not all there was. */
  private boolean isHidden(Uuid topic, Map<TopicPartition, OffsetAndMetadata> offsets) {
    Hidden before = hidden.get(topic);
    if (before == null) {
      return false;
    }
    if (!before.committed.equals(offsets)) {
      hidden.remove(topic); // of another assignment
      return false;
    }
    long nowMs = clock.now().steadyMs();
    if (nowMs - before.sinceMs >= OPEN_MS_MAX) {
      return false;
    }
    if (nowMs - before.lookedMs < LOOK_MS) {
      return true;
    }
    hidden.put(topic, new Hidden(offsets, before.ends, before.sinceMs, nowMs));
    return !included.isReadableTo(before.ends);
  }

  private static boolean differ(
      Uuid topic,
      Set<TopicPartition> posts,
      Map<TopicPartition, OffsetAndMetadata> committed,
      Map<Integer, Included> counted) {
    return posts.stream()
        .anyMatch(
            tp -> {
              Included state = counted.get(tp.partition());
              return committed(committed.get(tp), topic)
                  != (state == null ? NONE : state.nextOffset());
            });
  }

  private static Set<Integer> sources(Set<TopicPartition> posts) {
    Set<Integer> sources = new HashSet<>();
    posts.forEach(tp -> sources.add(tp.partition()));
    return sources;
  }

  private Map<TopicPartition, Place> of(
      Uuid topic,
      Set<TopicPartition> posts,
      Map<TopicPartition, OffsetAndMetadata> committed,
      Map<Integer, Included> counted) {
    Map<TopicPartition, Long> begins = group.get().beginningOffsets(posts, CALL_TIMEOUT);
    Map<TopicPartition, Long> ends = group.get().endOffsets(posts, CALL_TIMEOUT);
    Map<TopicPartition, Long> starts = new HashMap<>();
    List<String> mended = new ArrayList<>();
    for (TopicPartition tp : posts) {
      long said = committed(committed.get(tp), topic);
      Included state = counted.get(tp.partition());
      long known = state == null ? NONE : state.nextOffset();
      long begin = begins.getOrDefault(tp, 0L);
      long end = ends.getOrDefault(tp, Long.MAX_VALUE);
      long start = start(said, known, begin, end);
      if (said != start && (known != NONE || said > end)) {
        mended.add(
            "%s: committed %s, counted up to %s, going on at %d"
                .formatted(tp, text(said), text(known), start));
      }
      if (known != NONE && start > known) {
        trouble.postsSkipped(tp, known, start);
      }
      if (start < begin) {
        trouble.postsLost(tp, start, begin);
      }
      starts.put(tp, Math.max(start, begin));
    }
    if (!mended.isEmpty()) {
      trouble.offsetsDiffer(String.join("; ", mended));
    }
    return recall.places(topic, starts, begins, committed, counted);
  }

  private static long committed(@Nullable OffsetAndMetadata offset, Uuid topic) {
    if (offset == null) {
      return NONE;
    }
    boolean isOfTopic = CommittedPosts.of(offset).map(note -> note.isOf(topic)).orElse(true);
    return isOfTopic ? offset.offset() : NONE;
  }

  private static long start(long said, long known, long begin, long end) {
    long best = Math.max(said <= end ? said : NONE, known);
    return best == NONE ? begin : Math.min(best, end);
  }

  private static String text(long offset) {
    return offset == NONE ? "nothing" : Long.toString(offset);
  }
}
