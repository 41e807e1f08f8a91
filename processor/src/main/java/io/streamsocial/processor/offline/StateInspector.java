package io.streamsocial.processor.offline;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.processor.views.View;
import io.streamsocial.store.Position;
import io.streamsocial.store.ReadOnlyStore;
import io.streamsocial.store.StateDirectory;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.TaskStore;
import io.streamsocial.store.ViewStore;
import io.streamsocial.store.WindowStore;
import io.streamsocial.store.table.WindowKey;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Describes the state directory of an instance that does not run. Needs no Kafka and changes
 * nothing. Reads every row, and so finds damaged blocks. Its memory is bounded by the windows and
 * regions, not by the keys.
 */
public final class StateInspector {
  private static final long MEMORY_BYTES = 32L << 20;

  /**
   * @param region empty for the rows of all regions together
   * @param mentions sum of the counts
   */
  public record Region(String region, long rows, long mentions) {}

  /**
   * @param startMs epoch ms
   * @param regions by name, all regions together first
   */
  public record Window(long startMs, List<Region> regions) {
    /** Mentions in all regions. */
    public long rows() {
      return regions.stream().mapToLong(Region::rows).sum();
    }
  }

  /** A row of all regions together. */
  public record Top(long windowStartMs, String hashtag, long count) {}

  /**
   * A row of all groups together, of another view than the hashtags.
   *
   * @param startMs of its window or session, epoch ms; 0 without
   * @param values one a field
   * @param rank the value that it is ordered by
   * @param bytes of a row that has some: as text, in hexadecimal digits when they are no UTF-8, or
   *     the result of the view's aggregate function; else null
   */
  public record ViewRow(
      long startMs, String key, List<Long> values, long rank, @Nullable String bytes) {
    public ViewRow {
      values = List.copyOf(values);
    }
  }

  /**
   * Another view than the hashtags in one store.
   *
   * @param kind windows, sessions or unwindowed; unknown when it cannot be opened
   * @param definition what a row is, as the store has it; null when it does not say so
   * @param sizeMs of a window; of sessions, the gap; 0 without windows
   * @param rows those of all groups together included
   * @param windows that have rows; 0 for a view without
   * @param shuffleOffset next shuffle offset that it does not include, as of its last checkpoint
   * @param changelogOffset next changelog offset that it does not include
   * @param streamTimeMs epoch ms; null before the first record
   * @param fields their names
   * @param top largest rows by the ranked field, or else by the first
   * @param damage why it cannot be read to its end; null when it can
   */
  public record ViewState(
      String view,
      String kind,
      @Nullable String definition,
      long sizeMs,
      long rows,
      long windows,
      long shuffleOffset,
      long changelogOffset,
      @Nullable Long streamTimeMs,
      List<String> fields,
      List<ViewRow> top,
      @Nullable String damage) {
    public ViewState {
      fields = List.copyOf(fields);
      top = List.copyOf(top);
    }
  }

  /**
   * One store.
   *
   * @param damage why it cannot be read to its end; null when it can. The other fields hold what
   *     was read before the damage
   * @param windowSizeMs 0 when the store cannot be opened
   * @param shuffleOffset next shuffle offset that it does not include
   * @param changelogOffset next changelog offset that it does not include
   * @param streamTimeMs epoch ms; null before the first post
   * @param sources next offset that it does not include, by partition of the one topic that it is
   *     of; empty when it is of several
   * @param inputs the same of each of several topics, by name
   * @param windows of the hashtags, as the fields before; nothing where they are not counted
   * @param views all others on disk, by name
   */
  public record Task(
      int partition,
      Path directory,
      long bytes,
      @Nullable String damage,
      long windowSizeMs,
      long shuffleOffset,
      long changelogOffset,
      @Nullable Long streamTimeMs,
      SortedMap<Integer, Long> sources,
      SortedMap<String, SortedMap<Integer, Long>> inputs,
      List<Window> windows,
      List<Top> top,
      List<ViewState> views) {
    public Task {
      views = List.copyOf(views);
    }

    /** Mentions in all windows and regions. */
    public long rows() {
      return windows.stream().mapToLong(Window::rows).sum();
    }

    /** Whether some view cannot be read to its end. */
    public boolean isDamaged() {
      return damage != null || views.stream().anyMatch(view -> view.damage != null);
    }
  }

  /** A damaged store that was moved out of the way; it can be deleted. */
  public record SetAside(Path directory, long bytes) {}

  /**
   * @param tasks by partition
   * @param setAside by name
   */
  public record Report(Path directory, List<Task> tasks, List<SetAside> setAside) {
    /** Whether a store is damaged. */
    public boolean isDamaged() {
      return tasks.stream().anyMatch(Task::isDamaged);
    }
  }

  private StateInspector() {}

