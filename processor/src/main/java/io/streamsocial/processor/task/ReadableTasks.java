package io.streamsocial.processor.task;

import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.processor.trends.InputOffsets;
import io.streamsocial.processor.trends.Trending;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.StoreFigures;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The count tasks of this instance that readers may ask. The loops keep it; any thread reads it.
 */
public final class ReadableTasks {
  private final String posts;
  private final Map<Integer, CountTask> tasks = new ConcurrentHashMap<>();
  private final Map<Integer, CountTask> view = Collections.unmodifiableMap(tasks);
  private final AtomicLong version = new AtomicLong();
  private final AtomicInteger waiting = new AtomicInteger();

  /**
   * @param posts the first topic that the engine reads
   */
  public ReadableTasks(String posts) {
    this.posts = posts;
  }

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

  /** A reader begins to wait for posts to be included; {@link #waitEnded} follows. Any thread. */
  void waitBegan() {
    waiting.incrementAndGet();
  }

  void waitEnded() {
    waiting.decrementAndGet();
  }

  /** Whether a reader waits. Any thread. */
  public boolean isAwaited() {
    return waiting.get() > 0;
  }

  /** Reads one partition. */
  interface Reading {
    /**
     * @return whether there is an answer of it
     * @throws StoreException when there is none
     */
    boolean read(int partition, CountTask task, CountTask.View view);
  }

  /**
   * Reads those of these partitions that are here, each once. A short answer would look like a
   * right one: a partition whose store is damaged is reported and left out.
   *
   * @return those with an answer, and what that includes
   */
  SortedMap<Integer, Trending.Held> read(Collection<Integer> asked, Reading reading) {
    SortedMap<Integer, Trending.Held> answered = new TreeMap<>();
    for (int partition : asked) {
      CountTask task = tasks.get(partition);
      CountTask.View view = task == null ? null : task.view();
      if (task == null || view == null || answered.containsKey(partition)) {
        continue;
      }
      try {
        if (reading.read(partition, task, view)) {
          answered.put(partition, held(view));
        }
      } catch (StoreException e) {
        if (e.kind() == StoreException.Kind.CORRUPTED) {
          task.reportDamage(e);
        }
      }
    }
    return answered;
  }

  Trending.Held held(CountTask.View view) {
    return new Trending.Held(
        view.role(), view.freshMs(), view.newestMs(), offsets(view.progress()));
  }

  private InputOffsets offsets(InputProgress progress) {
    if (!progress.hasSeveral()) {
      return InputOffsets.of(progress.offsets());
    }
    SortedMap<String, SortedMap<Integer, Long>> others = progress.offsetsByName();
    SortedMap<Integer, Long> ofPosts = others.remove(posts);
    return new InputOffsets(ofPosts == null ? new TreeMap<>() : ofPosts, others);
  }

  /** A live, concurrent view. */
  public Map<Integer, CountTask> byPartition() {
    return view;
  }

  /** What RocksDB reports of each store, by partition. Any thread. */
  public Map<Integer, StoreFigures> figures() {
    Map<Integer, StoreFigures> figures = new TreeMap<>();
    byPartition().forEach((partition, task) -> figures.put(partition, task.store(0).figures()));
    return figures;
  }
}
