package io.streamsocial.processor.log;

import io.streamsocial.processor.Moment;
import io.streamsocial.store.table.Lanes;
import io.streamsocial.store.table.Tail;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A packed record of the shuffle topic: what all views folded of one publish for one shuffle
 * partition, and which input it includes.
 *
 * <pre>
 *   record   = magic 'T' | version | kind of note | published at (varint, epoch ms) | group* | 0
 *            | note
 *   group    = 1 | window start | region length, bytes | number of entries | count*
 *            | 2 | view id | lanes a row | window start | group length, bytes
 *              | number of entries | row*
 *            | 3 | the same, of rows with bytes
 *   count    = tag length, bytes | count
 *   row      = key length, bytes | lane (signed), so many as the group says
 *            | in a group of the third kind: length, bytes
 *   note     = a {@link ProgressNote}; 0 when this is not the last record of its publish
 * </pre>
 *
 * All numbers are unsigned LEB128 but the signed ones, which are zigzag. A publish that is too
 * large for one record is split; only its last record carries the note, so the progress never
 * claims what is still to come.
 *
 * <p>The first kind of group is that of the hashtags, the others those of all other views: they say
 * how long their rows are, so that a reader can pass over a view that it does not know. The version
 * is 3 in a record that holds a group of the third kind, 2 in one that holds a group of the second,
 * and else 1: a program that knows hashtags alone reads what it knows, and stops at the rest. So
 * does one that knows one input topic at a note of several.
 */
public final class ShuffleRecord {
  private static final int MAGIC = 'T';
  private static final int VERSION_AT = 1;
  private static final int VERSION_COUNTS = 1;
  private static final int VERSION_VIEWS = 2;
  private static final int VERSION_BYTES = 3;
  private static final int NOTE_AT = 2;
  private static final int END = 0;
  private static final int GROUP_OF_COUNTS = 1;
  private static final int GROUP_OF_ROWS = 2;
  private static final int GROUP_OF_BYTES = 3;

  /** The view id of the hashtags. */
  public static final int TRENDING = 0;

  private ShuffleRecord() {}

  /** Packs the records of one shuffle partition. Reused; not thread-safe. */
  public static final class Writer {
    private final ByteWriter out = new ByteWriter();
    private boolean begun;
    private int version; // of the record
    private int width; // lanes of a row; 0 in a group of counts
    private boolean hasTails;
    private byte[] tail = new byte[0];

    /** Bytes so far. */
    int size() {
      return out.size();
    }

    /** Whether a record is being packed. */
    boolean isBegun() {
      return begun;
    }

    void begin(long publishedMs) {
      out.clear();
      out.put(MAGIC);
      out.put(VERSION_COUNTS);
      out.put(ProgressNote.OF_ONE);
      out.putVarint(publishedMs);
      version = VERSION_COUNTS;
      begun = true;
    }

    /**
     * Begins a group; exactly so many entries must follow.
     *
     * @param lanes of its rows
     */
    void group(int viewId, Lanes lanes, long windowStartMs, byte[] group, int entries) {
      hasTails = lanes.hasTail();
      if (viewId == TRENDING) {
        width = 0;
        out.put(GROUP_OF_COUNTS);
      } else {
        width = lanes.width();
        version = Math.max(version, hasTails ? VERSION_BYTES : VERSION_VIEWS);
        out.set(VERSION_AT, version);
        out.put(hasTails ? GROUP_OF_BYTES : GROUP_OF_ROWS);
        out.putVarint(Integer.toUnsignedLong(viewId));
        out.putVarint(width);
      }
      out.putVarint(windowStartMs);
      out.putVarint(group.length);
      out.put(group, 0, group.length);
      out.putVarint(entries);
    }

    /**
     * Adds an entry.
     *
     * @param rows holds its row from {@code at} on; of the hashtags one count, which is positive
     */
    void entry(byte[] bytes, int offset, int length, long[] rows, int at) {
      out.putVarint(length);
      out.put(bytes, offset, length);
      if (width == 0) {
        out.putVarint(rows[at]);
      }
      for (int i = at; i < at + width; i++) {
        out.putSigned(rows[i]);
      }
      if (hasTails) {
        tail(rows, at + width);
      }
    }

    private void tail(long[] rows, int at) {
      int length = Tail.length(rows, at);
      if (tail.length < length) {
        tail = new byte[length];
      }
      Tail.get(rows, at, tail, 0);
      out.putVarint(length);
      out.put(tail, 0, length);
    }

    /** Ends a record that is followed by more of the same publish. */
    byte[] finish() {
      out.put(END);
      out.putVarint(0);
      begun = false;
      return out.toBytes();
    }

    /** Ends the last record of a publish. */
    byte[] finish(ProgressNote note) {
      out.set(NOTE_AT, note.kind());
      out.put(END);
      note.put(out);
      begun = false;
      return out.toBytes();
    }
  }

