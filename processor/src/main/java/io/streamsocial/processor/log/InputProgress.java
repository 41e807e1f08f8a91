package io.streamsocial.processor.log;

import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;

/**
 * Which input a state includes, by posts partition (the sources), and the stream time that follows.
 * It is a fold of the progress notes in the shuffle, so every reader of the log computes the same.
 * Not thread-safe; {@link #copy()} for readers.
 *
 * <p><b>Stream time is the smallest watermark of the sources</b> that are not idle, and never goes
 * back. The largest time seen would be simpler and wrong: partitions are read at different speeds,
 * and the posts of a slow one would all be late. A source without any note holds stream time back
 * too, because its posts may be older than all others.
 */
public final class InputProgress {
  private static final int VERSION = 1;
  private static final int VERSION_VIEWS = 2;

  /** Before the first watermark: nothing is late yet. */
  public static final long NO_TIME = Long.MIN_VALUE;

  private Uuid postsTopic = Uuid.ZERO_UUID;
  private long[] nextOffsets = new long[0]; // -1: not heard of
  private long[] watermarksMs = new long[0];
  private long[] freshMs = new long[0];
  private boolean[] idle = new boolean[0];
  private long streamTimeMs = NO_TIME;
  private long formerMs = NO_TIME;
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

  /** Whether rows of a view, not the hashtags, have come. */
  public boolean isKnown(int viewId) {
    return views.isKnown(viewId);
  }

  /**
   * Of which topic the next notes are. An offset means something only in its own topic: the sources
   * of another one are forgotten, and would hold back stream time and freshness for ever. Stream
   * time stays, as windows may have expired by it.
   *
   * @param topic that the brokers' id names; {@link Uuid#ZERO_UUID} when unknown
   */
  public void of(Uuid topic) {
    if (topic.equals(postsTopic) || topic.equals(Uuid.ZERO_UUID)) {
      return;
    }
    if (!postsTopic.equals(Uuid.ZERO_UUID)) {
      for (long watermarkMs : watermarksMs) {
        formerMs = Math.max(formerMs, watermarkMs);
      }
      nextOffsets = new long[0];
      watermarksMs = new long[0];
      freshMs = new long[0];
      idle = new boolean[0];
    }
    postsTopic = topic;
  }

  /** Which posts topic the offsets are of; {@link Uuid#ZERO_UUID} when unknown. */
  public Uuid postsTopic() {
    return postsTopic;
  }

  /**
   * Largest event time of the posts of former topics that are included; {@link #NO_TIME} for none.
   * What the present topic has explains no count up to then.
   */
  public long formerMs() {
    return formerMs;
  }

  /**
   * Applies a publisher's note on one source.
   *
   * @param sources posts partitions in all
   * @param nextOffset next posts offset not included
   * @param watermarkMs largest event time read from the source; {@link #NO_TIME} for none
   * @param fresh wall clock of the publisher up to which the source's posts are included; 0 when
   *     that is unknown
   * @param isIdle nothing came for a while, and all of it is read
   */
  public void update(
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

  /** Moves stream time to the smallest watermark; returns whether it moved. */
  public boolean advance() {
    long smallest = Long.MAX_VALUE;
    for (int i = 0; i < nextOffsets.length; i++) {
      if (!idle[i]) {
        smallest = Math.min(smallest, watermarksMs[i]);
      }
    }
    boolean moves = smallest != Long.MAX_VALUE && smallest > streamTimeMs;
    if (moves) {
      streamTimeMs = smallest;
    }
    return moves;
  }

  private void growTo(int sources) {
    int known = nextOffsets.length;
    if (sources > known) {
      nextOffsets = Arrays.copyOf(nextOffsets, sources);
      watermarksMs = Arrays.copyOf(watermarksMs, sources);
      freshMs = Arrays.copyOf(freshMs, sources);
      idle = Arrays.copyOf(idle, sources);
      Arrays.fill(nextOffsets, known, sources, -1);
      Arrays.fill(watermarksMs, known, sources, NO_TIME);
    }
  }

  public long streamTimeMs() {
    return streamTimeMs;
  }

  /** Posts offsets included, by partition; without sources that have no note yet. */
  public SortedMap<Integer, Long> offsets() {
    SortedMap<Integer, Long> offsets = new TreeMap<>();
    for (int i = 0; i < nextOffsets.length; i++) {
      if (nextOffsets[i] >= 0) {
        offsets.put(i, nextOffsets[i]);
      }
    }
    return offsets;
  }

  /** Largest event time read from a source; {@link #NO_TIME} when it is not heard of. */
  public long watermarkMs(int source) {
    return source < watermarksMs.length ? watermarksMs[source] : NO_TIME;
  }

  /** Sources known, those without a note included. */
  public int sources() {
    return nextOffsets.length;
  }

  /** Wall clock of its publisher up to which the source is included; 0 when unknown. */
  long freshMs(int source) {
    return freshMs[source];
  }

  public InputProgress copy() {
    return decode(encode());
  }

  public byte[] encode() {
    ByteWriter out = new ByteWriter();
    out.put(views.isEmpty() ? VERSION : VERSION_VIEWS);
    if (!views.isEmpty()) {
      views.put(out);
    }
    out.putSigned(streamTimeMs);
    out.putVarint(nextOffsets.length);
    for (int i = 0; i < nextOffsets.length; i++) {
      out.putSigned(nextOffsets[i]);
      out.putSigned(watermarksMs[i]);
      out.putVarint(freshMs[i]);
      out.put(idle[i] ? 1 : 0);
    }
    out.putTopic(postsTopic);
    if (formerMs != NO_TIME) { // then there is a topic, too
      out.putSigned(formerMs);
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
    if (version != VERSION && version != VERSION_VIEWS) {
      throw new IllegalStateException(
          "the state's input positions have format %d; this version reads formats %d and %d: upgrade this instance"
              .formatted(version, VERSION, VERSION_VIEWS));
    }
    if (version == VERSION_VIEWS) {
      progress.views = ViewRows.read(in);
    }
    progress.streamTimeMs = in.getSigned();
    progress.growTo(in.getLength());
    for (int i = 0; i < progress.nextOffsets.length; i++) {
      progress.nextOffsets[i] = in.getSigned();
      progress.watermarksMs[i] = in.getSigned();
      progress.freshMs[i] = in.getVarint();
      progress.idle[i] = in.get() != 0;
    }
    progress.postsTopic = in.getTopic();
    if (in.hasRemaining()) {
      progress.formerMs = in.getSigned();
    }
    return progress;
  }
}
