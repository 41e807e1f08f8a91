package io.streamsocial.store;

import io.streamsocial.store.table.CountTable;
import java.util.Arrays;

/**
 * Finds expired sessions on disk, some rows at a time: they lie among the others, since keys come
 * before times in the order of rows. Another pass over all rows begins when expiry has moved by a
 * gap; so expired rows are on disk for about a gap longer.
 *
 * <p>What is found waits for the next commit. At most {@link #FOUND_MAX} wait; a pass goes on
 * behind the commit. Owned by the store's writer.
 */
final class SessionSweep {
  private static final int FOUND_MAX = 1 << 16;
  // Stands for a gap that is shorter.
  private static final long PASS_MS_MIN = 60_000;

  private final long passMs;
  private CountTable found = new CountTable(); // keys on disk, each with its end
  private byte[] next = Snapshot.FIRST;
  private boolean isPassing;
  private long passBefore; // 0: there was no pass yet

  SessionSweep(long gapMs) {
    this.passMs = Math.max(gapMs, PASS_MS_MIN);
  }

  /** Whether another pass should begin. */
  boolean isDue(long expiredBefore) {
    long moved = passBefore == 0 ? Long.MAX_VALUE : expiredBefore - passBefore;
    return !isPassing && expiredBefore > 0 && moved >= passMs;
  }

  void begin(long expiredBefore) {
    isPassing = true;
    passBefore = expiredBefore;
    next = Snapshot.FIRST;
  }

  /** Looks at so many rows at most; returns whether there was something to do. */
  boolean goOn(Snapshot snapshot, int rowsMax, long expiredBefore) {
    if (!isPassing || found.size() >= FOUND_MAX) {
      return false;
    }
    isPassing =
        snapshot.scan(
            next,
            rowsMax,
            (key, row) -> {
              next = Arrays.copyOf(key, key.length + 1); // the least key behind it
              if (row[SessionStore.END] < expiredBefore) {
                found(key, row[SessionStore.END]);
              }
            });
    return true;
  }

  private void found(byte[] key, long endMs) {
    int hash = CountTable.hash(key, 0, key.length);
    if (found.find(hash, key, 0, key.length) < 0) {
      int unused = found.insert(hash, key, 0, key.length, endMs);
    }
  }

  /** Deletes what was found and ended before a time; before any row is put. */
  void putDeletes(Snapshot.Batch batch, long expiredBefore) {
    for (int i = 0; i < found.size(); i++) {
      if (found.count(i) < expiredBefore) {
        batch.delete(Snapshot.FIRST, found.arena(), found.offset(i), found.length(i));
      }
    }
  }

  /** The batch is written. What ended later is found again by another pass. */
  void written() {
    if (found.size() > 0) {
      found = new CountTable();
    }
  }

  /** Heap bytes held. */
  long bytes() {
    return found.size() == 0 ? 0 : found.bytes();
  }
}
