package io.streamsocial.processor.offline;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.store.ReadOnlyStore;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.TaskStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Finds the stores that cannot be read to their end, all of them before any row is compared: who
 * rebuilds one should not learn of the next one an hour later.
 */
final class DamagedStores {
  private DamagedStores() {}

  /**
   * Reads every row of every view on disk.
   *
   * @param stop asked between two views; when true, the rest is not looked at
   * @throws ConfigException when some are damaged; it names each, and what to do
   * @throws StoreException of another kind than CORRUPTED
   */
  static void refuse(OfflineState state, List<Integer> partitions, BooleanSupplier stop) {
    List<String> damaged = new ArrayList<>();
    for (int partition : partitions) {
      try {
        read(state.directory().task(partition), state.memory(), stop);
      } catch (StoreException e) {
        if (e.kind() != StoreException.Kind.CORRUPTED) {
          throw e;
        }
        damaged.add(
            "the store of partition %d is damaged: %s".formatted(partition, e.getMessage()));
      }
    }
    if (!damaged.isEmpty()) {
      damaged.add(
          "nothing was compared: run restore, or serve, which set damaged stores aside and rebuild them from the changelog; --partitions verifies others meanwhile");
      throw new ConfigException(damaged);
    }
  }

  private static void read(Path task, StoreMemory memory, BooleanSupplier stop) {
    List<String> views = TaskStore.names(task);
    // Of a directory without a store, opening any view says so.
    for (String view : views.isEmpty() ? List.of(TopicNames.STORE) : views) {
      if (stop.getAsBoolean()) {
        return;
      }
      try (ReadOnlyStore store = ReadOnlyStore.openAny(task, view, memory)) {
        store.forEachRow((key, row) -> {});
      }
    }
  }
}
