package io.streamsocial.processor.log;

import io.streamsocial.processor.posts.Hashtags;
import io.streamsocial.processor.posts.PostParser;
import io.streamsocial.processor.posts.PostRules;
import io.streamsocial.store.CountTable;
import io.streamsocial.store.Windowing;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.common.utils.Utils;

/**
 * Folds the mentions of one publish interval: (window, region) and tag to count. Counts are
 * associative and commutative, so folded records count the same as single mentions, for a fraction
 * of the records. Neither a fold nor a publish allocates once its tables have grown.
 *
 * <p>Not thread-safe: the loop owns it.
 */
public final class Combiner {
  // More windows and regions than a stream has at one time: beyond it their tables are freed.
  private static final int CELLS_KEPT = 64;

  // Beside the bytes of a tag: its count, its place in the index and what tables keep free.
  private static final int ENTRY_BYTES = 48;
  private static final int CELL_BYTES = 800;

  /** The tags of one window and region. */
  @SuppressWarnings("ArrayRecordComponent") // has an identity of its own
  private record Cell(long windowStartMs, byte[] region, CountTable tags) {
    @Override
    public boolean equals(Object o) {
      return this == o;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }
  }

  private final Windowing windowing;
  private final CountTable cellIndex = new CountTable(); // window start, region -> index in cells
  private final List<Cell> cells = new ArrayList<>();
  private final byte[] cellKey = new byte[Long.BYTES + PostRules.MAX_REGION_BYTES];
  private final ByteBuffer cellKeyBuffer = ByteBuffer.wrap(cellKey);
  private byte[][] tagBuffers = new byte[64][];
  private int entries;
  private long bytes;
  private long mentions;
  private final long keptBytesMax;

  /**
   * @param keptBytesMax tables that have grown beyond are freed after a publish
   */
  public Combiner(Windowing windowing, long keptBytesMax) {
    this.windowing = windowing;
    this.keptBytesMax = keptBytesMax;
  }

  /** Folds the hashtags of one post. */
  public void add(PostParser post) {
    Hashtags tags = post.hashtags();
    if (tags.size() == 0) {
      return;
    }
    CountTable table = cell(windowing.start(post.timestampMs()), post.region()).tags;
    for (int i = 0; i < tags.size(); i++) {
      int offset = tags.offset(i);
      int length = tags.length(i);
      int hash = CountTable.hash(tags.bytes(), offset, length);
      int entry = table.find(hash, tags.bytes(), offset, length);
      if (entry < 0) {
        entry = table.insert(hash, tags.bytes(), offset, length, 0);
        entries++;
        bytes += ENTRY_BYTES + length;
      }
      table.add(entry, 1);
    }
    mentions += tags.size();
  }

  private Cell cell(long windowStartMs, byte[] region) {
    cellKeyBuffer.clear().putLong(windowStartMs).put(region);
    int length = cellKeyBuffer.position();
    int hash = CountTable.hash(cellKey, 0, length);
    int entry = cellIndex.find(hash, cellKey, 0, length);
    if (entry < 0) {
      cellIndex.insert(hash, cellKey, 0, length, cells.size());
      Cell cell = new Cell(windowStartMs, region, new CountTable());
      cells.add(cell);
      bytes += CELL_BYTES;
      return cell;
    }
    return cells.get((int) cellIndex.count(entry));
  }

  /** Distinct (window, region, tag) since the last {@link #clear}. */
  public int entries() {
    return entries;
  }

  /** Heap bytes of what was folded since the last {@link #clear}, an estimate. */
  public long bytes() {
    return bytes;
  }

  /** Mentions since the last {@link #clear}. */
  public long mentions() {
    return mentions;
  }

  /** Takes the packed records of one publish. */
  public interface Sink {
    void send(int shufflePartition, byte[] record);
  }

  /**
   * Packs everything, at least one record for every shuffle partition, so that all of them learn
   * the progress. The folded counts stay until {@link #clear}.
   *
   * @param writers one a shuffle partition
   * @param note for the last record of each partition
   * @param recordBytes a record that has grown beyond is sent, and another one begun
   */
  public void pack(
      ShuffleRecord.Writer[] writers, long nowMs, byte[] note, int recordBytes, Sink sink) {
    int[][] byPartition = new int[writers.length][];
    int[] sizes = new int[writers.length];
    for (Cell cell : cells) {
      partition(cell.tags, byPartition, sizes);
      for (int p = 0; p < writers.length; p++) {
        packCell(cell, byPartition[p], sizes[p], p, writers[p], nowMs, recordBytes, sink);
      }
    }
    for (int p = 0; p < writers.length; p++) {
      if (!writers[p].isBegun()) {
        writers[p].begin(nowMs);
      }
      sink.send(p, writers[p].finish(note));
    }
  }

  private void partition(CountTable tags, int[][] byPartition, int[] sizes) {
    Arrays.fill(sizes, 0);
    for (int i = 0; i < tags.size(); i++) {
      int p = partition(tags.arena(), tags.offset(i), tags.length(i), sizes.length);
      int[] entriesOf = byPartition[p];
      if (entriesOf == null) {
        entriesOf = byPartition[p] = new int[64];
      } else if (entriesOf.length == sizes[p]) {
        entriesOf = byPartition[p] = Arrays.copyOf(entriesOf, sizes[p] * 2);
      }
      entriesOf[sizes[p]++] = i;
    }
  }

  private static void packCell(
      Cell cell,
      int[] entriesOf,
      int size,
      int partition,
      ShuffleRecord.Writer writer,
      long nowMs,
      int recordBytes,
      Sink sink) {
    // A group is written in parts, so that one enormous cell is split over records too.
    int bite = 4096;
    for (int from = 0; from < size; from += bite) {
      int to = Math.min(size, from + bite);
      if (writer.isBegun() && writer.size() > recordBytes) {
        sink.send(partition, writer.finish());
      }
      if (!writer.isBegun()) {
        writer.begin(nowMs);
      }
      CountTable tags = cell.tags;
      writer.group(cell.windowStartMs, cell.region, to - from);
      for (int i = from; i < to; i++) {
        int entry = entriesOf[i];
        writer.entry(tags.arena(), tags.offset(entry), tags.length(entry), tags.count(entry));
      }
    }
  }

  /** The shuffle partition that owns a tag: as Kafka's own partitioner, by murmur2 of the bytes. */
  public static int partition(byte[] tag, int partitions) {
    return Utils.toPositive(Utils.murmur2(tag)) % partitions;
  }

  private int partition(byte[] bytes, int offset, int length, int partitions) {
    // murmur2 takes whole arrays only: one buffer a length spares one array a tag.
    if (length >= tagBuffers.length) {
      tagBuffers = Arrays.copyOf(tagBuffers, length * 2);
    }
    byte[] tag = tagBuffers[length];
    if (tag == null) {
      tag = tagBuffers[length] = new byte[length];
    }
    System.arraycopy(bytes, offset, tag, 0, length);
    return partition(tag, partitions);
  }

  /** Forgets the folded counts, which were committed or given up. */
  public void clear() {
    long kept = cells.stream().mapToLong(cell -> cell.tags.bytes()).sum();
    if (cells.size() > CELLS_KEPT || kept > keptBytesMax) {
      cells.clear();
      cellIndex.clear();
    } else {
      cells.forEach(cell -> cell.tags.clear());
    }
    entries = 0;
    bytes = 0;
    mentions = 0;
  }
}
