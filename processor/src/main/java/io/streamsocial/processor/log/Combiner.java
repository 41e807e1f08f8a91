package io.streamsocial.processor.log;

import io.streamsocial.processor.posts.Hashtags;
import io.streamsocial.processor.posts.PostParser;
import io.streamsocial.processor.posts.PostRules;
import io.streamsocial.processor.views.Emissions;
import io.streamsocial.processor.views.View;
import io.streamsocial.store.Windowing;
import io.streamsocial.store.table.CountTable;
import io.streamsocial.store.table.KeyBatch;
import io.streamsocial.store.table.Lanes;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.common.utils.Utils;

/**
 * Folds what a loop reads in one publish interval: for each view (window, group) and key to a row;
 * of the hashtags, (window, region) and tag to count. Merges are associative and commutative, so
 * folded records count the same as single ones, for a fraction of the records. Neither a fold nor a
 * publish allocates once its tables have grown.
 *
 * <p>Not thread-safe: the loop owns it.
 */
public final class Combiner {
  // A group is written in parts of so many entries at most, so that one enormous cell is split over
  // records, too.
  private static final int BITE = 4_096;

  private static final int LANE_BYTES_MAX = 10;
  private static final int LENGTH_BYTES_MAX = 2;
  private static final int TAIL_LENGTH_BYTES_MAX = 3;

  private final Cells hashtags;
  private final Cells[] views;
  private final Cells[] all;
  private final Waiting waitingTags = new Waiting();
  private final Waiting[] waitingRows; // by view
  private byte[][] keyBuffers = new byte[64][];
  private long mentions;
  private final long keptBytesMax;

  /**
   * @param windowing of the hashtags
   * @param views beside the hashtags
   * @param keptBytesMax tables that have grown beyond are freed after a publish
   */
  public Combiner(Windowing windowing, List<View> views, long keptBytesMax) {
    this.hashtags =
        new Cells(ShuffleRecord.TRENDING, windowing, Lanes.COUNT, PostRules.MAX_REGION_BYTES);
    this.views =
        views.stream()
            .map(
                view ->
                    new Cells(view.id(), view.windowing(), view.lanes(), Emissions.GROUP_BYTES_MAX))
            .toArray(Cells[]::new);
    this.all = new Cells[views.size() + 1];
    this.all[0] = hashtags;
    System.arraycopy(this.views, 0, all, 1, views.size());
    this.waitingRows = views.stream().map(view -> new Waiting()).toArray(Waiting[]::new);
    this.keptBytesMax = keptBytesMax;
  }

  /** Keys that are folded together, and the table of each. */
  private static final class Waiting {
    private final KeyBatch keys = new KeyBatch();
    private final CountTable[] tables = new CountTable[KeyBatch.KEYS_MAX];

    void touch() {
      keys.touch(tables);
    }

    void clear() {
      keys.clear();
      Arrays.fill(tables, null); // some may have been freed
    }
  }

  /** Folds the hashtags of one post. */
  public void add(PostParser post) {
    Hashtags tags = post.hashtags();
    if (tags.size() == 0) {
      return;
    }
    byte[] region = post.region();
    CountTable table = hashtags.keys(post.timestampMs(), region, 0, region.length);
    Waiting waiting = waitingTags;
    for (int i = 0; i < tags.size(); i++) {
      if (waiting.keys.isFull()) {
        foldTags();
      }
      waiting.tables[waiting.keys.size()] = table;
      waiting.keys.addCopy(tags.bytes(), tags.offset(i), tags.length(i), 1);
    }
    mentions += tags.size();
  }

  private void foldTags() {
    waitingTags.touch();
    KeyBatch keys = waitingTags.keys;
    byte[] bytes = keys.bytes();
    for (int i = 0; i < keys.size(); i++) {
      CountTable table = waitingTags.tables[i];
      int hash = keys.hash(i);
      int offset = keys.offset(i);
      int length = keys.length(i);
      int entry = table.find(hash, bytes, offset, length);
      if (entry < 0) {
        entry = table.insert(hash, bytes, offset, length, 0);
        hashtags.inserted(length);
      }
      table.add(entry, keys.count(i));
    }
    keys.clear();
  }

