package io.streamsocial.processor.trends;

import io.streamsocial.processor.Role;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The question "what is trending?", its answer, and the parts that are merged to an answer. All
 * types are immutable, all functions pure.
 */
public final class Trending {
  private Trending() {}

  /**
   * @param limit rows, 1 to {@link Question#LIMIT_MAX}
   * @param windows how many windows back, the one that contains {@code atMs} included; at least 1
   * @param region one region, or null for all together
   * @param atMs the instant asked for, epoch milliseconds
   */
  public record Question(int limit, int windows, @Nullable String region, long atMs) {
    public static final int LIMIT_MAX = 1_000;

    public Question {
      QuestionBounds.checkLimit(limit);
      QuestionBounds.checkWindows(windows);
    }
  }

  /** Up, down or flat: the sign of the velocity. */
  public enum Trend {
    UP,
    DOWN,
    FLAT;

    private static Trend of(long velocity) {
      return velocity > 0 ? UP : velocity < 0 ? DOWN : FLAT;
    }
  }

  /**
   * @param windowStartMs inclusive start, epoch milliseconds
   * @param count mentions in it, 0 when it has none
   */
  public record WindowCount(long windowStartMs, long count) {}

  /**
   * @param count mentions over all windows asked for
   * @param velocity mentions in the newest two windows minus those in the older ones
   * @param windows oldest first, every window asked for, absent ones as 0
   */
  public record Row(
      String hashtag, long count, long velocity, Trend trend, List<WindowCount> windows) {

    /** By count descending, ties by hashtag in code point order, which is UTF-8 byte order. */
    static final Comparator<Row> ORDER =
        (a, b) -> {
          int byCount = Long.compare(b.count, a.count);
          return byCount != 0 ? byCount : compareCodePoints(a.hashtag, b.hashtag);
        };

    /**
     * A row of these windows, with what follows from them.
     *
     * @param windows oldest first
     */
    public static Row of(String hashtag, List<WindowCount> windows) {
      long count = 0;
      long velocity = 0;
      for (int i = 0; i < windows.size(); i++) {
        long mentions = windows.get(i).count();
        count += mentions;
        velocity += i >= windows.size() - 2 ? mentions : -mentions;
      }
      return new Row(hashtag, count, velocity, Trend.of(velocity), List.copyOf(windows));
    }
  }

  /** {@link String#compareTo} differs: it puts what lies beyond U+FFFF before U+E000. */
  static int compareCodePoints(String a, String b) {
    int length = Math.min(a.length(), b.length());
    for (int i = 0; i < length; i++) {
      if (a.charAt(i) != b.charAt(i)) {
        boolean surrogates =
            Character.isSurrogate(a.charAt(i)) && Character.isSurrogate(b.charAt(i));
        // Both inside pairs: code units are in order there. One only: its code point is the larger.
        return surrogates
            ? Character.compare(a.charAt(i), b.charAt(i))
            : Integer.compare(rank(a.charAt(i)), rank(b.charAt(i)));
      }
    }
    return Integer.compare(a.length(), b.length());
  }

  private static int rank(char unit) {
    return Character.isSurrogate(unit) ? Character.MAX_VALUE + 1 : unit;
  }

  /**
   * One partition as one instance can read it.
   *
   * @param role as which the instance answers
   * @param freshMs up to when all input is included, by the steady clock of the process that reads
   *     this; 0 when unknown
   * @param newestMs the same of any source instead of all: how far it has read the log; {@code
   *     freshMs} when nothing more is known
   * @param offsets of the input that is included
   */
  public record Held(Role role, long freshMs, long newestMs, InputOffsets offsets) {
    /** Of an engine that reads one topic. */
    public Held(Role role, long freshMs, long newestMs, SortedMap<Integer, Long> asOf) {
      this(role, freshMs, newestMs, InputOffsets.of(asOf));
    }

    /** Posts offsets included, by posts partition: the next offset to read. */
    public SortedMap<Integer, Long> asOf() {
      return offsets.posts();
    }

    /** As {@link Completeness#includes}, of this partition alone. */
    public boolean includes(InputOffsets next) {
      return offsets.includes(next);
    }
  }

  /** What one instance answers for some partitions: one kind for each kind of merge. */
  public sealed interface Part
      permits TopPart,
          RegionVolumes.SlicesPart,
          ViewKeys.Part,
          ViewRange.Part,
          ViewTop.Part,
          ViewSessions.Part,
          ViewActive.Part {

    /** The partitions that are in the part. */
    SortedMap<Integer, Held> answered();
  }

  /**
   * The part of a ranking, or of the answer for one hashtag.
   *
   * @param rows the top N of these partitions together, in the order of an answer
   */
  public record TopPart(List<Row> rows, SortedMap<Integer, Held> answered) implements Part {
    /** Of an instance that holds none of the partitions. */
    public static final TopPart NOTHING = new TopPart(List.of(), Collections.emptySortedMap());

    public TopPart {
      rows = List.copyOf(rows);
      answered = Collections.unmodifiableSortedMap(answered);
    }
  }

  /**
   * A hashtag as it is counted.
   *
   * @param hashtag folded as at ingest
   * @param partition the shuffle partition that owns it
   */
  public record Key(String hashtag, int partition) {}

  /**
   * @param rows by count descending, ties by hashtag ascending (UTF-8 byte order, which is code
   *     point order)
   */
  public record Answer(List<Row> rows, Completeness completeness) {}

  /**
   * One hashtag's windows.
   *
   * @param hashtag folded as at ingest
   * @param known whether any of the windows has a mention
   * @param partition the shuffle partition that owns the hashtag
   * @param windows oldest first, absent ones as 0; none at all when no instance answered for the
   *     partition, see {@code completeness}
   */
  public record HashtagAnswer(
      String hashtag,
      boolean known,
      int partition,
      List<WindowCount> windows,
      Completeness completeness) {}

  /**
   * The top of all these parts. A tag lives in one partition, so the top N of the rows of parts
   * that are each a top N is the top N of all.
   *
   * @param expected the partitions that the answer should be made of
   * @param parts no two of the same partition
   * @throws IllegalArgumentException when a partition is in two parts: it would count twice
   */
  public static Answer merge(int limit, Collection<Integer> expected, List<TopPart> parts) {
    List<Row> rows = new ArrayList<>();
    for (TopPart part : parts) {
      rows.addAll(part.rows());
    }
    if (parts.size() > 1) {
      rows.sort(Row.ORDER);
    }
    return new Answer(
        List.copyOf(rows.subList(0, Math.min(limit, rows.size()))),
        Completeness.of(expected, answered(parts)));
  }

  static SortedMap<Integer, Held> answered(List<? extends Part> parts) {
    SortedMap<Integer, Held> answered = new TreeMap<>();
    for (Part part : parts) {
      part.answered()
          .forEach(
              (partition, held) -> {
                if (answered.put(partition, held) != null) {
                  throw new IllegalArgumentException(
                      "partition %d is in two parts: it would count twice".formatted(partition));
                }
              });
    }
    return answered;
  }

  /**
   * The answer of the one part that can have the hashtag.
   *
   * @param part {@link TopPart#NOTHING} when no instance answers for the partition
   */
  public static HashtagAnswer hashtag(Key key, TopPart part) {
    List<WindowCount> windows = part.rows().isEmpty() ? List.of() : part.rows().get(0).windows();
    return new HashtagAnswer(
        key.hashtag(),
        windows.stream().anyMatch(window -> window.count() > 0),
        key.partition(),
        windows,
        Completeness.of(List.of(key.partition()), part.answered()));
  }
}
