package io.streamsocial.processor.task;

import io.streamsocial.processor.log.RowFormat;
import io.streamsocial.processor.log.ShuffleRecord;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.TaskStore;
import io.streamsocial.store.Windowing;
import io.streamsocial.store.table.Lanes;
import java.nio.file.Path;
import java.util.List;

/** A task that keeps the hashtags alone. */
final class HashtagsKept {
  private HashtagsKept() {}

  static CountTask task(int partition, Windowing windowing, Path dir, StoreMemory memory) {
    KeptView kept =
        new KeptView(
            ShuffleRecord.TRENDING,
            "counts",
            "changelog",
            RowFormat.TRENDING,
            TaskStore.Kind.WINDOWS,
            windowing,
            Lanes.COUNT,
            10,
            1_000,
            true,
            "");
    TaskStore store = TaskStore.open(dir, List.of(kept.spec()), memory);
    return new CountTask(partition, List.of(kept), store, new TaskCounters());
  }
}
