package io.streamsocial.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** For tests of one store in a directory of its own: opens it, folds and asks by strings. */
abstract class StoreCase {
  static final long MINUTE = 60_000;
  static final byte[] ALL = {};
  static final Position FIRST = new Position(10, 20, 30, new byte[] {1});

  @TempDir Path dir;

  final StoreMemory memory = new StoreMemory(16 << 20);
  private final List<WindowStore> opened = new ArrayList<>();

  @AfterEach
  void close() {
    opened.forEach(WindowStore::close);
    memory.close();
  }

  WindowStore open() {
    return open(1_000);
  }

  WindowStore open(int headSize) {
    WindowStore store =
        WindowStore.open(dir, OnDisk.NAME, MINUTE, WindowStore.Bounds.ofHeads(headSize), memory);
    opened.add(store);
    return store;
  }

  static void add(WindowStore store, long start, String region, String tag, long delta) {
    byte[] bytes = tag.getBytes(UTF_8);
    try (WindowStore.Fold fold = store.fold()) {
      fold.add(store.window(start, region.getBytes(UTF_8)), bytes, 0, bytes.length, delta);
    }
  }

  static long[] counts(WindowStore store, String region, String tag, long... starts) {
    return store.counts(starts, region.getBytes(UTF_8), tag.getBytes(UTF_8));
  }

  static List<Ranked> top(WindowStore store, String region, long... starts) {
    return Ranked.of(store.top(starts, region, 100));
  }
}
