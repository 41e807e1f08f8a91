package io.streamsocial.processor.log;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/**
 * Which views a task ran when it sent a checkpoint, and which of them sent rows in it: the second
 * header on the last record of a checkpoint, the same in each changelog that got one.
 *
 * <pre>
 *   version 1 | number of views | { view id | 1 if it sent rows, else 0 }*
 * </pre>
 *
 * A view that ran and sent none has not changed, so its state stands at this checkpoint, too. One
 * that is not named did not run, and its state ends earlier.
 *
 * @param sentRows whether it sent rows, by view id
 */
public record CheckpointViews(SortedMap<Integer, Boolean> sentRows) {
  public static final String HEADER = "views";

  private static final int VERSION = 1;

  // Of a version that knew no other.
  private static final CheckpointViews TRENDING_ALONE =
      new CheckpointViews(new TreeMap<>(Map.of(ShuffleRecord.TRENDING, true)));

  public CheckpointViews {
    sentRows = Collections.unmodifiableSortedMap(new TreeMap<>(sentRows));
  }

  public boolean ran(int viewId) {
    return sentRows.containsKey(viewId);
  }

  /** Whether it ran, and its changelog has a last record of this checkpoint. */
  public boolean sentRows(int viewId) {
    return sentRows.getOrDefault(viewId, false);
  }

  public byte[] encode() {
    ByteWriter out = new ByteWriter();
    out.put(VERSION);
    out.putVarint(sentRows.size());
    sentRows.forEach(
        (view, sent) -> {
          out.putVarint(Integer.toUnsignedLong(view));
          out.put(sent ? 1 : 0);
        });
    return out.toBytes();
  }

  /** Of the last record of a checkpoint; without the header, the hashtags alone. */
  public static CheckpointViews of(Headers headers) {
    Header header = headers.lastHeader(HEADER);
    return header == null ? TRENDING_ALONE : decode(header.value());
  }

  /**
   * Reads the bytes of {@link #encode}.
   *
   * @throws IllegalStateException when a newer version of this program wrote them
   * @throws IndexOutOfBoundsException when the bytes are damaged
   */
  public static CheckpointViews decode(byte[] bytes) {
    ByteReader in = new ByteReader();
    in.reset(bytes);
    int version = in.get();
    if (version != VERSION) {
      throw new IllegalStateException(
          "the views of a checkpoint in format %d; this version reads format %d: upgrade this instance"
              .formatted(version, VERSION));
    }
    SortedMap<Integer, Boolean> views = new TreeMap<>();
    for (int left = in.getLength(); left > 0; left--) {
      views.put((int) in.getVarint(), in.get() != 0);
    }
    return new CheckpointViews(views);
  }
}
