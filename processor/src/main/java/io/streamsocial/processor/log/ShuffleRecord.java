package io.streamsocial.processor.log;

import io.streamsocial.processor.Moment;
import java.nio.ByteBuffer;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * A packed record of the shuffle topic: the folded mentions of one publish for one shuffle
 * partition, and which input they include.
 *
 * <pre>
 *   record   = magic 'T' | version 1 | view 0 | published at (varint, epoch ms) | group* | 0 | note
 *   group    = 1 | window start (varint) | region length, bytes | number of entries | entry*
 *   entry    = tag length, bytes | count
 *   note     = number of posts partitions in all, 0 when this is not the last record of its publish
 *            | number of sources | source* | id of the posts topic (16 bytes), absent when unknown
 *   source   = partition | next offset | watermark (signed) | fresh until | idle 0 or 1
 * </pre>
 *
 * All numbers are unsigned LEB128 but the signed ones, which are zigzag. A publish that is too
 * large for one record is split; only its last record carries the note, so the progress never
 * claims mentions that are still to come.
 */
public final class ShuffleRecord {
  private static final int MAGIC = 'T';
  private static final int VERSION = 1;
  private static final int VIEW_TRENDING = 0;
  private static final int GROUP = 1;
  private static final int END = 0;

  private ShuffleRecord() {}

  /** Packs the records of one shuffle partition. Reused; not thread-safe. */
  public static final class Writer {
    private final ByteWriter out = new ByteWriter();
    private boolean begun;

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
      out.put(VERSION);
      out.put(VIEW_TRENDING);
      out.putVarint(publishedMs);
      begun = true;
    }

    /** Begins a group; exactly so many entries must follow. */
    void group(long windowStartMs, byte[] region, int entries) {
      out.put(GROUP);
      out.putVarint(windowStartMs);
      out.putVarint(region.length);
      out.put(region, 0, region.length);
      out.putVarint(entries);
    }

    void entry(byte[] bytes, int offset, int length, long count) {
      out.putVarint(length);
      out.put(bytes, offset, length);
      out.putVarint(count);
    }

    /** Ends a record that is followed by more of the same publish. */
    byte[] finish() {
      out.put(END);
      out.putVarint(0);
      begun = false;
      return out.toBytes();
    }

    /** Ends the last record of a publish. */
    byte[] finish(byte[] note) {
      out.put(END);
      out.put(note, 0, note.length);
      begun = false;
      return out.toBytes();
    }
  }

  /** What one publisher says of one source, see {@link InputProgress#update}. */
  public interface Source {
    int partition();

    long nextOffset();

    long watermarkMs();

    /** Wall clock up to which its posts are included; 0 when unknown. */
    long freshMs(Moment now);

    boolean isIdle();
  }

  /** The note at the end of a publish: the same bytes for every shuffle partition. */
  public static byte[] note(
      int postsPartitions, Uuid postsTopic, Iterable<? extends Source> sources, Moment now) {
    ByteWriter entries = new ByteWriter();
    int count = 0;
    for (Source source : sources) {
      count++;
      entries.putVarint(source.partition());
      entries.putVarint(source.nextOffset());
      entries.putSigned(source.watermarkMs());
      entries.putVarint(source.freshMs(now));
      entries.put(source.isIdle() ? 1 : 0);
    }
    ByteWriter note = new ByteWriter();
    note.putVarint(postsPartitions);
    note.putVarint(count);
    byte[] body = entries.toBytes();
    note.put(body, 0, body.length);
    note.putTopic(postsTopic);
    return note.toBytes();
  }

  /** Walks one record in place: groups, their entries, then the note. Reused; not thread-safe. */
  public static final class Reader {
    private final ByteReader in = new ByteReader();
    private long publishedMs;
    private long windowStartMs;
    private byte[] region = new byte[0];
    private long entriesLeft;
    private int tagOffset;
    private int tagLength;
    private long count;

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
      int view = in.get();
      if (version != VERSION || view != VIEW_TRENDING) {
        throw new IllegalStateException(
            "a shuffle record of format %d, view %d; this version reads format %d, view %d: upgrade this instance"
                .formatted(version, view, VERSION, VIEW_TRENDING));
      }
      publishedMs = in.getVarint();
      entriesLeft = 0;
      return true;
    }

    /** The same for all records of one publish: epoch ms. */
    public long publishedMs() {
      return publishedMs;
    }

    /** Moves to the next group; its entries must be read to the end before. */
    public boolean nextGroup() {
      if (in.get() == END) {
        return false;
      }
      windowStartMs = in.getVarint();
      region = in.copy(in.getLength());
      entriesLeft = in.getVarint();
      return true;
    }

    public long windowStartMs() {
      return windowStartMs;
    }

    public byte[] region() {
      return region;
    }

    public boolean nextEntry() {
      if (entriesLeft == 0) {
        return false;
      }
      entriesLeft--;
      tagLength = in.getLength();
      tagOffset = in.skip(tagLength);
      count = in.getVarint();
      return true;
    }

    /** Holds the present tag at {@link #tagOffset()}. */
    public byte[] array() {
      return in.array();
    }

    public int tagOffset() {
      return tagOffset;
    }

    public int tagLength() {
      return tagLength;
    }

    public long count() {
      return count;
    }

    /** Moves to the note, past groups that do not matter. */
    @SuppressWarnings("StatementWithEmptyBody") // the length of a group is in its entries
    public void skipGroups() {
      while (nextGroup()) {
        while (nextEntry()) {}
      }
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
      int postsPartitions = (int) in.getVarint();
      if (postsPartitions == 0) {
        return false;
      }
      long sources = in.getVarint();
      int first = in.offset();
      for (long i = 0; i < sources; i++) {
        skipSource();
      }
      progress.of(in.getTopic());
      in.back(first);
      for (long i = 0; i < sources; i++) {
        int source = (int) in.getVarint();
        long nextOffset = in.getVarint();
        long watermarkMs = in.getSigned();
        long freshMs = in.getVarint();
        boolean isIdle = in.get() != 0;
        progress.update(postsPartitions, source, nextOffset, watermarkMs, freshMs, isIdle);
        freshness.note(postsPartitions, source, freshMs, publishedMs, now);
      }
      return true;
    }

    private void skipSource() {
      for (int i = 0; i < 4; i++) {
        long unused = in.getVarint();
      }
      int unused = in.get();
    }
  }
}
