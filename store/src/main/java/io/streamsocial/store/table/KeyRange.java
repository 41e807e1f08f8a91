package io.streamsocial.store.table;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The first keys of a range.
 *
 * @param keys in byte order
 * @param next the first key that was not read; null when the range has no further key, else the
 *     limit is reached or the budget is spent
 */
@SuppressWarnings("ArrayRecordComponent") // an answer, never compared or kept in a set
public record KeyRange(List<KeyRows> keys, byte @Nullable [] next) {
  /** Whether the range has no further key. */
  public boolean isWhole() {
    return next == null;
  }
}
