package io.streamsocial.store;

import io.streamsocial.store.StoreException.Kind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.rocksdb.RocksDBException;

/**
 * The row that says how a store is written, so that a store of another version or window size is
 * refused rather than misread.
 *
 * <pre>
 *   1 version | 8 windowSizeMs
 * </pre>
 *
 * Version 1: keys of {@link WindowKey}, values of 8 bytes big-endian.
 */
final class StoreFormat {
  private static final byte[] KEY = "format".getBytes(StandardCharsets.US_ASCII);
  private static final byte VERSION = 1;
  private static final int BYTES = 1 + Long.BYTES;

  private StoreFormat() {}

  /**
   * Checks an existing store, or marks a new one.
   *
   * @throws StoreException OTHER_FORMAT
   */
  static void require(Rocks rocks, Path dir, long windowSizeMs) throws RocksDBException {
    byte[] wanted = ByteBuffer.allocate(BYTES).put(VERSION).putLong(windowSizeMs).array();
    byte[] found = rocks.db.get(rocks.meta, KEY);
    if (found == null) {
      BatchBytes batch = new BatchBytes(rocks.rows);
      batch.putDefault(KEY, wanted);
      rocks.write(batch);
      rocks.flush(true);
    } else if (!Arrays.equals(found, wanted)) {
      throw other(dir, found, windowSizeMs);
    }
  }

  /**
   * The window size that an existing store was written with.
   *
   * @throws StoreException CORRUPTED when there is no store, OTHER_FORMAT
   */
  static long windowSizeMs(Rocks rocks, Path dir) throws RocksDBException {
    byte[] found = rocks.db.get(rocks.meta, KEY);
    if (found == null) {
      throw new StoreException(Kind.CORRUPTED, "%s holds no store of ours".formatted(dir));
    }
    if (!isCurrent(found)) {
      throw otherVersion(dir, found);
    }
    return sizeMs(found);
  }

  private static boolean isCurrent(byte[] found) {
    return found.length == BYTES && found[0] == VERSION;
  }

  private static long sizeMs(byte[] found) {
    return ByteBuffer.wrap(found, 1, Long.BYTES).getLong();
  }

  private static StoreException other(Path dir, byte[] found, long windowSizeMs) {
    return isCurrent(found)
        ? new StoreException(
            Kind.OTHER_FORMAT,
            "state in %s was written with window %d ms, configured %d ms; set the old value, or choose another app id to start over"
                .formatted(dir, sizeMs(found), windowSizeMs))
        : otherVersion(dir, found);
  }

  private static StoreException otherVersion(Path dir, byte[] found) {
    return new StoreException(
        Kind.OTHER_FORMAT,
        "state in %s has format %d, this version writes format %d; delete the directory, the state is rebuilt from the changelog"
            .formatted(dir, found.length == 0 ? -1 : found[0], VERSION));
  }
}
