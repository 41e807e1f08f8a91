package io.streamsocial.processor.offline;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.store.Position;
import io.streamsocial.store.ReadOnlyStore;
import io.streamsocial.store.StateDirectory;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.table.WindowKey;
import io.streamsocial.store.WindowStore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
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
   * One store.
   *
   * @param damage why it cannot be read to its end; null when it can. The other fields hold what
   *     was read before the damage
   * @param windowSizeMs 0 when the store cannot be opened
   * @param shuffleOffset next shuffle offset that it does not include
   * @param changelogOffset next changelog offset that it does not include
   * @param streamTimeMs epoch ms; null before the first post
   * @param sources next posts offset that it does not include, by posts partition
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
      List<Window> windows,
      List<Top> top) {
    /** Mentions in all windows and regions. */
    public long rows() {
      return windows.stream().mapToLong(Window::rows).sum();
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
      return tasks.stream().anyMatch(task -> task.damage != null);
    }
  }

  private StateInspector() {}

  /**
   * Reads the stores.
   *
   * @param directory of one instance, see {@link EngineConfig#instanceDirectory}
   * @param partitions to read; empty for all in the directory
   * @param top how many of the largest rows of each partition to report, 0 or more
   * @throws StoreException LOCKED when a process uses the directory; the message names it
   * @throws ConfigException when there is no such directory, or not those partitions
   */
  public static Report inspect(Path directory, Set<Integer> partitions, int top) {
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
          tasks.add(new Scan(top).task(partition, state.task(partition), memory));
        }
      }
      List<SetAside> copies =
          state.damaged().stream()
              .map(copy -> new SetAside(copy, StateDirectory.bytes(copy)))
              .toList();
      return new Report(directory, tasks, copies);
    }
  }

  static void requireExists(Path directory) {
    if (!Files.isDirectory(directory)) {
      throw new ConfigException(
          "there is no state directory %s: check --state-dir, --app-id and --instance-id"
              .formatted(directory));
    }
  }

  /** One store's rows, in key order: by window, region, tag. */
  private static final class Scan implements WindowStore.RowReader {
    private final int topMax;
    private final SortedMap<Long, Map<String, long[]>> windows = new TreeMap<>();
    private final PriorityQueue<Top> top =
        new PriorityQueue<>(Comparator.comparingLong((Top each) -> each.count));

    Scan(int topMax) {
      this.topMax = topMax;
    }

    Task task(int partition, Path directory, StoreMemory memory) {
      Position position = Position.NONE;
      long windowSizeMs = 0;
      String damage = null;
      try (ReadOnlyStore store = ReadOnlyStore.open(directory, TopicNames.STORE, memory)) {
        position = store.position();
        windowSizeMs = store.sizeMs();
        store.forEachRow(this);
      } catch (StoreException | IllegalArgumentException e) {
        damage = String.valueOf(e.getMessage());
      }
      long streamTimeMs = position.streamTimeMs();
      return new Task(
          partition,
          directory,
          StateDirectory.bytes(directory),
          damage,
          windowSizeMs,
          position.inputOffset(),
          position.changelogOffset(),
          streamTimeMs == InputProgress.NO_TIME ? null : streamTimeMs,
          InputProgress.decode(position.progress()).offsets(),
          windows(),
          top.stream()
              .sorted(
                  Comparator.comparingLong(Top::count)
                      .reversed()
                      .thenComparing(Top::hashtag)
                      .thenComparing(Top::windowStartMs))
              .toList());
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