  /** Walks one record in place: groups, their entries, then the note. Reused; not thread-safe. */
  public static final class Reader {
    private final ByteReader in = new ByteReader();
    private int noteKind;
    private long publishedMs;
    private int viewId;
    private int width; // lanes of a row; 0 in a group of counts
    private boolean hasTails;
    private long windowStartMs;
    private byte[] group = new byte[0];
    private long entriesLeft;
    private int keyOffset;
    private int keyLength;
    private long[] lanes = new long[1];

    /**
     * Begins a record.
     *
     * @return false when it is not one of ours: to be skipped and counted
     * @throws IllegalStateException when a newer version of this program wrote it: it must not be
     *     skipped, or its mentions would be lost
     */
    public boolean begin(@Nullable ByteBuffer value) {
      if (value == null || value.remaining() < 4) {
        return false;
      }
      in.reset(value);
      if (in.get() != MAGIC) {
        return false;
      }
      int version = in.get();
      noteKind = in.get();
      if (version < VERSION_COUNTS
          || version > VERSION_BYTES
          || noteKind > ProgressNote.OF_SEVERAL) {
        throw new IllegalStateException(
            "a shuffle record of format %d.%d; this version reads the formats %d.%d to %d.%d: upgrade this instance"
                .formatted(
                    version,
                    noteKind,
                    VERSION_COUNTS,
                    ProgressNote.OF_ONE,
                    VERSION_BYTES,
                    ProgressNote.OF_SEVERAL));
      }
      publishedMs = in.getVarint();
      entriesLeft = 0;
      return true;
    }

    /** The same for all records of one publish: epoch ms. */
    public long publishedMs() {
      return publishedMs;
    }

    /** Moves to the next group, past what was not read of the present one. */
    @SuppressWarnings("StatementWithEmptyBody") // the length of a group is in its entries
    public boolean nextGroup() {
      while (nextEntry()) {}
      int kind = in.get();
      if (kind == END) {
        return false;
      }
      if (kind == GROUP_OF_COUNTS) {
        viewId = TRENDING;
        width = 0;
        hasTails = false;
      } else if (kind == GROUP_OF_ROWS || kind == GROUP_OF_BYTES) {
        hasTails = kind == GROUP_OF_BYTES;
        viewId = (int) in.getVarint();
        width = in.getLength();
        if (width == 0) {
          throw new IndexOutOfBoundsException("rows without a lane");
        }
        if (lanes.length < width) {
          lanes = new long[width];
        }
      } else {
        throw new IndexOutOfBoundsException("a group of the unknown kind " + kind);
      }
      windowStartMs = in.getVarint();
      group = in.copy(in.getLength());
      entriesLeft = in.getVarint();
      return true;
    }

    /** Of which view the group is: {@link #TRENDING}, or the id of another one. */
    public int viewId() {
      return viewId;
    }

    /** Lanes of a row in the group. */
    public int width() {
      return Math.max(1, width);
    }

    /** Whether rows in the group have bytes behind their lanes. */
    public boolean hasTails() {
      return hasTails;
    }

    public long windowStartMs() {
      return windowStartMs;
    }

    /** In UTF-8: of the hashtags their region; empty in a view without groups. */
    public byte[] group() {
      return group;
    }

    public boolean nextEntry() {
      if (entriesLeft == 0) {
        return false;
      }
      entriesLeft--;
      keyLength = in.getLength();
      keyOffset = in.skip(keyLength);
      if (width == 0) {
        lanes[0] = in.getVarint();
      }
      for (int i = 0; i < width; i++) {
        lanes[i] = in.getSigned();
      }
      if (hasTails) {
        readTail();
      }
      return true;
    }

    private void readTail() {
      int length = in.getLength();
      int longs = width + Tail.longs(length);
      if (lanes.length < longs) {
        lanes = Arrays.copyOf(lanes, longs);
      }
      Tail.put(in.array(), in.skip(length), length, lanes, width);
    }

    /** Holds the present key at {@link #keyOffset()}. */
    public byte[] array() {
      return in.array();
    }

    public int keyOffset() {
      return keyOffset;
    }

    public int keyLength() {
      return keyLength;
    }

    /**
     * The present row in its first {@link #width} longs, and behind them its bytes as {@link Tail}
     * says; reused from entry to entry.
     */
    public long[] lanes() {
      return lanes;
    }

    /** The present row's first lane: of a hashtag, its count. */
    public long count() {
      return lanes[0];
    }

    /** Moves to the note, past all groups. */
    @SuppressWarnings("StatementWithEmptyBody")
    public void skipGroups() {
      while (nextGroup()) {}
    }

    /**
     * Reads the note behind the last group.
     *
     * @return whether there was one: the publish is complete
     */
    public boolean note(InputProgress progress) {
      return note(progress, new Freshness(), new Moment(0, 0));
    }

    /**
     * The same, by a reader that also tells how fresh its state is.
     *
     * @param now when the record is read
     */
    public boolean note(InputProgress progress, Freshness freshness, Moment now) {
      long first = in.getVarint();
      if (first == 0) {
        return false;
      }
      ProgressNote.read(in, noteKind, first, progress, freshness, publishedMs, now);
      return true;
    }
  }
}
