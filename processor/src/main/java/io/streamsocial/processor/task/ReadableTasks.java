package io.streamsocial.processor.task;

import io.streamsocial.store.StoreFigures;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The count tasks of this instance that readers may ask. The loops keep it; any thread reads it.
 */
public final class ReadableTasks {
  private final Map<Integer, CountTask> tasks = new ConcurrentHashMap<>();
  private final Map<Integer, CountTask> view = Collections.unmodifiableMap(tasks);
  private final AtomicLong version = new AtomicLong();

  public void show(CountTask task) {
    tasks.put(task.partition(), task);
    changed();
  }

  /** Does nothing when another task has taken the partition's place. */
  public void hide(CountTask task) {
    if (tasks.remove(task.partition(), task)) {
      changed();
    }
  }

  /** What readers see has changed. */
  public void changed() {
    version.incrementAndGet();
  }

  /** Grows with each change of what readers see. */
  long version() {
    return version.get();
  }

  /** A live, concurrent view. */
  public Map<Integer, CountTask> byPartition() {
    return view;
  }

  /** What RocksDB reports of each store, by partition. Any thread. */
  public Map<Integer, StoreFigures> figures() {
    Map<Integer, StoreFigures> figures = new TreeMap<>();
    byPartition().forEach((partition, task) -> figures.put(partition, task.store().figures()));
    return figures;
  }
}
