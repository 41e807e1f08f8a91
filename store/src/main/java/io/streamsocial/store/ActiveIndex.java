package io.streamsocial.store;

import io.streamsocial.store.table.ActiveKeys;
import io.streamsocial.store.table.CountTable;
import io.streamsocial.store.table.GroupEnds;
import io.streamsocial.store.table.SessionKey;
import io.streamsocial.store.table.SessionRows;
import io.streamsocial.store.table.SessionTable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Keeps up {@link ActiveKeys} for one store: the end of the last session of every key, by group.
 *
 * <p>After a restart it reads the rows as they were when it began, bit by bit. What is folded or
 * absorbed meanwhile it is told anyway, and it counts in sums, so their order does not matter.
 *
 * <p><b>Bound.</b> About 8 to 16 bytes a key that has a session, 400 a group. Where that is more
 * than the store's part of the heap for heads, the figure is given up; {@link #retry} begins again.
 *
 * <p>Owned by the store's writer.
 */
final class ActiveIndex {
  private final HeapBudget heap;
  private final SessionRows rows;
  // Names of groups; an entry is the ordinal of the group.
  private CountTable names = new CountTable();
  private Map<String, Integer> ordinals = new ConcurrentHashMap<>(); // shared with views
  private List<GroupEnds> groups = new ArrayList<>();
  private GroupEnds.View[] views = {};
  private long bytes;
  private boolean isGivenUp;
  // The rows that are read, and where to go on; null once all are.
  private Snapshot.@Nullable Past found;
  private byte[] next = Snapshot.FIRST;
  // The key that is being read, and the end of its last session so far.
  private byte[] reading = Snapshot.FIRST;
  private long readingEnd;
  private volatile ActiveKeys published = ActiveKeys.UNKNOWN;

  ActiveIndex(SessionRows rows, HeapBudget heap) {
    this.rows = rows;
    this.heap = heap;
  }

  /** Begins anew with the rows on disk, over which nothing is folded. */
  void begin(Snapshot snapshot) {
    forget();
    isGivenUp = false;
    found = snapshot.past();
    next = Snapshot.FIRST;
    reading = Snapshot.FIRST;
    // A new store has none, and is known at once.
    boolean unused = read(1, 0);
    publish(0);
  }

  /** Begins anew, where memory did not allow the figure. */
  void retry(Snapshot snapshot, SessionTable overlay, long expiredBefore) {
    if (!isGivenUp) {
      return;
    }
    begin(snapshot);
    for (int i = 0; i < overlay.size(); i++) {
      if (overlay.isChanged(i)) {
        CountTable keys = overlay.keys();
        moved(
            keys.arena(),
            keys.offset(i),
            SessionKey.groupEnd(keys.arena(), keys.offset(i)) - keys.offset(i),
            rows.lastEnd(rows.since(overlay.stored(i), expiredBefore)),
            rows.lastEnd(rows.since(overlay.live(i), expiredBefore)));
      }
    }
  }

  boolean isBuilding() {
    return found != null;
  }

  /** Reads at most so many rows; returns whether there are more. */
  boolean read(int rowsMax, long expiredBefore) {
    Snapshot.Past past = found;
    if (past == null) {
      return false;
    }
    boolean more =
        past.scan(next, Snapshot.END, rowsMax, (key, row) -> read(key, row, expiredBefore));
    if (!more) {
      count(expiredBefore);
      past.close();
      found = null;
    }
    return more;
  }

  private void read(byte[] key, long[] row, long expiredBefore) {
    int prefix = SessionKey.prefixEnd(key);
    if (!Arrays.equals(key, 0, prefix, reading, 0, reading.length)) {
      count(expiredBefore);
      reading = Arrays.copyOf(key, prefix);
      readingEnd = SessionRows.NO_END;
    }
    readingEnd = Math.max(readingEnd, row[SessionStore.END]);
    next = Arrays.copyOf(key, key.length + 1); // the least key behind it
  }

  /** All sessions of the key that was read are known. */
  private void count(long expiredBefore) {
    if (reading.length > 0 && readingEnd >= expiredBefore) {
      moved(reading, 0, SessionKey.groupEnd(reading, 0), SessionRows.NO_END, readingEnd);
    }
  }

  /**
   * The last live session of a key ends at another time.
   *
   * @param bytes holds the group
   * @param fromMs {@link SessionRows#NO_END} when it had none
   * @param toMs the same when it has none any more
   */
  void moved(byte[] bytes, int offset, int length, long fromMs, long toMs) {
    if (fromMs != toMs && !isGivenUp) {
      group(bytes, offset, length).move(fromMs, toMs);
    }
  }

  private GroupEnds group(byte[] bytes, int offset, int length) {
    int hash = CountTable.hash(bytes, offset, length);
    int ordinal = names.find(hash, bytes, offset, length);
    if (ordinal < 0) {
      ordinal = names.insertEmpty(hash, bytes, offset, length);
      groups.add(new GroupEnds());
      ordinals.put(new String(bytes, offset, length, StandardCharsets.UTF_8), ordinal);
    }
    names.mark(ordinal);
    return groups.get(ordinal);
  }

  /** Shows readers what has become of it. */
  void publish(long expiredBefore) {
    if (names.marked() > 0) {
      renewViews(expiredBefore);
    }
    if (heap.isOver(HeapBudget.Use.HEADS, bytes)) {
      forget();
      isGivenUp = true;
    }
    published =
        isGivenUp || isBuilding()
            ? ActiveKeys.UNKNOWN
            : new ActiveKeys(ordinals, views, rows.gapMs(), expiredBefore, true);
  }

  private void renewViews(long expiredBefore) {
    views = Arrays.copyOf(views, groups.size());
    for (int i = 0; i < views.length; i++) {
      if (names.isMarked(i)) {
        groups.get(i).fit(expiredBefore);
        views[i] = groups.get(i).view();
      }
    }
    names.clearMarks();
    account();
  }

  private void account() {
    long now = 0;
    for (GroupEnds group : groups) {
      now += group.bytes();
    }
    heap.add(HeapBudget.Use.HEADS, now - bytes);
    bytes = now;
  }

  ActiveKeys published() {
    return published;
  }

  /** Gives back what has expired, groups included. */
  void trim(long expiredBefore) {
    CountTable keptNames = new CountTable();
    Map<String, Integer> keptOrdinals = new ConcurrentHashMap<>();
    List<GroupEnds> kept = new ArrayList<>();
    for (int i = 0; i < groups.size(); i++) {
      GroupEnds group = groups.get(i);
      group.sort(expiredBefore);
      if (!group.isEmpty()) {
        byte[] name = names.copyOfKey(i);
        int ordinal =
            keptNames.insertEmpty(CountTable.hash(name, 0, name.length), name, 0, name.length);
        keptNames.mark(ordinal);
        keptOrdinals.put(new String(name, StandardCharsets.UTF_8), ordinal);
        kept.add(group);
      }
    }
    names = keptNames;
    ordinals = keptOrdinals;
    groups = kept;
    views = new GroupEnds.View[0];
    account();
  }

  /** Gives back everything. */
  void forget() {
    Snapshot.Past past = found;
    if (past != null) {
      past.close();
      found = null;
    }
    names = new CountTable();
    ordinals = new ConcurrentHashMap<>();
    groups = new ArrayList<>();
    views = new GroupEnds.View[0];
    account();
    published = ActiveKeys.UNKNOWN;
  }
}