  /**
   * Reads the stores.
   *
   * @param directory of one instance, see {@link EngineConfig#instanceDirectory}
   * @param partitions to read; empty for all in the directory
   * @param top how many of the largest rows of each partition and view to report, 0 or more
   * @param known views whose fields have names
   * @throws StoreException LOCKED when a process uses the directory; the message names it
   * @throws ConfigException when there is no such directory, or not those partitions
   */
  public static Report inspect(Path directory, Set<Integer> partitions, int top, List<View> known) {
    requireExists(directory);
    try (StateDirectory state = StateDirectory.lock(directory);
        StoreMemory memory = new StoreMemory(MEMORY_BYTES)) {
      SortedSet<Integer> there = state.tasks();
      List<String> problems = new ArrayList<>();
      for (int wanted : partitions) {
        if (!there.contains(wanted)) {
          problems.add(
              "partition %d is not in %s: it holds %s".formatted(wanted, directory, there));
        }
      }
      if (!problems.isEmpty()) {
        throw new ConfigException(problems);
      }
      List<Task> tasks = new ArrayList<>();
      for (int partition : there) {
        if (partitions.isEmpty() || partitions.contains(partition)) {
          tasks.add(new Scan(top, known).task(partition, state.task(partition), memory));
        }
      }
      List<SetAside> copies =
          state.damaged().stream()
              .map(copy -> new SetAside(copy, StateDirectory.bytes(copy)))
              .toList();
      return new Report(directory, tasks, copies);
    }
  }

  /**
   * Views that have rows in the state directory of the instance and are not configured, with the
   * partitions. The instance may run.
   *
   * @throws StoreException CORRUPTED
   */
  public static SortedMap<String, List<Integer>> otherViews(EngineConfig config) {
    SortedMap<String, List<Integer>> others = new TreeMap<>();
    SortedMap<Integer, Path> tasks = StateDirectory.tasks(config.instanceDirectory());
    tasks.forEach(
        (partition, task) -> {
          for (String view : TaskStore.names(task)) {
            if (!config.views().names().contains(view)) {
              others.computeIfAbsent(view, name -> new ArrayList<>()).add(partition);
            }
          }
        });
    return others;
  }

  static void requireExists(Path directory) {
    if (!Files.isDirectory(directory)) {
      throw new ConfigException(
          "there is no state directory %s: check --state-dir, --app-id and --instance-id"
              .formatted(directory));
    }
  }

  /** One store's rows, in key order: by window, region, tag. */
  private static final class Scan implements ViewStore.RowReader {
    private final int topMax;
    private final List<View> known;
    private final SortedMap<Long, Map<String, long[]>> windows = new TreeMap<>();
    private final PriorityQueue<Top> top =
        new PriorityQueue<>(Comparator.comparingLong((Top each) -> each.count));

    Scan(int topMax, List<View> known) {
      this.topMax = topMax;
      this.known = known;
    }

    Task task(int partition, Path directory, StoreMemory memory) {
      Position position = Position.NONE;
      long windowSizeMs = 0;
      String damage = null;
      List<ViewState> others = new ArrayList<>();
      try {
        List<String> names = TaskStore.names(directory);
        for (String name : new TreeSet<>(names)) {
          if (!name.equals(TopicNames.STORE)) {
            others.add(ViewInspector.inspect(directory, name, known(name), memory, topMax));
          }
        }
        if (others.isEmpty() || names.contains(TopicNames.STORE)) {
          try (ReadOnlyStore store = ReadOnlyStore.open(directory, TopicNames.STORE, memory)) {
            position = store.position();
            windowSizeMs = store.sizeMs();
            store.forEachRow(this);
          }
        }
      } catch (StoreException | IllegalArgumentException e) {
        damage = String.valueOf(e.getMessage());
      }
      long streamTimeMs = position.streamTimeMs();
      InputProgress offsets = InputProgress.decode(position.progress());
      return new Task(
          partition,
          directory,
          StateDirectory.bytes(directory),
          damage,
          windowSizeMs,
          position.inputOffset(),
          position.changelogOffset(),
          streamTimeMs == InputProgress.NO_TIME ? null : streamTimeMs,
          offsets.hasSeveral() ? Collections.emptySortedMap() : offsets.offsets(),
          offsets.hasSeveral() ? offsets.offsetsByName() : Collections.emptySortedMap(),
          windows(),
          top.stream()
              .sorted(
                  Comparator.comparingLong(Top::count)
                      .reversed()
                      .thenComparing(Top::hashtag)
                      .thenComparing(Top::windowStartMs))
              .toList(),
          others);
    }

    private @Nullable View known(String name) {
      return known.stream().filter(view -> view.name().equals(name)).findFirst().orElse(null);
    }

    @Override
    public void row(byte[] key, long[] row) {
      long count = row[0];
      long start = WindowKey.windowStart(key);
      String region = new String(WindowKey.region(key), StandardCharsets.UTF_8);
      long[] sums =
          windows
              .computeIfAbsent(start, window -> new TreeMap<>())
              .computeIfAbsent(region, name -> new long[2]);
      sums[0]++;
      sums[1] += count;
      Top smallest = top.peek();
      boolean isTop = top.size() < topMax || (smallest != null && count > smallest.count);
      if (topMax > 0 && isTop && region.equals(WindowStore.ALL_REGIONS)) {
        top.add(new Top(start, new String(WindowKey.tag(key), StandardCharsets.UTF_8), count));
        if (top.size() > topMax) {
          top.remove();
        }
      }
    }

    private List<Window> windows() {
      List<Window> result = new ArrayList<>();
      windows.forEach(
          (start, regions) ->
              result.add(
                  new Window(
                      start,
                      regions.entrySet().stream()
                          .map(e -> new Region(e.getKey(), e.getValue()[0], e.getValue()[1]))
                          .toList())));
      return result;
    }
  }
}
