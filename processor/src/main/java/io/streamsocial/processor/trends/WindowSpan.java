package io.streamsocial.processor.trends;

import io.streamsocial.store.Windowing;

/**
 * Some windows of a view: from the one that contains an instant to the one that contains another.
 *
 * @param fromMs epoch milliseconds, 0 or more
 * @param toMs epoch milliseconds, not before {@code fromMs}
 */
public record WindowSpan(long fromMs, long toMs) {
  /** The most windows of one question: each is a cursor of its own over the store. */
  public static final int WINDOWS_MAX = 1_000;

  /** Of a view without windows. */
  public static final WindowSpan NONE = new WindowSpan(0, 0);

  public WindowSpan {
    if (fromMs < 0 || fromMs > toMs) {
      throw new IllegalArgumentException(
          "windows from %d to %d ms: allowed is 0 or more, the end not before the beginning"
              .formatted(fromMs, toMs));
    }
  }

  /**
   * The window that contains an instant and those before it, as many as are kept and as one
   * question may have.
   *
   * @param toMs epoch milliseconds
   */
  public static WindowSpan upTo(Windowing windowing, long toMs) {
    return windowing.isNone()
        ? NONE
        : new WindowSpan(
            windowing.lastStarts(toMs, Math.min(WINDOWS_MAX, windowing.windowsMax()))[0], toMs);
  }

  /** How many windows there are in it, whether they have rows or not. */
  public long windows(Windowing windowing) {
    return Math.floorDiv(toMs, windowing.sizeMs()) - Math.floorDiv(fromMs, windowing.sizeMs()) + 1;
  }

  /** Whether a window is in it. */
  public boolean contains(Windowing windowing, long startMs) {
    return startMs <= toMs && startMs >= windowing.start(fromMs);
  }
}
