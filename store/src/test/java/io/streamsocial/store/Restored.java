package io.streamsocial.store;

import java.nio.ByteBuffer;

/** Restores rows given in parts. */
final class Restored {
  private Restored() {}

  static void put(RestoreBatch restore, long start, byte[] region, byte[] tag, long count) {
    row(restore, start, region, tag);
    restore.put(count);
  }

  static void delete(RestoreBatch restore, long start, byte[] region, byte[] tag) {
    row(restore, start, region, tag);
    restore.delete();
  }

  private static void row(RestoreBatch restore, long start, byte[] region, byte[] tag) {
    byte[] bytes =
        ByteBuffer.allocate(region.length + tag.length + 3)
            .put(region)
            .put((byte) ':')
            .put(tag)
            .put((byte) '?') // behind the end
            .array();
    int key = region.length + 1;
    restore.row(start, bytes, region.length, key, key + tag.length);
  }
}
