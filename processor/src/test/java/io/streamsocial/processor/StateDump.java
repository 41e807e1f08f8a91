package io.streamsocial.processor;

import io.streamsocial.store.Heads;
import io.streamsocial.store.RankedRow;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.WindowStore;
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
                instanceDir.resolve("task-" + p), TopicNames.STORE, windowMs, 10, memory)) {
          addAll(store, rows);
        }
      }
    }
    return rows;
  }

  private static void addAll(WindowStore store, Map<CountKey, Long> rows) {
    int rebuilt = 0;
    while (store.rebuildNextHead()) {
      rebuilt++;
    }
    if (rebuilt == 0) {
      return;
    }
    store.publishHeads();
    Heads heads = store.heads();
    for (long start : heads.windowStarts()) {
      for (String region : heads.regions(start)) {
        for (RankedRow row : store.top(new long[] {start}, region, Integer.MAX_VALUE)) {
          CountKey key = new CountKey(start, region, new String(row.key(), StandardCharsets.UTF_8));
          if (rows.put(key, row.total()) != null) {
            throw new AssertionError(key + " stands in two partitions");
          }
        }
      }
    }
  }
}
