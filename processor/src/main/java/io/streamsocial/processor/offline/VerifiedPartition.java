package io.streamsocial.processor.offline;

import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.processor.task.Restorer;
import io.streamsocial.store.Position;
import io.streamsocial.store.WindowStore;
import io.streamsocial.store.Windowing;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import org.apache.kafka.common.Uuid;

/** What verification knows of one partition of the state before it compares a row. */
final class VerifiedPartition {
  private static final byte[] OTHER = WindowStore.OTHER_REGION.getBytes(StandardCharsets.UTF_8);

  private final int partition;
  private final Position position;
  private final InputProgress progress;
  private final SortedMap<Integer, Long> included;
  private final long formerMs;
  private final long firstReadableMs;
  private final Restorer.Bounds changelog;
  // Set by the first replay of the changelog.
  private boolean unfinished;
  // Whether the state stands between two records of one publish.
  private final boolean inPublish;
  // Of the readable windows.
  private final Map<Long, Set<String>> regions = new HashMap<>();

  /**
   * @param posts id of the posts topic that is there now
   */
  VerifiedPartition(
      int partition,
      Position position,
      Uuid posts,
      Windowing windowing,
      Restorer.Bounds changelog,
      boolean inPublish) {
    this.partition = partition;
    this.position = position;
    this.progress = InputProgress.decode(position.progress());
    this.included = progress.offsets(posts);
    this.formerMs = progress.formerMs(posts);
    this.firstReadableMs = windowing.firstReadableStart(position.streamTimeMs());
    this.changelog = changelog;
    this.inPublish = inPublish;
  }

  int partition() {
    return partition;
  }

  Position position() {
    return position;
  }

  /** Next posts offset that the state does not include; 0 for a source it has not heard of. */
  long included(int source) {
    return included.getOrDefault(source, 0L);
  }

  SortedMap<Integer, Long> included() {
    return included;
  }

  /** See {@link InputProgress#formerMs}: nobody can count the posts up to then again. */
  long formerMs() {
    return formerMs;
  }

  /** See {@link InputProgress#wasAway}. */
  boolean wasAway(int viewId) {
    return progress.wasAway(viewId);
  }

  /** Windows that have expired may lie in one place and not in another. */
  boolean isReadable(long windowStartMs) {
    return windowStartMs >= firstReadableMs;
  }

  /** The state has a row of the region in this window. */
  void hasRegion(long windowStartMs, byte[] region) {
    regions
        .computeIfAbsent(windowStartMs, start -> new HashSet<>())
        .add(new String(region, StandardCharsets.UTF_8));
  }

  /**
   * The region whose row counts a post. Which regions a window names depends on the order in which
   * the engine met them; only the state knows it.
   */
  byte[] countedIn(long windowStartMs, byte[] region) {
    Set<String> named = regions.getOrDefault(windowStartMs, Set.of());
    boolean isOther =
        named.contains(WindowStore.OTHER_REGION)
            && !named.contains(new String(region, StandardCharsets.UTF_8));
    return isOther ? OTHER : region;
  }

  Restorer.Bounds changelog() {
    return changelog;
  }

  /** The position lies within a checkpoint: rows of it are there, what they stand for is not. */
  void foundUnfinished(boolean value) {
    unfinished = value;
  }

  boolean isUnfinished() {
    return unfinished;
  }

  boolean isInPublish() {
    return inPublish;
  }

  /** Whether the rows stand for exactly the input that the position names. */
  boolean isComparable() {
    return !unfinished && !inPublish;
  }
}
