package io.streamsocial.http.live;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalDouble;

/**
 * Posts a second, over the last few seconds, from the posts offsets that answers include. So it is
 * the rate of the whole cluster, whichever instance is asked. One thread.
 */
final class PostRate {
  private static final long SPAN_NANOS = 5_000_000_000L;

  private final Deque<Sample> samples = new ArrayDeque<>();

  private record Sample(long nanos, long posts) {}

  /**
   * @param posts the sum of the posts offsets included
   */
  void add(long nanos, long posts) {
    if (!samples.isEmpty() && posts < samples.getLast().posts()) {
      // Another owner that is not as far: a negative rate would mean nothing.
      samples.clear();
    }
    samples.addLast(new Sample(nanos, posts));
    while (samples.size() > 2 && nanos - samples.getFirst().nanos() > SPAN_NANOS) {
      samples.removeFirst();
    }
  }

  /** Empty until two samples are there. */
  OptionalDouble perSecond() {
    if (samples.size() < 2) {
      return OptionalDouble.empty();
    }
    Sample first = samples.getFirst();
    Sample last = samples.getLast();
    double seconds = (last.nanos() - first.nanos()) / 1e9;
    return seconds <= 0
        ? OptionalDouble.empty()
        : OptionalDouble.of((last.posts() - first.posts()) / seconds);
  }
}
