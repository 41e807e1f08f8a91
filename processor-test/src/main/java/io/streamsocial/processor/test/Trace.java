package io.streamsocial.processor.test;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;

/** What happened, newest last; the oldest lines go when there are more than {@link #LINES_MAX}. */
final class Trace {
  static final int LINES_MAX = 10_000;

  private final long startMs;
  private final Deque<String> lines = new ArrayDeque<>();

  Trace(long startMs) {
    this.startMs = startMs;
  }

  void note(long nowMs, String what) {
    if (lines.size() == LINES_MAX) {
      lines.removeFirst();
    }
    lines.addLast(String.format(Locale.ROOT, "%.3f s: %s", (nowMs - startMs) / 1e3, what));
  }

  List<String> lines() {
    return List.copyOf(lines);
  }
}
