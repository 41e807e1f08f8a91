package io.streamsocial.store;

import io.streamsocial.store.table.CountTable;
import io.streamsocial.store.table.Lanes;
import io.streamsocial.store.table.Lanes.Merge;
import io.streamsocial.store.table.WindowKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The expiry of rows without windows: a row whose last event, its first lane, is before {@link
 * #before} is gone. No reader sees it, and a merge begins it anew, whether it is still on disk or
 * not. That time follows from the input, so it is the same wherever that is folded.
 *
 * <p>A sweep finds such rows on disk, some at a time, and makes each a change: a row without any
 * event, which the next checkpoint takes from the changelog and from the disk, as it would put any
 * other. At most {@link #FOUND_MAX} wait for it. Another pass over all rows begins when expiry has
 * moved by a sixteenth of the time to live; so much longer expired rows are on disk.
 *
 * <p><b>The first row of each group stays on disk</b>, gone or not. The rows on disk say which
 * groups have their name, see {@link WindowState}: without one, a restored store would give the
 * room of a group to another, and count in other rows than a store that was not restarted.
 *
 * <p>Owned by the store's writer; readers ask {@link #before} under the lock of {@link LiveState}.
 */
final class RowExpiry {
  private static final int FOUND_MAX = 1 << 16;
  private static final int PASSES = 16; // a time to live
  // Stands for the part of a time to live that is shorter.
  private static final long PASS_MS_MIN = 60_000;

  private final long passMs; // 0: rows live for ever
  private long before = Long.MIN_VALUE;
  private byte[] next = Snapshot.FIRST;
  private byte[] lastGroup = Snapshot.FIRST; // key up to the tag, of the last row of the pass
  private boolean isPassing;
  private long passBefore = Long.MIN_VALUE; // there was no pass yet
  private int found; // waits for a checkpoint
  private long swept; // since it was asked last

  /**
   * @param timeToLiveMs 0 for rows that live for ever
   */
  RowExpiry(long timeToLiveMs) {
    this.passMs = timeToLiveMs == 0 ? 0 : Math.max(timeToLiveMs / PASSES, PASS_MS_MIN);
  }

  /** Refuses what cannot expire by its rows. */
  static void requireRows(
      TaskStore.Kind kind, long sizeMs, Lanes lanes, WindowStore.Bounds bounds) {
    boolean isTimed = lanes.merge(0) == Merge.MAX;
    if (kind != TaskStore.Kind.WINDOWS || sizeMs != Long.MAX_VALUE || !isTimed) {
      throw new IllegalArgumentException(
          "a time to live is for rows without windows whose first lane is their last event");
    }
    if (bounds.areRanked()) {
      throw new IllegalArgumentException(
          "a time to live is for rows that are not ranked: a head keeps what has grown");
    }
  }

  /** Whether rows expire by their own last events, and not by their windows. */
  boolean isOfRows() {
    return passMs > 0;
  }

  /** A row whose last event is before this is gone; {@link Long#MIN_VALUE}: none is. */
  long before() {
    return before;
  }

  /** Never goes back. */
  void expireBefore(long timeMs) {
    before = Math.max(before, timeMs);
  }

  /** Whether the row of an overlay is gone. */
  boolean isGone(CountTable overlay, int entry) {
    return overlay.count(entry) < before;
  }

  /**
   * Whether the row of an overlay has no event: the disk must not have it. Only where rows expire.
   */
  boolean isDeleted(CountTable overlay, int entry) {
    return isOfRows() && overlay.count(entry) == Long.MIN_VALUE;
  }

  /** A row on disk that is gone. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Found(byte[] group, byte[] key) {}

  /** Whether a pass is under way, and may find more rows. */
  boolean isSweeping() {
    boolean isDue = passBefore == Long.MIN_VALUE || before - passBefore >= passMs;
    if (isOfRows() && !isPassing && before != Long.MIN_VALUE && isDue) {
      isPassing = true;
      passBefore = before;
      next = Snapshot.FIRST;
      lastGroup = Snapshot.FIRST;
    }
    return isPassing && found < FOUND_MAX;
  }

  /** Looks at so many rows at most; those that are found become changes. */
  List<Found> sweep(Snapshot snapshot, int rowsMax) {
    List<Found> gone = new ArrayList<>();
    isPassing =
        snapshot.scan(
            next,
            rowsMax,
            (key, row) -> {
              next = Arrays.copyOf(key, key.length + 1); // the least key behind it
              boolean isFirst = !isOfLastGroup(key);
              if (isFirst) {
                lastGroup = Arrays.copyOf(key, WindowKey.tagOffset(key));
              }
              if (row[0] < before && !isFirst) {
                gone.add(new Found(WindowKey.region(key), WindowKey.tag(key)));
              }
            });
    found += gone.size();
    swept += gone.size();
    return gone;
  }

  private boolean isOfLastGroup(byte[] key) {
    int length = lastGroup.length;
    return length > 0 && key.length > length && Arrays.equals(key, 0, length, lastGroup, 0, length);
  }

  /** Rows that were found since this was asked last. */
  long takeSwept() {
    long taken = swept;
    swept = 0;
    return taken;
  }

  /** What was found is on disk no more. */
  void committed() {
    found = 0;
  }

  /** What was found is forgotten, and to be found again. */
  void forget() {
    found = 0;
    isPassing = false;
    passBefore = Long.MIN_VALUE;
  }
}
