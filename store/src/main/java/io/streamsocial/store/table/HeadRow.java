package io.streamsocial.store.table;

import java.util.ArrayList;
import java.util.List;

/**
 * One key of a head, and what the heads of other windows know of it. The arrays are not copied:
 * callers must not change them.
 *
 * @param key the bytes counted
 * @param counts one a window, in the order asked for; {@link #UNKNOWN} where the key is outside a
 *     head that does not hold all keys
 * @param bounds upper bounds of the unknown counts; 0 where the count is known
 */
@SuppressWarnings("ArrayRecordComponent") // a row of an answer, never compared or kept in a set
public record HeadRow(byte[] key, long[] counts, long[] bounds) {
  /** A count that only {@code WindowStore.counts} can answer. */
  public static final long UNKNOWN = -1;

  /** Whether the heads know every count. */
  public boolean isKnown() {
    for (long count : counts) {
      if (count == UNKNOWN) {
        return false;
      }
    }
    return true;
  }

  public static List<HeadRow> of(HeadView[] views, long minCount, int limit) {
    List<HeadRow> rows = new ArrayList<>();
    HeadView last = views[views.length - 1];
    for (int entry : last.ranking()) {
      if (rows.size() == limit || last.count(entry) < minCount) {
        break;
      }
      rows.add(row(views, last, entry));
    }
    return rows;
  }

  private static HeadRow row(HeadView[] views, HeadView last, int entry) {
    long[] counts = new long[views.length];
    long[] bounds = new long[views.length];
    int hash = last.hash(entry);
    for (int i = 0; i < views.length; i++) {
      HeadView view = views[i];
      int found =
          view == last
              ? entry
              : view.find(hash, last.arena(), last.offset(entry), last.length(entry));
      if (found >= 0) {
        counts[i] = view.count(found);
      } else if (view.bound() > 0) {
        counts[i] = UNKNOWN;
        bounds[i] = view.bound();
      }
    }
    return new HeadRow(last.copyOfKey(entry), counts, bounds);
  }
}