  /**
   * Folds the emissions of one record.
   *
   * @param view place of their view in the list given at the start
   */
  public void add(int view, Emissions emissions) {
    Cells cells = views[view];
    Waiting waiting = waitingRows[view];
    byte[] bytes = emissions.bytes();
    long[] rows = emissions.rows();
    for (int i = 0; i < emissions.size(); i++) {
      if (waiting.keys.isFull()) {
        foldRows(cells, waiting);
      }
      waiting.tables[waiting.keys.size()] =
          cells.keys(
              emissions.timeMs(i), bytes, emissions.groupOffset(i), emissions.groupLength(i));
      int row = emissions.row(i);
      waiting.keys.addCopy(
          bytes,
          emissions.keyOffset(i),
          emissions.keyLength(i),
          rows,
          row,
          cells.lanes().length(rows, row));
    }
  }

  private static void foldRows(Cells cells, Waiting waiting) {
    waiting.touch();
    KeyBatch keys = waiting.keys;
    byte[] bytes = keys.bytes();
    long[] rows = keys.rows();
    for (int i = 0; i < keys.size(); i++) {
      CountTable table = waiting.tables[i];
      int hash = keys.hash(i);
      int offset = keys.offset(i);
      int length = keys.length(i);
      int entry = table.find(hash, bytes, offset, length);
      if (entry < 0) {
        int unused = table.insert(hash, bytes, offset, length, rows, keys.row(i));
        cells.inserted(length);
        cells.grown(cells.lanes().tailBytes(rows, keys.row(i)));
      } else {
        int before = tailBytes(table, entry);
        table.merge(entry, rows, keys.row(i));
        cells.grown(tailBytes(table, entry) - before);
      }
    }
    keys.clear();
  }

  /** Folds what waits for others. */
  private void fold() {
    foldTags();
    for (int i = 0; i < views.length; i++) {
      foldRows(views[i], waitingRows[i]);
    }
  }

  private static int tailBytes(CountTable table, int entry) {
    return table.lanes().tailBytes(table.rows(), table.row(entry));
  }

  /** Distinct (view, window, group, key) since the last {@link #clear}. */
  public int entries() {
    fold();
    int entries = 0;
    for (Cells cells : all) {
      entries += cells.entries();
    }
    return entries;
  }

  /**
   * Heap bytes of what was folded since the last {@link #clear}, an estimate; without the few keys
   * that wait, as it is asked after each post.
   */
  public long bytes() {
    long bytes = 0;
    for (Cells cells : all) {
      bytes += cells.bytes();
    }
    return bytes;
  }

  /** Mentions of hashtags since the last {@link #clear}. */
  public long mentions() {
    return mentions;
  }

  /** Takes the packed records of one publish. */
  public interface Sink {
    void send(int shufflePartition, byte[] record);
  }

  /**
   * Packs everything, at least one record for every shuffle partition, so that all of them learn
   * the progress. What was folded stays until {@link #clear}.
   *
   * @param writers one a shuffle partition
   * @param note for the last record of each partition
   * @param recordBytes a record that has grown beyond is sent, and another one begun
   */
  public void pack(
      ShuffleRecord.Writer[] writers, long nowMs, ProgressNote note, int recordBytes, Sink sink) {
    fold();
    int[][] byPartition = new int[writers.length][];
    int[] sizes = new int[writers.length];
    Packing packing = new Packing(nowMs, recordBytes, sink);
    for (Cells cells : all) {
      for (Cells.Cell cell : cells.all()) {
        partition(cell.keys(), byPartition, sizes);
        for (int p = 0; p < writers.length; p++) {
          packing.pack(cells, cell, byPartition[p], sizes[p], writers[p], p);
        }
      }
    }
    for (int p = 0; p < writers.length; p++) {
      if (!writers[p].isBegun()) {
        writers[p].begin(nowMs);
      }
      sink.send(p, writers[p].finish(note));
    }
  }

