package io.streamsocial.processor.log;

import io.streamsocial.processor.Moment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Up to which moment a reader of the log has the records of each source, by the reader's own steady
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

  /** Of one topic. */
  private static final class Topic {
    private String name = ""; // while unknown
    private boolean isRead = true;
    private long[] untilMs = new long[0]; // 0 while unknown

    void growTo(int sources) {
      if (sources > untilMs.length) {
        untilMs = Arrays.copyOf(untilMs, sources);
      }
    }

    void reach(int source, long steadyMs) {
      untilMs[source] = Math.max(untilMs[source], Math.max(1, steadyMs));
    }
  }

  // In the order of the progress.
  private final List<Topic> topics = new ArrayList<>();

  /**
   * What a publisher's note says of one source.
   *
   * @param topic its index in the progress
   * @param sources partitions of the topic in all
   * @param freshMs up to when the source's records are included, by the publisher's wall clock; 0
   *     when unknown
   * @param publishedMs when the note was published, by the same clock
   * @param now when it is read
   */
  void note(int topic, int sources, int source, long freshMs, long publishedMs, Moment now) {
    Topic noted = topic(topic);
    noted.growTo(sources);
    if (freshMs > 0) {
      long oldMs = Math.max(0, publishedMs - freshMs);
      long underWayMs = Math.max(0, now.wallMs() - publishedMs);
      noted.reach(source, now.steadyMs() - oldMs - underWayMs);
    }
  }

  /** What a stored progress says, whose publishers are not known any more. */
  public void note(InputProgress progress, Moment now) {
    keep(progress);
    for (int i = 0; i < progress.topics().size(); i++) {
      TopicProgress stored = progress.topics().get(i);
      topics.get(i).growTo(stored.sources());
      for (int source = 0; source < stored.sources(); source++) {
        long freshMs = stored.freshMs(source);
        long oldMs = now.wallMs() - freshMs;
        if (freshMs > 0 && oldMs >= -CLOCKS_APART_MS) {
          topics.get(i).reach(source, now.steadyMs() - Math.max(0, oldMs));
        }
      }
    }
  }

  /**
   * After each note. Topics that are not read any more count no more, and sources beyond those of a
   * topic are gone, as after it was created again with fewer partitions.
   */
  public void keep(InputProgress progress) {
    for (int i = 0; i < progress.topics().size(); i++) {
      TopicProgress present = progress.topics().get(i);
      Topic topic = topic(i);
      boolean isOther = !topic.name.isEmpty() && !topic.name.equals(present.name());
      if (isOther || present.sources() < topic.untilMs.length) {
        topic.untilMs = Arrays.copyOf(topic.untilMs, isOther ? 0 : present.sources());
      }
      topic.name = present.name();
      topic.isRead = present.isRead();
    }
  }

  private Topic topic(int index) {
    while (topics.size() <= index) {
      topics.add(new Topic());
    }
    return topics.get(index);
  }

  private LongStream ofAllSources() {
    return topics.stream()
        .filter(topic -> topic.isRead)
        .flatMapToLong(topic -> Arrays.stream(topic.untilMs));
  }

  /** Steady clock up to which the records of all sources are included; 0 while one is unknown. */
  public long untilMs() {
    return ofAllSources().min().orElse(0);
  }

  /**
   * As {@link #untilMs()}, of the source with the newest news: how far the log is read, however
   * long ago the publisher of another source was heard of. 0 while none is known.
   */
  public long newestMs() {
    return ofAllSources().max().orElse(0);
  }
}
