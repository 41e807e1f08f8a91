package io.streamsocial.processor.log;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * Which input a state includes, by topic and partition (the sources), and the stream time that
 * follows. It is a fold of the progress notes in the shuffle, so every reader of the log computes
 * the same. Not thread-safe; {@link #copy()} for readers.
 *
 * <p><b>Stream time is the smallest watermark of the sources</b> of all topics that are read, but
 * for those that are idle, and never goes back. The largest time seen would be simpler and wrong:
 * partitions are read at different speeds, and the records of a slow one would all be late. A
 * source without any note holds stream time back too, because its records may be older than all
 * others.
 *
 * <p><b>Topics come and go.</b> An offset means something only in its own topic, which its id
 * names: a topic that was deleted and created again has another one, and replaces the former. A
 * topic that is not read any more, as no view wants it, rests: it holds nothing back, and its
 * offsets are kept, so that nothing counts twice when it is read again. Of an application that
 * reads one topic, notes give the id alone, and its name stays unknown here.
 *
 * <p>At most {@value #TOPICS_MAX} topics are kept. Of more, which an application can only have had
 * one after the other, one that rests is forgotten.
 */
public final class InputProgress {
  private static final int VERSION = 1;
  private static final int VERSION_VIEWS = 2;
  private static final int VERSION_TOPICS = 3;

  static final int TOPICS_MAX = 64;

  /** Before the first watermark: nothing is late yet. */
  public static final long NO_TIME = Long.MIN_VALUE;

  // In the order in which they came.
  private final List<TopicProgress> topics = new ArrayList<>();
  private long streamTimeMs = NO_TIME;
  private ViewRows views = new ViewRows();

  /** Rows of a view, not the hashtags, have come and are in the state. */
  public void folded(int viewId) {
    views.folded(viewId);
  }

  /**
   * Rows of a view were passed over, as the reader does not have it: its state, wherever it is,
   * lacks them unless it stands behind this record already.
   *
   * @param shuffleOffset of the record
   */
  public void passedOver(int viewId, long shuffleOffset) {
    views.passedOver(viewId, shuffleOffset);
  }

  /** The reader has the view with all rows that have come. */
  public void has(int viewId) {
    views.has(viewId);
  }

  /** Shuffle offset of the last record with rows of a view that were passed over; -1 for none. */
  public long passedOver(int viewId) {
    return views.passedOver(viewId);
  }

  /**
   * A view was reset: it counts from nothing, and lacks nothing of what was passed over until now.
   * A state of it that is left somewhere still does.
   */
  public void wasReset(int viewId) {
    views.wasReset(viewId);
  }

  /** Whether a state of the view that begins from nothing lacks rows that were passed over. */
  public boolean lacksFirstRows(int viewId) {
    return views.passedOver(viewId) >= 0 && !views.isReset(viewId);
  }

  /**
   * A view counts nowhere now: what comes meanwhile is not in its state, and no record says so. The
   * account keeps it until a reset of the view. Nothing where no row of the view has come yet.
   */
  public void isAway(int viewId) {
    views.isAway(viewId);
  }

  /** The same of all views whose rows have come and that the reader does not count. */
  public void areAwayBut(IntPredicate counted) {
    views.areAwayBut(counted);
  }

  /** The views that another account of the same shuffle has as away were so. */
  public void mergeAway(InputProgress other) {
    views.mergeAway(other.views);
  }

  /** Whether a view did not count for a while after rows of it had come. */
  public boolean wasAway(int viewId) {
    return views.wasAway(viewId);
  }

  /** Whether rows of a view, not the hashtags, have come. */
  public boolean isKnown(int viewId) {
    return views.isKnown(viewId);
  }

  // ---------------------------------------------------------------- notes

  /**
   * Of which topic the next notes are: the application reads no other one. A topic of another id
   * replaces the one that was read; the sources of that are forgotten, and would hold back stream
   * time and freshness for ever. Stream time stays, as windows may have expired by it.
   *
   * @param topic that the brokers' id names; {@link Uuid#ZERO_UUID} when unknown
   * @return for {@link #update(int, int, int, long, long, long, boolean)}
   */
  int of(Uuid topic) {
    TopicProgress only = withId(topic);
    if (only == null) {
      only = onlyRead();
    }
    if (only == null) {
      only = add("", topic);
    }
    only.of(topic);
    for (TopicProgress each : topics) {
      each.isRead(each == only);
    }
    forgetTooMany();
    return topics.indexOf(only);
  }

  /**
   * A note begins that names all topics which the application reads, see {@link #reads}; {@link
   * #endTopics} follows.
   */
  void beginTopics() {
    topics.forEach(topic -> topic.isRead(false));
  }

  void endTopics() {
    forgetTooMany();
  }

  /**
   * The application reads this topic, too.
   *
   * @param id zero when the note does not give it
   * @return for {@link #update(int, int, int, long, long, long, boolean)}
   */
  int reads(String name, Uuid id) {
    TopicProgress topic = withId(id);
    if (topic == null) {
      topic = withName(name);
    }
    if (topic == null) {
      topic = add(name, id);
    }
    topic.isNamed(name);
    topic.of(id);
    topic.isRead(true);
    return topics.indexOf(topic);
  }

  private @Nullable TopicProgress withId(Uuid id) {
    if (!id.equals(Uuid.ZERO_UUID)) {
      for (TopicProgress topic : topics) {
        if (topic.id().equals(id)) {
          return topic;
        }
      }
    }
    return null;
  }

  private @Nullable TopicProgress withName(String name) {
    for (TopicProgress topic : topics) {
      if (topic.name().equals(name)) {
        return topic;
      }
    }
    return null;
  }

  /** Null when several are read, or none. */
  private @Nullable TopicProgress onlyRead() {
    TopicProgress only = null;
    for (TopicProgress topic : topics) {
      if (topic.isRead()) {
        if (only != null) {
          return null;
        }
        only = topic;
      }
    }
    return only;
  }

  private TopicProgress add(String name, Uuid id) {
    TopicProgress topic = new TopicProgress(name, id);
    topics.add(topic);
    return topic;
  }

  private void forgetTooMany() {
    for (int i = 0; i < topics.size() && topics.size() > TOPICS_MAX; i++) {
      if (!topics.get(i).isRead()) {
        TopicProgress last = topics.remove(topics.size() - 1);
        if (i < topics.size()) {
          topics.set(i, last);
        }
      }
    }
  }

  /**
   * Applies a publisher's note on one source of the one topic that is read.
   *
   * @param sources partitions of the topic in all
   * @param nextOffset next offset not included
   * @param watermarkMs largest event time read from the source; {@link #NO_TIME} for none
   * @param fresh wall clock of the publisher up to which the source's records are included; 0 when
   *     that is unknown
   * @param isIdle nothing came for a while, and all of it is read
   */
  public void update(
      int sources, int source, long nextOffset, long watermarkMs, long fresh, boolean isIdle) {
    TopicProgress only = onlyRead();
    if (only == null) {
      only = add("", Uuid.ZERO_UUID);
    }
    only.update(sources, source, nextOffset, watermarkMs, fresh, isIdle);
  }

  /**
   * The same of one of several topics.
   *
   * @param topic as {@link #reads} returned it
   */
  void update(
      int topic,
      int sources,
      int source,
      long nextOffset,
      long watermarkMs,
      long fresh,
      boolean isIdle) {
    topics.get(topic).update(sources, source, nextOffset, watermarkMs, fresh, isIdle);
  }

  /** Moves stream time to the smallest watermark; returns whether it moved. */
  public boolean advance() {
    long smallest = Long.MAX_VALUE;
    for (TopicProgress topic : topics) {
      if (topic.isRead()) {
        smallest = Math.min(smallest, topic.smallestMs());
      }
    }
    boolean moves = smallest != Long.MAX_VALUE && smallest > streamTimeMs;
    if (moves) {
      streamTimeMs = smallest;
    }
    return moves;
  }

  // ---------------------------------------------------------------- what is included

  public long streamTimeMs() {
    return streamTimeMs;
  }

  /**
   * Whether there are topics that only their names tell apart, read or resting: otherwise there is
   * one, and {@link #offsets()} are its.
   */
  public boolean hasSeveral() {
    return topics.size() > 1;
  }

  /**
   * Next offsets included of each topic whose name is known, by partition; without sources that
   * have no note yet.
   */
  public SortedMap<String, SortedMap<Integer, Long>> offsetsByName() {
    SortedMap<String, SortedMap<Integer, Long>> offsets = new TreeMap<>();
    for (TopicProgress topic : topics) {
      if (!topic.name().isEmpty()) {
        offsets.put(topic.name(), topic.offsets());
      }
    }
    return offsets;
  }

  /** Next offsets included of the one topic, by partition. Of several, of the first. */
  public SortedMap<Integer, Long> offsets() {
    return topics.isEmpty() ? new TreeMap<>() : topics.get(0).offsets();
  }

  /**
   * Next offsets included of a topic, by partition; empty when nothing is known of it.
   *
   * @param topic that the brokers' id names; zero for the one that is read
   */
  public SortedMap<Integer, Long> offsets(Uuid topic) {
    TopicProgress found = find(topic);
    return found == null ? new TreeMap<>() : found.offsets();
  }

  /** Largest event time read from a source; {@link #NO_TIME} when it is not heard of. */
  public long watermarkMs(Uuid topic, int source) {
    TopicProgress found = find(topic);
    return found == null ? NO_TIME : found.watermarkMs(source);
  }

  private @Nullable TopicProgress find(Uuid id) {
    TopicProgress found = withId(id);
    if (found != null) {
      return found;
    }
    TopicProgress only = onlyRead();
    boolean mayBe = only != null && (id.equals(Uuid.ZERO_UUID) || only.id().equals(Uuid.ZERO_UUID));
    return mayBe ? only : null;
  }

  /**
   * Largest event time of the records that are included and not of this topic as it is now, but of
   * one that it may have replaced; {@link #NO_TIME} for none. What the topic has explains no count
   * up to then.
   */
  public long formerMs(Uuid topic) {
    TopicProgress found = find(topic);
    if (found != null) {
      return found.formerMs();
    }
    return topics.stream().mapToLong(TopicProgress::newestMs).max().orElse(NO_TIME);
  }

  /** All topics, read or not, in an order that stays. */
  List<TopicProgress> topics() {
    return topics;
  }

  public InputProgress copy() {
    return decode(encode());
  }

  /**
   * With one topic, in the format that has no names: a program of a version that knows one topic
   * reads it as well.
   */
  public byte[] encode() {
    ByteWriter out = new ByteWriter();
    boolean several = hasSeveral();
    out.put(several ? VERSION_TOPICS : views.isEmpty() ? VERSION : VERSION_VIEWS);
    if (several || !views.isEmpty()) {
      views.put(out);
    }
    out.putSigned(streamTimeMs);
    if (several) {
      out.putVarint(topics.size());
      topics.forEach(topic -> topic.put(out));
    } else {
      (topics.isEmpty() ? new TopicProgress("", Uuid.ZERO_UUID) : topics.get(0)).putAlone(out);
    }
    return out.toBytes();
  }

  /**
   * Reads the bytes of {@link #encode}; no bytes are an empty progress.
   *
   * @throws IllegalStateException when a newer version of this program wrote them: they must not be
   *     skipped, or posts would be counted twice
   * @throws IndexOutOfBoundsException when the bytes are damaged
   */
  public static InputProgress decode(byte[] bytes) {
    InputProgress progress = new InputProgress();
    if (bytes.length == 0) {
      return progress;
    }
    ByteReader in = new ByteReader();
    in.reset(bytes);
    int version = in.get();
    if (version < VERSION || version > VERSION_TOPICS) {
      throw new IllegalStateException(
          "the state's input positions have format %d; this version reads the formats %d to %d: upgrade this instance"
              .formatted(version, VERSION, VERSION_TOPICS));
    }
    if (version != VERSION) {
      progress.views = ViewRows.read(in);
    }
    progress.streamTimeMs = in.getSigned();
    if (version == VERSION_TOPICS) {
      for (int left = in.getLength(); left > 0; left--) {
        progress.topics.add(TopicProgress.read(in));
      }
      return progress;
    }
    TopicProgress alone = TopicProgress.readAlone(in);
    if (alone.sources() > 0 || !alone.id().equals(Uuid.ZERO_UUID)) {
      progress.topics.add(alone);
    }
    return progress;
  }
}
