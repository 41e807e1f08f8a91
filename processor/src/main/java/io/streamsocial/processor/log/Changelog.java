package io.streamsocial.processor.log;

import io.streamsocial.store.Position;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What is the same in the changelogs of all views: the header that ends a checkpoint. Their rows
 * are in {@link RowFormat}.
 */
public final class Changelog {
  public static final String CHECKPOINT_HEADER = "checkpoint";

  private Changelog() {}

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
