package io.streamsocial.processor.log;

import io.streamsocial.store.Position;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The format of the changelog: Kafka Streams' own for windowed stores, so that its programs can
 * read ours and ours can start from theirs.
 *
 * <pre>
 *   key     region UTF-8 | ':' | tag UTF-8 | window start 8 bytes | sequence 4 bytes, always 0
 *   value   count 8 bytes                                  (all big-endian)
 *   header  on the last record of each checkpoint, see {@link Checkpoint}
 * </pre>
 *
 * A tag consists of word characters and contains no ':', so the last one ends the region, whatever
 * the region contains. The row of all regions has the empty region.
 */
public final class Changelog {
  public static final String CHECKPOINT_HEADER = "checkpoint";

  private static final int SUFFIX_BYTES = Long.BYTES + Integer.BYTES;

  // Far above what a region of 64 bytes and a tag of 100 code points can take.
  private static final int KEY_BYTES_MAX = 2048;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private Changelog() {}

  public static byte[] key(
      long windowStartMs, byte[] region, byte[] bytes, int offset, int length) {
    return ByteBuffer.allocate(region.length + 1 + length + SUFFIX_BYTES)
        .put(region)
        .put((byte) ':')
        .put(bytes, offset, length)
        .putLong(windowStartMs)
        .putInt(0)
        .array();
  }

  public static byte[] value(long count) {
    return ByteBuffer.allocate(Long.BYTES).putLong(count).array();
  }

  /**
   * Where a key's colon lies: the region before it, the tag behind it up to {@link #tagEnd}.
   *
   * @return -1 when it is no key of a changelog
   */
  public static int colon(byte @Nullable [] key) {
    if (key == null || key.length > KEY_BYTES_MAX) {
      return -1;
    }
    int end = tagEnd(key);
    int colon = end - 1;
    while (colon >= 0 && key[colon] != ':') {
      colon--;
    }
    boolean storable =
        colon >= 0 && colon + 1 < end && windowStartMs(key) >= 0 && !hasZero(key, colon);
    return storable ? colon : -1;
  }

  public static int tagEnd(byte[] key) {
    return key.length - SUFFIX_BYTES;
  }

  public static long windowStartMs(byte[] key) {
    return (long) LONGS.get(key, key.length - SUFFIX_BYTES);
  }

  /**
   * @param value of 8 bytes
   */
  public static long count(byte[] value) {
    return count(value, 0);
  }

  /** The same, of a value that begins at an offset. */
  public static long count(byte[] bytes, int offset) {
    return (long) LONGS.get(bytes, offset);
  }

  private static boolean hasZero(byte[] bytes, int end) {
    for (int i = 0; i < end; i++) {
      if (bytes[i] == 0) {
        return true;
      }
    }
    return false;
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
