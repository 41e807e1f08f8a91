package io.streamsocial.processor.task;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.Moment;
import io.streamsocial.store.HeapBudget;
import io.streamsocial.store.StateDirectory;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.TaskStore;
import io.streamsocial.store.ViewStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the stores of an instance's count tasks in its state directory, and sets aside those that
 * are of no use. Thread-safe: each partition is opened by one thread at a time.
 */
public final class TaskStores {
  private static final Logger log = LoggerFactory.getLogger(TaskStores.class);

  private final List<KeptView> views;
  private final StateDirectory directory;
  private final StoreMemory memory;

  /**
   * @param views the engine's, in its order
   */
  public TaskStores(List<KeptView> views, StateDirectory directory, StoreMemory memory) {
    this.views = views;
    this.directory = directory;
    this.memory = memory;
  }

  /**
   * Brings the state directory back when somebody has deleted it under this process, so that no
   * other process takes the empty place.
   *
   * @throws ConfigException when another process has taken it already
   */
  public void hold() {
    try {
      if (!directory.hold()) {
        log.error(
            "the state directory {} was deleted while this process used it: it is back, and empty; stores come back from the changelog as they fail. Restart this instance to bring them all back at once",
            directory.root());
      }
    } catch (StoreException e) {
      throw new ConfigException(
          "the state directory was deleted while this process used it. %s"
              .formatted(e.getMessage()));
    } catch (UncheckedIOException e) {
      log.warn("{}; trying again", e.getMessage());
    }
  }

  /**
   * Opens a task. Files that RocksDB refuses are set aside and an empty store is opened, which the
   * changelog fills again.
   *
   * @throws StoreException LOCKED or FULL: try again; OTHER_FORMAT, or CORRUPTED twice: give up
   */
  public CountTask open(int partition, TaskCounters counters, Moment now) {
    try {
      return open(partition, counters);
    } catch (StoreException e) {
      if (e.kind() != StoreException.Kind.CORRUPTED) {
        throw e;
      }
      counters.setAside();
      log.warn(
          "the store of partition {} is damaged and set aside as {}; rebuilding it from the changelog. {}",
          partition,
          setAside(partition, now),
          e.getMessage());
      return open(partition, counters);
    }
  }

  /**
   * Opens a task.
   *
   * @throws StoreException CORRUPTED when RocksDB refuses the files; else as the other method
   */
  public CountTask open(int partition, TaskCounters counters) {
    Path path = directory.task(partition);
    TaskStore stores = TaskStore.open(path, views.stream().map(KeptView::spec).toList(), memory);
    try {
      directory.keepNotesIn(partition);
    } catch (IOException e) {
      // The next start writes them.
      log.warn("cannot say in {} to which topics it belongs: {}", path, e.toString());
    }
    return new CountTask(partition, views, stores, counters);
  }

  /** Whether there is a store of the partition, sound or not. */
  public boolean has(int partition) {
    return directory.hasTask(partition);
  }

  /**
   * Whether the changelogs reach back to where the task's state ends. If not, the task is closed
   * and its state set aside: the next one opened is empty.
   *
   * @param changelogs one a view
   * @throws ConfigException when the state is ahead of a changelog; the task is closed
   */
  public boolean fits(CountTask task, List<Restorer.Bounds> changelogs, Moment now) {
    for (int view = 0; view < views.size(); view++) {
      if (!fits(task, view, changelogs.get(view), now)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Whether the task's files are as they were written: reads all of them. If not, the task is
   * closed and its state set aside: the next one opened is empty. One that opens and is damaged
   * further in would else be believed until somebody asks for the damaged rows.
   *
   * @param stop asked between two files; when true, the rest counts as sound
   * @throws StoreException of another kind than CORRUPTED; the task is closed
   */
  public boolean isSound(CountTask task, Moment now, BooleanSupplier stop) {
    try {
      for (ViewStore.Table table : task.store(0).tables()) {
        if (stop.getAsBoolean()) {
          break;
        }
        task.store(0).verify(table);
      }
      return true;
    } catch (StoreException e) {
      task.close();
      if (e.kind() != StoreException.Kind.CORRUPTED) {
        throw e;
      }
      log.warn(
          "the store of partition {} is damaged and set aside as {}; rebuilding it from the changelog. {}",
          task.partition(),
          setAside(task.partition(), now),
          e.getMessage());
      return false;
    }
  }

  private boolean fits(CountTask task, int view, Restorer.Bounds changelog, Moment now) {
    long offset = task.changelogOffset(view);
    if (offset > 0 && offset < changelog.begin()) {
      task.close();
      log.warn(
          "the state of partition {} ends at offset {} of {}, which begins at {}: too old to go on from, restoring from the beginning; the old state is set aside as {}",
          task.partition(),
          offset,
          task.changelog(view),
          changelog.begin(),
          setAside(task.partition(), now));
      return false;
    }
    if (offset > changelog.end()) {
      task.close();
      throw new ConfigException(
          "the state of partition %d has seen changelog offset %d, but %s-%d ends at %d: the topic has lost records; bring them back, or delete the topic while all instances are stopped: the next start writes it again from the state"
              .formatted(
                  task.partition(),
                  offset,
                  task.changelog(view),
                  task.partition(),
                  changelog.end()));
    }
    return true;
  }

  /** Moves a closed store out of the way; returns where it lies now. */
  public Path setAside(int partition, Moment now) {
    return directory.setAside(partition, now.wallMs());
  }

  /** The heap that all stores and loops of the process share. */
  public HeapBudget heap() {
    return memory.heap();
  }

  /** Free space on the disk of the stores. */
  public long usableBytes() throws IOException {
    return directory.usableBytes();
  }
}
