package io.streamsocial.processor.loop;

import java.util.Collections;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The count tasks of this instance that readers may ask. The loops keep it; any thread reads it.
 */
final class ReadableTasks {
  private final Map<Integer, CountTask> tasks = new ConcurrentHashMap<>();
  private final Map<Integer, CountTask> view = Collections.unmodifiableMap(tasks);
  private final AtomicLong version = new AtomicLong();

  void show(CountTask task) {
    tasks.put(task.partition(), task);
    changed();
  }

  /** Does nothing when another task has taken the partition's place. */
  void hide(CountTask task) {
    if (tasks.remove(task.partition(), task)) {
      changed();
    }
  }

  /** What readers see has changed. */
  void changed() {
    version.incrementAndGet();
  }

  /** Grows with each change of what readers see. */
  long version() {
    return version.get();
  }

  /** A live, concurrent view. */
  Map<Integer, CountTask> byPartition() {
    return view;
  }
}
