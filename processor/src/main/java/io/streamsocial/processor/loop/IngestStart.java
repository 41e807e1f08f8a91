package io.streamsocial.processor.loop;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.loop.IncludedPosts.Included;
import io.streamsocial.processor.log.InputProgress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
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
 * <p>The ids of the posts before are known again by reading them back. How far is said by the
 * committed offset's {@link CommittedPosts}, when they are of this offset or an earlier one and of
 * the same setting; else by the time of the posts.
 *
 * <p>Owned by one loop.
 */
final class IngestStart {
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(10);
  private static final long NONE = -1;
  // A post may be dated ahead of its record, and records may be out of order.
  private static final Duration APART = Duration.ofMinutes(1);

  /**
   * Where one partition begins.
   *
   * @param offset the next to count
   * @param recallFrom the first whose id may matter, not after that
   */
  record Place(long offset, long recallFrom) {}

  private final EngineConfig.Posts config;
  private final TurnClock clock;
  private final GroupClient group;
  private final IncludedPosts included;
  private final LoopTrouble trouble;

  IngestStart(
      EngineConfig.Posts config,
      TurnClock clock,
      GroupClient group,
      IncludedPosts included,
      LoopTrouble trouble) {
    this.config = config;
    this.clock = clock;
    this.group = group;
    this.included = included;
    this.trouble = trouble;
  }

  /**
   * @param topic the brokers' id of the posts topic
   * @param committed by the group; without partitions that have no offset
   * @return by partition
   */
  Map<TopicPartition, Place> of(
      Uuid topic, Set<TopicPartition> posts, Map<TopicPartition, OffsetAndMetadata> committed) {
    Set<Integer> sources = new HashSet<>();
    posts.forEach(tp -> sources.add(tp.partition()));
    Map<Integer, Included> counted = included.read(topic, sources);
    Map<TopicPartition, Long> begins = group.get().beginningOffsets(posts, CALL_TIMEOUT);
    Map<TopicPartition, Long> ends = group.get().endOffsets(posts, CALL_TIMEOUT);
    Map<TopicPartition, Place> places = new HashMap<>();
    Map<TopicPartition, Long> times = new HashMap<>();
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
      if (start < begin) {
        trouble.postsLost(tp, start, begin);
      }
      start = Math.max(start, begin);
      long recallFrom = said <= start ? recallFrom(committed.get(tp)) : NONE;
      if (recallFrom == NONE && start > begin) {
        times.put(tp, oldestMs(state));
      }
      places.put(
          tp, new Place(start, recallFrom == NONE ? start : Math.min(start, Math.max(begin, recallFrom))));
    }
    findByTime(times, places);
    if (!mended.isEmpty()) {
      trouble.offsetsDiffer(String.join("; ", mended));
    }
    return places;
  }

  private static long committed(@Nullable OffsetAndMetadata offset, Uuid topic) {
    boolean isOfTopic =
        offset != null && CommittedPosts.of(offset).map(of -> of.isOf(topic)).orElse(true);
    return isOfTopic ? offset.offset() : NONE;
  }

  /** As it was committed; nothing when it is not known, or was of other ids. */
  private long recallFrom(@Nullable OffsetAndMetadata offset) {
    return offset == null
        ? NONE
        : CommittedPosts.of(offset)
            .filter(of -> of.dedupeMs() == config.dedupe().toMillis())
            .map(CommittedPosts::recallFrom)
            .orElse(NONE);
  }

  /** Of records whose ids may matter: the newest post that is counted may be long ago. */
  private long oldestMs(@Nullable Included state) {
    long newestMs = clock.now().wallMs();
    if (state != null && state.watermarkMs() != InputProgress.NO_TIME) {
      newestMs = Math.min(newestMs, state.watermarkMs());
    }
    Duration before = config.remembered().plus(config.maxFuture()).plus(APART);
    return Math.max(0, newestMs - before.toMillis());
  }

  private void findByTime(Map<TopicPartition, Long> times, Map<TopicPartition, Place> places) {
    if (times.isEmpty()) {
      return;
    }
    Map<TopicPartition, OffsetAndTimestamp> found =
        group.get().offsetsForTimes(times, CALL_TIMEOUT);
    places.replaceAll(
        (tp, place) -> {
          OffsetAndTimestamp first = found.get(tp);
          return first == null
              ? place
              : new Place(place.offset, Math.min(first.offset(), place.offset));
        });
  }

  private static long start(long said, long known, long begin, long end) {
    long best = Math.max(said <= end ? said : NONE, known);
    return best == NONE ? begin : Math.min(best, end);
  }

  private static String text(long offset) {
    return offset == NONE ? "nothing" : Long.toString(offset);
  }
}
