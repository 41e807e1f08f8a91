package io.streamsocial.processor.loop;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.processor.loop.IncludedPosts.Included;
import io.streamsocial.processor.loop.IngestStart.Place;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * Finds the first post whose id may still matter to a loop that begins behind it, see {@link
 * Recall}. The last publish has said it, see {@link CommittedPosts}. Where that is missing, or was
 * said under another setting, the times of the records tell it. Owned by one loop.
 */
final class RecallStart {
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(10);
  // Records may be out of order.
  private static final Duration DISORDER = Duration.ofMinutes(1);

  private final EngineConfig.Posts config;
  private final GroupClient group;
  private final TurnClock clock;

  RecallStart(EngineConfig.Posts config, GroupClient group, TurnClock clock) {
    this.config = config;
    this.group = group;
    this.clock = clock;
  }

  /**
   * @param topic the brokers' id of the posts topic
   * @param starts the next offset to count, by partition
   * @param begins first offset that is there
   * @param committed by the group; without partitions that have no offset
   * @param counted by source, what the state includes
   */
  Map<TopicPartition, Place> places(
      Uuid topic,
      Map<TopicPartition, Long> starts,
      Map<TopicPartition, Long> begins,
      Map<TopicPartition, OffsetAndMetadata> committed,
      Map<Integer, Included> counted) {
    Map<TopicPartition, Place> places = new HashMap<>();
    Map<TopicPartition, Long> times = new HashMap<>();
    starts.forEach(
        (tp, start) -> {
          long begin = begins.getOrDefault(tp, 0L);
          OptionalLong noted = noted(topic, committed.get(tp), start);
          if (start > begin && noted.isEmpty()) {
            times.put(tp, oldestMs(counted.get(tp.partition())));
          }
          long from = Math.max(begin, noted.orElse(start));
          places.put(tp, new Place(start, Math.min(start, from)));
        });
    if (!times.isEmpty()) {
      Map<TopicPartition, OffsetAndTimestamp> found =
          group.get().offsetsForTimes(times, CALL_TIMEOUT);
      times.keySet().forEach(tp -> places.computeIfPresent(tp, (t, at) -> back(at, found.get(tp))));
    }
    return places;
  }

  /** A note on a later offset leaves out what lies before it. */
  private OptionalLong noted(Uuid topic, @Nullable OffsetAndMetadata committed, long start) {
    return committed == null || committed.offset() > start
        ? OptionalLong.empty()
        : CommittedPosts.of(committed)
            .filter(note -> note.isOf(topic) && note.dedupeMs() == config.dedupe().toMillis())
            .filter(note -> note.recallFrom() != CommittedPosts.UNKNOWN)
            .map(note -> OptionalLong.of(note.recallFrom()))
            .orElse(OptionalLong.empty());
  }

  /** Of records whose ids may matter: the newest post that is counted may be long ago. */
  private long oldestMs(@Nullable Included state) {
    long newestMs = clock.now().wallMs();
    if (state != null && state.watermarkMs() != InputProgress.NO_TIME) {
      newestMs = Math.min(newestMs, state.watermarkMs());
    }
    // A post may be dated ahead of its record.
    Duration back = config.remembered().plus(config.maxFuture()).plus(DISORDER);
    return Math.max(0, newestMs - back.toMillis());
  }

  private static Place back(Place place, @Nullable OffsetAndTimestamp first) {
    return first == null
        ? place
        : new Place(place.offset(), Math.min(place.offset(), first.offset()));
  }
}
