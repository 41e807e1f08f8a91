package io.streamsocial.processor.trends;

import io.streamsocial.processor.views.ViewKey;
import java.util.List;

/**
 * One key of a view.
 *
 * @param rows by window, oldest first, without windows in which it has none; one at most in a view
 *     without windows
 */
public record ViewEntry(ViewKey key, List<ViewRow> rows) {
  public ViewEntry {
    rows = List.copyOf(rows);
  }

  /** Whether it has a row at all. */
  public boolean isKnown() {
    return !rows.isEmpty();
  }
}
