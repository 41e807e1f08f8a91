package io.streamsocial.processor.posts;

import io.streamsocial.store.table.CountTable;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Regions that were met, each in one array: they are few, so a post allocates none. A new region
 * may take the place of another. Not thread-safe.
 */
final class RegionNames {
  /** Where a post without a region is counted. */
  static final byte[] NO_REGION = "unknown".getBytes(StandardCharsets.UTF_8);

  private static final int SLOTS = 256; // a power of two

  private static final byte[] FREE = {};

  private final byte[][] names = new byte[SLOTS][];

  RegionNames() {
    Arrays.fill(names, FREE);
  }

  /**
   * A name that may be counted, by its bytes.
   *
   * @return null for one that was not met lately, or is empty
   */
  byte @Nullable [] find(byte[] bytes, int offset, int length) {
    byte[] known = names[slot(bytes, offset, length)];
    boolean isIt = Arrays.equals(known, 0, known.length, bytes, offset, offset + length);
    return isIt && length > 0 ? known : null;
  }

  /** Takes a name that may be counted; the array becomes its own. */
  byte[] add(byte[] name) {
    names[slot(name, 0, name.length)] = name;
    return name;
  }

  private static int slot(byte[] bytes, int offset, int length) {
    return CountTable.hash(bytes, offset, length) & SLOTS - 1;
  }
}
