package io.streamsocial.processor.log;

import io.streamsocial.processor.views.View;
import io.streamsocial.store.Position;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * What is the same in the changelogs of all views: the headers that end a checkpoint. Their rows
 * are in {@link RowFormat}.
 */
public final class Changelog {
  public static final String CHECKPOINT_HEADER = "checkpoint";

  /**
   * Beside it, what the rows of the view are, in words: see {@link View#rowDefinition}. Not of the
   * hashtags. A version that does not know it passes over it, and writes none.
   */
  static final String ROWS_HEADER = "rows";

  private Changelog() {}

  /**
   * Marks a record as the last of a checkpoint.
   *
   * @param checkpoint encoded
   * @param rowDefinition empty where there is none
   */
  public static void mark(Headers headers, byte[] checkpoint, String rowDefinition) {
    headers.add(CHECKPOINT_HEADER, checkpoint);
    if (!rowDefinition.isEmpty()) {
      headers.add(ROWS_HEADER, rowDefinition.getBytes(StandardCharsets.UTF_8));
    }
  }

  /** What the rows of a checkpoint are; empty where its writer did not say it. */
  public static String rowDefinition(Headers headers) {
    Header rows = headers.lastHeader(ROWS_HEADER);
    return rows == null || rows.value() == null
        ? ""
        : new String(rows.value(), StandardCharsets.UTF_8);
  }

  /**
   * The position that a checkpoint's rows stand for.
   *
   * @param windowSizeMs of the rows; another one must not be mixed with ours
   * @param shuffleOffset next shuffle offset that the rows do not include
   * @param progress at that offset
   */
  @SuppressWarnings("ArrayRecordComponent") // opaque bytes on their way to a Position
  public record Checkpoint(
      long windowSizeMs, long shuffleOffset, long streamTimeMs, byte[] progress) {
    private static final int VERSION = 1;

    public byte[] encode() {
      ByteWriter out = new ByteWriter();
      out.put(VERSION);
      out.putVarint(windowSizeMs);
      out.putVarint(shuffleOffset);
      out.putSigned(streamTimeMs);
      out.put(progress, 0, progress.length);
      return out.toBytes();
    }

    public static Checkpoint decode(byte[] bytes) {
      ByteReader in = new ByteReader();
      in.reset(bytes);
      int version = in.get();
      if (version != VERSION) {
        throw new IllegalStateException(
            "a checkpoint of format %d; this version reads format %d: upgrade this instance"
                .formatted(version, VERSION));
      }
      return new Checkpoint(
          in.getVarint(),
          in.getVarint(),
          in.getSigned(),
          Arrays.copyOfRange(bytes, in.offset(), bytes.length));
    }

    public Position at(long changelogOffset) {
      return new Position(shuffleOffset, changelogOffset, streamTimeMs, progress);
    }
  }

  /** For messages. */
  public static String describe(byte @Nullable [] key) {
    return key == null
        ? "no key"
        : "'%s' (%d bytes)"
            .formatted(
                new String(key, 0, Math.min(key.length, 60), StandardCharsets.UTF_8)
                    .replaceAll("\\p{Cntrl}", "?"),
                key.length);
  }
}