  private void partition(CountTable keys, int[][] byPartition, int[] sizes) {
    Arrays.fill(sizes, 0);
    for (int i = 0; i < keys.size(); i++) {
      int p = partition(keys.arena(), keys.offset(i), keys.length(i), sizes.length);
      int[] entriesOf = byPartition[p];
      if (entriesOf == null) {
        entriesOf = byPartition[p] = new int[64];
      } else if (entriesOf.length == sizes[p]) {
        entriesOf = byPartition[p] = Arrays.copyOf(entriesOf, sizes[p] * 2);
      }
      entriesOf[sizes[p]++] = i;
    }
  }

  /** What the groups of one publish have in common. */
  private record Packing(long nowMs, int recordBytes, Sink sink) {

    void pack(
        Cells cells,
        Cells.Cell cell,
        int[] entriesOf,
        int size,
        ShuffleRecord.Writer writer,
        int partition) {
      CountTable keys = cell.keys();
      int to;
      for (int from = 0; from < size; from = to) {
        to = bite(keys, entriesOf, from, size);
        if (writer.isBegun() && writer.size() > recordBytes) {
          sink.send(partition, writer.finish());
        }
        if (!writer.isBegun()) {
          writer.begin(nowMs);
        }
        writer.group(cells.viewId(), cells.lanes(), cell.windowStartMs(), cell.group(), to - from);
        for (int i = from; i < to; i++) {
          int entry = entriesOf[i];
          writer.entry(
              keys.arena(), keys.offset(entry), keys.length(entry), keys.rows(), keys.row(entry));
        }
      }
    }

    /** Up to which entry a group goes that takes no more bytes than a record may have before it. */
    private int bite(CountTable keys, int[] entriesOf, int from, int size) {
      int end = Math.min(size, from + BITE);
      Lanes lanes = keys.lanes();
      int rowBytes = LENGTH_BYTES_MAX + LANE_BYTES_MAX * lanes.width();
      if (lanes.hasTail()) {
        rowBytes += TAIL_LENGTH_BYTES_MAX;
      } else if (keys.arena().length + (long) rowBytes * (end - from) <= recordBytes) {
        return end; // as most do, whatever their keys
      }
      long bytes = 0;
      int to = from;
      while (to < end && bytes <= recordBytes) {
        bytes += rowBytes + keys.length(entriesOf[to]) + tailBytes(keys, entriesOf[to]);
        to++;
      }
      return to;
    }
  }

  /** The shuffle partition that owns a key: as Kafka's own partitioner, by murmur2 of the bytes. */
  public static int partition(byte[] key, int partitions) {
    return Utils.toPositive(Utils.murmur2(key)) % partitions;
  }

  private int partition(byte[] bytes, int offset, int length, int partitions) {
    // murmur2 takes whole arrays only: one buffer a length spares one array a key.
    if (length >= keyBuffers.length) {
      keyBuffers = Arrays.copyOf(keyBuffers, length * 2);
    }
    byte[] key = keyBuffers[length];
    if (key == null) {
      key = keyBuffers[length] = new byte[length];
    }
    System.arraycopy(bytes, offset, key, 0, length);
    return partition(key, partitions);
  }

  /** Forgets what was folded, which was committed or given up. */
  public void clear() {
    long held = 0;
    for (Cells cells : all) {
      held += cells.held();
    }
    for (Cells cells : all) {
      cells.clear(held <= keptBytesMax);
    }
    waitingTags.clear();
    for (Waiting waiting : waitingRows) {
      waiting.clear();
    }
    mentions = 0;
  }
}
