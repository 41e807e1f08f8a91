package io.streamsocial.store.snapshots;

import java.util.regex.Pattern;

/**
 * A file of a snapshot.
 *
 * @param name in the store's directory; only names that RocksDB gives, so that no message can name
 *     another place
 * @param bytes its length
 * @param crc32c of all of it, as an unsigned number
 */
public record SnapshotFile(String name, long bytes, long crc32c) {
  /** The longest name. */
  public static final int NAME_MAX = 40;

  /** No file of a store is longer; so many of them that no sum overflows. */
  public static final long BYTES_MAX = 1L << 40;

  private static final Pattern NAME =
      Pattern.compile("CURRENT|MANIFEST-\\d{6,20}|OPTIONS-\\d{6,20}|\\d{6,20}\\.sst");

  public SnapshotFile {
    if (!isName(name)) {
      throw new IllegalArgumentException("'%s' is no file of a store".formatted(name));
    }
    if (bytes < 0 || bytes > BYTES_MAX || crc32c < 0 || crc32c > 0xFFFF_FFFFL) {
      throw new IllegalArgumentException(
          "file %s has %d bytes and checksum %d".formatted(name, bytes, crc32c));
    }
  }

  /** Whether a store needs the file: its log of the day, for one, stays behind. */
  public static boolean isName(String name) {
    return NAME.matcher(name).matches();
  }
}
