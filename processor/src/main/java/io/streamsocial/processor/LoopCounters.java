package io.streamsocial.processor;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;

/**
 * What one loop did since it started. One writer, the loop; others get {@link #snapshot()}s of it.
 */
final class LoopCounters {
  private final Map<Rejection.Reason, Long> rejected = new EnumMap<>(Rejection.Reason.class);
  long posts;
  long mentions;
  long oversizedTags;
  long counted;
  long late;
  long foreign;
  long publishes;
  long checkpoints;
  long aborts;
  long shuffleBytes;
  long changelogRecords;
  long changelogBytes;
  long restoredRecords;

  void rejected(Rejection.Reason reason) {
    rejected.merge(reason, 1L, Long::sum);
  }

  EngineStatus.Counters snapshot() {
    Map<String, Long> byReason = new HashMap<>();
    for (Rejection.Reason reason : Rejection.Reason.values()) {
      byReason.put(reason.label(), rejected.getOrDefault(reason, 0L));
    }
    return new EngineStatus.Counters(
        posts,
        mentions,
        oversizedTags,
        Map.copyOf(byReason),
        counted,
        late,
        foreign,
        publishes,
        checkpoints,
        aborts,
        shuffleBytes,
        changelogRecords,
        changelogBytes,
        restoredRecords);
  }
}
