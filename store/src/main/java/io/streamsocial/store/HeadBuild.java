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
              RegionWindow cell = window.region(WindowKey.region(key));
              cell.offerRow(WindowKey.tag(key), row[ranked]);
              next = Arrays.copyOf(key, key.length + 1); // the least key behind it
              if (cell != last) {
                last = cell;
                fit.run();
              }
            });
    fit.run();
    return more;
  }

  @Override
  public void close() {
    found.close();
  }
}
