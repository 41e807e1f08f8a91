package io.streamsocial.processor.log;

import io.streamsocial.processor.Moment;
import java.util.Arrays;

/**
 * Up to which moment a reader of the log has the posts of each source, by the reader's own steady
 * clock: then no step of a wall clock, here or at a publisher, makes its state look fresher than it
 * is. Once known, a moment is never taken back. Not thread-safe.
 *
 * <p>How old a note's news was when it was published is a difference of two times of its
 * publisher's wall clock, and exact. How long it took to get here is a difference of two clocks:
 * when this machine's is behind the publisher's, the note counts as just published.
 */
public final class Freshness {
  // A stored time further ahead of this machine's clock says nothing of its age.
  private static final long CLOCKS_APART_MS = 1_000;

  private long[] untilMs = new long[0]; // 0 while unknown

  /**
   * What a publisher's note says of one source.
   *
   * @param sources posts partitions in all
   * @param freshMs up to when the source's posts are included, by the publisher's wall clock; 0
   *     when unknown
   * @param publishedMs when the note was published, by the same clock
   * @param now when it is read
   */
  public void note(int sources, int source, long freshMs, long publishedMs, Moment now) {
    growTo(sources);
    if (freshMs > 0) {
      long oldMs = Math.max(0, publishedMs - freshMs);
      long underWayMs = Math.max(0, now.wallMs() - publishedMs);
      reach(source, now.steadyMs() - oldMs - underWayMs);
    }
  }

  /** What a stored progress says, whose publishers are not known any more. */
  public void note(InputProgress progress, Moment now) {
    growTo(progress.sources());
    for (int source = 0; source < progress.sources(); source++) {
      long freshMs = progress.freshMs(source);
      long oldMs = now.wallMs() - freshMs;
      if (freshMs > 0 && oldMs >= -CLOCKS_APART_MS) {
        reach(source, now.steadyMs() - Math.max(0, oldMs));
      }
    }
  }

  /** Sources beyond are gone, as after the posts topic was created again with fewer partitions. */
  public void keep(int sources) {
    if (sources < untilMs.length) {
      untilMs = Arrays.copyOf(untilMs, sources);
    }
  }

  private void reach(int source, long steadyMs) {
    untilMs[source] = Math.max(untilMs[source], Math.max(1, steadyMs));
  }

  private void growTo(int sources) {
    if (sources > untilMs.length) {
      untilMs = Arrays.copyOf(untilMs, sources);
    }
  }

  /** Steady clock up to which the posts of all sources are included; 0 while one is unknown. */
  public long untilMs() {
    return Arrays.stream(untilMs).min().orElse(0);
  }

  /**
   * As {@link #untilMs()}, of the source with the newest news: how far the log is read, however
   * long ago the publisher of another source was heard of. 0 while none is known.
   */
  public long newestMs() {
    return Arrays.stream(untilMs).max().orElse(0);
  }
}
