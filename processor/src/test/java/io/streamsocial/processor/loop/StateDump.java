package io.streamsocial.processor.loop;

import io.streamsocial.processor.CountKey;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.WindowStore;
import io.streamsocial.store.table.WindowKey;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** All rows on disk of an instance that is not running. */
final class StateDump {
  private StateDump() {}

  static Map<CountKey, Long> of(Path instanceDir, int partitions, long windowMs) {
    Map<CountKey, Long> rows = new HashMap<>();
    try (StoreMemory memory = new StoreMemory(64 << 20)) {
      for (int p = 0; p < partitions; p++) {
        try (WindowStore store =
            WindowStore.open(
                instanceDir.resolve("task-" + p),
                TopicNames.STORE,
                windowMs,
                WindowStore.Bounds.ofHeads(10),
                memory)) {
          addAll(store, rows);
        }
      }
    }
    return rows;
  }

  private static void addAll(WindowStore store, Map<CountKey, Long> rows) {
    store.forEachRow(
        (key, counted) -> {
          CountKey row =
              new CountKey(
                  WindowKey.windowStart(key),
                  new String(WindowKey.region(key), StandardCharsets.UTF_8),
                  new String(WindowKey.tag(key), StandardCharsets.UTF_8));
          if (rows.put(row, counted[0]) != null) {
            throw new AssertionError(row + " stands in two partitions");
          }
        });
  }
}
