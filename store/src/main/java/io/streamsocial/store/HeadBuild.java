package io.streamsocial.store;

import io.streamsocial.store.table.WindowKey;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Builds heads and totals of a window that was found on disk, some rows at a time: a window may
 * have millions, and the writer has other things to do meanwhile. Owned by the writer.
 *
 * <p>It reads the rows of the moment in which the window was found. What is folded or absorbed
 * later goes into heads and totals by itself, whether the build has come to that row or not: totals
 * are sums of those rows and of what was added since, and a head takes the larger count of a key.
 */
final class HeadBuild implements AutoCloseable {
  private final Snapshot.Past found;
  private final byte[] end;
  private final int ranked; // lane
  private byte[] next;
  private byte @Nullable [] read; // the last row's key
  private @Nullable RegionWindow last;

  HeadBuild(long windowStartMs, Snapshot.Past found) {
    this.found = found;
    this.ranked = found.lanes().ranked();
    this.next = WindowKey.start(windowStartMs);
    this.end = WindowKey.start(windowStartMs + 1);
  }

  /**
   * Takes in at most so many rows; returns whether there are more.
   *
   * @param window of the rows
   * @param fit called before each further region, and at the end
   */
  boolean goOn(WindowState window, int rowsMax, Runnable fit) {
    boolean more =
        found.scan(
            next,
            end,
            rowsMax,
            (key, row) -> {
              RegionWindow cell = cell(window, key, fit);
              cell.offerRow(key, cell.prefix.length, row[ranked]);
              read = key;
            });
    if (read != null) {
      next = Arrays.copyOf(read, read.length + 1); // the least key behind it
    }
    fit.run();
    return more;
  }

  /** Rows come in the order of their keys, so most are of the region of the one before. */
  private RegionWindow cell(WindowState window, byte[] key, Runnable fit) {
    RegionWindow before = last;
    if (before != null && isOf(key, before.prefix)) {
      return before;
    }
    RegionWindow cell = window.region(WindowKey.region(key));
    last = cell;
    fit.run();
    return cell;
  }

  private static boolean isOf(byte[] key, byte[] prefix) {
    return key.length >= prefix.length
        && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
  }

  @Override
  public void close() {
    found.close();
  }
}
