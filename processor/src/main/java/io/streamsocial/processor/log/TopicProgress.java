package io.streamsocial.processor.log;

import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;

/**
 * What a state includes of one input topic, by partition: the part of an {@link InputProgress}. Not
 * thread-safe.
 */
final class TopicProgress {
  static final long NO_OFFSET = -1;

  private String name;
  private Uuid id;
  private boolean isRead = true;
  private long formerMs = InputProgress.NO_TIME;
  private long[] nextOffsets = new long[0]; // NO_OFFSET: not heard of
  private long[] watermarksMs = new long[0];
  private long[] freshMs = new long[0];
  private boolean[] idle = new boolean[0];

  /**
   * @param name empty while no note has named it
   * @param id that the brokers give it; zero while unknown
   */
  TopicProgress(String name, Uuid id) {
    this.name = name;
    this.id = id;
  }

  String name() {
    return name;
  }

  Uuid id() {
    return id;
  }

  /** Whether the newest note says that the application reads it. */
  boolean isRead() {
    return isRead;
  }

  void isRead(boolean value) {
    isRead = value;
  }

  /** See {@link InputProgress#formerMs}. */
  long formerMs() {
    return formerMs;
  }

  /** A note has named it. */
  void isNamed(String value) {
    name = value;
  }

  /** The next notes are of the topic with this id: of another one, when it is another id. */
  void of(Uuid present) {
    if (present.equals(id) || present.equals(Uuid.ZERO_UUID)) {
      return;
    }
    if (!id.equals(Uuid.ZERO_UUID)) {
      formerMs = newestMs();
      nextOffsets = new long[0];
      watermarksMs = new long[0];
      freshMs = new long[0];
      idle = new boolean[0];
    }
    id = present;
  }

  /** Largest event time that is included, of the topic and of those that it has replaced. */
  long newestMs() {
    long newest = formerMs;
    for (long watermarkMs : watermarksMs) {
      newest = Math.max(newest, watermarkMs);
    }
    return newest;
  }

  /** See {@link InputProgress#update}. */
  void update(
      int sources, int source, long nextOffset, long watermarkMs, long fresh, boolean isIdle) {
    growTo(sources);
    if (fresh > 0 && nextOffset >= nextOffsets[source]) {
      // It may be less than before: a clock may have been set back.
      freshMs[source] = fresh;
    }
    nextOffsets[source] = Math.max(nextOffsets[source], nextOffset);
    watermarksMs[source] = Math.max(watermarksMs[source], watermarkMs);
    idle[source] = isIdle;
  }

  private void growTo(int sources) {
    int known = nextOffsets.length;
    if (sources > known) {
      nextOffsets = Arrays.copyOf(nextOffsets, sources);
      watermarksMs = Arrays.copyOf(watermarksMs, sources);
      freshMs = Arrays.copyOf(freshMs, sources);
      idle = Arrays.copyOf(idle, sources);
      Arrays.fill(nextOffsets, known, sources, NO_OFFSET);
      Arrays.fill(watermarksMs, known, sources, InputProgress.NO_TIME);
    }
  }

  /** Smallest watermark of the sources that are not idle; {@link Long#MAX_VALUE} for none. */
  long smallestMs() {
    long smallest = Long.MAX_VALUE;
    for (int i = 0; i < nextOffsets.length; i++) {
      if (!idle[i]) {
        smallest = Math.min(smallest, watermarksMs[i]);
      }
    }
    return smallest;
  }

  /** Sources known, those without a note included. */
  int sources() {
    return nextOffsets.length;
  }

  SortedMap<Integer, Long> offsets() {
    SortedMap<Integer, Long> offsets = new TreeMap<>();
    for (int i = 0; i < nextOffsets.length; i++) {
      if (nextOffsets[i] >= 0) {
        offsets.put(i, nextOffsets[i]);
      }
    }
    return offsets;
  }

  long watermarkMs(int source) {
    return source < watermarksMs.length ? watermarksMs[source] : InputProgress.NO_TIME;
  }

  long freshMs(int source) {
    return freshMs[source];
  }

  void putSources(ByteWriter out) {
    out.putVarint(nextOffsets.length);
    for (int i = 0; i < nextOffsets.length; i++) {
      out.putSigned(nextOffsets[i]);
      out.putSigned(watermarksMs[i]);
      out.putVarint(freshMs[i]);
      out.put(idle[i] ? 1 : 0);
    }
  }

  void readSources(ByteReader in) {
    growTo(in.getLength());
    for (int i = 0; i < nextOffsets.length; i++) {
      nextOffsets[i] = in.getSigned();
      watermarksMs[i] = in.getSigned();
      freshMs[i] = in.getVarint();
      idle[i] = in.get() != 0;
    }
  }

  /** The topic alone, as versions wrote it that know one: without its name. */
  void putAlone(ByteWriter out) {
    putSources(out);
    out.putTopic(id);
    if (formerMs != InputProgress.NO_TIME) { // then there is an id, too
      out.putSigned(formerMs);
    }
  }

  static TopicProgress readAlone(ByteReader in) {
    TopicProgress alone = new TopicProgress("", Uuid.ZERO_UUID);
    alone.readSources(in);
    alone.id = in.getTopic();
    if (in.hasRemaining()) {
      alone.formerMs = in.getSigned();
    }
    return alone;
  }

  /** One of several. */
  void put(ByteWriter out) {
    out.putText(name);
    out.putId(id);
    out.put(isRead ? 1 : 0);
    out.putSigned(formerMs);
    putSources(out);
  }

  static TopicProgress read(ByteReader in) {
    TopicProgress topic = new TopicProgress(in.getText(), in.getId());
    topic.isRead = in.get() != 0;
    topic.formerMs = in.getSigned();
    topic.readSources(in);
    return topic;
  }
}
