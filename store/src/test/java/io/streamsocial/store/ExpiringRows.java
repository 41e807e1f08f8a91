package io.streamsocial.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.streamsocial.store.table.KeyRange;
import io.streamsocial.store.table.KeyRows;
import io.streamsocial.store.table.Lanes;
import io.streamsocial.store.table.Lanes.Merge;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Rows with a time to live, as a plain map has them: last event, a sum, and the value of the latest
 * event behind its time. A group beyond the {@link #GROUPS_MAX} first ones is counted in the other
 * one, for ever.
 */
final class ExpiringRows {
  static final long TTL = 16 * 60_000; // a pass of the sweep a minute
  static final int GROUPS_MAX = 3;
  static final Lanes LANES = Lanes.of(Merge.MAX, Merge.SUM, Merge.LAST);
  static final String NAME = "rows";
  private static final long[] ONLY = {0};

  /** Of a group and key. */
  record Name(String group, String key) implements Comparable<Name> {
    @Override
    public int compareTo(Name other) {
      int byGroup = group.compareTo(other.group);
      return byGroup != 0 ? byGroup : key.compareTo(other.key);
    }
  }

  private final Map<Name, List<Long>> rows = new TreeMap<>();
  private final Set<String> groups = new TreeSet<>();
  private long streamTime = Long.MIN_VALUE;

  static WindowStore open(Path dir, StoreMemory memory) {
    TaskStore.Spec spec =
        new TaskStore.Spec(
            NAME,
            TaskStore.Kind.WINDOWS,
            Long.MAX_VALUE,
            LANES,
            new WindowStore.Bounds(0, GROUPS_MAX),
            TTL);
    return TaskStore.open(dir, List.of(spec), memory).windows(0);
  }

  static long[] row(long time, long value) {
    return new long[] {time, value, time, value};
  }

  /** Folds an event into a store: into the row of its group, and that of all groups. */
  static void merge(WindowStore store, Name name, long[] row) {
    byte[] key = name.key().getBytes(UTF_8);
    try (WindowStore.Fold fold = store.fold()) {
      fold.merge(store.window(0, name.group().getBytes(UTF_8)), key, 0, key.length, row, 0);
      fold.merge(store.window(0, new byte[0]), key, 0, key.length, row, 0);
    }
  }

  /** All rows of a store that a reader sees, read as ranges of one key or more. */
  static Map<Name, List<Long>> all(WindowStore store, Set<String> groups) {
    Map<Name, List<Long>> all = new TreeMap<>();
    for (String group : groups) {
      byte[] from = new byte[0];
      while (from != null) {
        KeyRange range = store.range(ONLY, group, from, null, 7, ReadBudget.unlimited());
        for (KeyRows each : range.keys()) {
          all.put(new Name(group, new String(each.key(), UTF_8)), list(each.rows()[0]));
        }
        from = range.next();
      }
    }
    return all;
  }

  /** One row; null when there is none. */
  static @Nullable List<Long> get(WindowStore store, Name name) {
    long[] row = store.rows(ONLY, name.group().getBytes(UTF_8), name.key().getBytes(UTF_8))[0];
    return row == null ? null : list(row);
  }

  static List<Long> list(long[] row) {
    return Arrays.stream(row).boxed().toList();
  }

  ExpiringRows copy() {
    ExpiringRows copy = new ExpiringRows();
    copy.rows.putAll(rows);
    copy.groups.addAll(groups);
    copy.streamTime = streamTime;
    return copy;
  }

  private boolean isGone(long lastEvent) {
    return streamTime != Long.MIN_VALUE && lastEvent + TTL <= streamTime;
  }

  /** Whether an event of this time is dropped. */
  boolean isLate(long time) {
    return isGone(time);
  }

  void add(Name name, long[] row) {
    boolean hasRoom = groups.contains(name.group()) || groups.size() < GROUPS_MAX;
    if (hasRoom) {
      groups.add(name.group());
    }
    put(new Name(hasRoom ? name.group() : WindowStore.OTHER_REGION, name.key()), row);
    put(new Name(WindowStore.ALL_REGIONS, name.key()), row);
  }

  private void put(Name name, long[] row) {
    List<Long> before = rows.get(name);
    long[] merged = row.clone();
    if (before != null && !isGone(before.get(0))) {
      merged = before.stream().mapToLong(lane -> lane).toArray();
      LANES.merge(merged, 0, row, 0);
    }
    rows.put(name, list(merged));
  }

  void advance(long time) {
    streamTime = time;
  }

  /** Rows that are not gone. */
  Map<Name, List<Long>> all() {
    Map<Name, List<Long>> all = new TreeMap<>(rows);
    all.values().removeIf(row -> isGone(row.get(0)));
    return all;
  }

  /** The groups that rows may be of, that of all and of the others included. */
  Set<String> groups() {
    Set<String> all = new TreeSet<>(groups);
    all.addAll(List.of(WindowStore.ALL_REGIONS, WindowStore.OTHER_REGION));
    return all;
  }

  /** Rows of which one map has another value than the other; what a store has is first. */
  static Map<Name, String> difference(Map<Name, List<Long>> store, Map<Name, List<Long>> model) {
    Map<Name, String> different = new TreeMap<>();
    Set<Name> names = new TreeSet<>(store.keySet());
    names.addAll(model.keySet());
    for (Name name : names) {
      if (!Objects.equals(store.get(name), model.get(name))) {
        different.put(name, store.get(name) + " instead of " + model.get(name));
      }
    }
    return different;
  }

  /** Changes as a changelog has them; a tombstone is null. */
  record Change(Name name, @Nullable List<Long> row) {
    /** Hands it to a follower. */
    void absorb(CheckpointBatch into) {
      byte[] bytes = bytes();
      int groupEnd = name.group().getBytes(UTF_8).length;
      if (row == null) {
        into.deleted(0, bytes, groupEnd, groupEnd + 1, bytes.length);
      } else {
        into.row(0, bytes, groupEnd, groupEnd + 1, bytes.length, lanes(row), 0);
      }
    }

    /** Restores it. */
    void restore(RestoreBatch into) {
      byte[] bytes = bytes();
      int groupEnd = name.group().getBytes(UTF_8).length;
      into.row(0, bytes, groupEnd, groupEnd + 1, bytes.length);
      if (row == null) {
        into.delete();
      } else {
        into.put(lanes(row), 0);
      }
    }

    private static long[] lanes(List<Long> row) {
      return row.stream().mapToLong(lane -> lane).toArray();
    }

    private byte[] bytes() {
      return (name.group() + '\0' + name.key()).getBytes(UTF_8);
    }
  }

  /** What a store reports at its checkpoint. */
  static List<Change> changes(WindowStore store) {
    List<Change> changes = new ArrayList<>();
    store.forEachChange(
        new ViewStore.ChangeReader() {
          @Override
          public void change(
              long startMs,
              byte[] group,
              byte[] bytes,
              int offset,
              int length,
              long[] rows,
              int at) {
            changes.add(
                new Change(
                    name(group, bytes, offset, length),
                    list(Arrays.copyOfRange(rows, at, at + LANES.width()))));
          }

          @Override
          public void deleted(
              long startMs, long endMs, byte[] group, byte[] bytes, int offset, int length) {
            changes.add(new Change(name(group, bytes, offset, length), null));
          }
        });
    return changes;
  }

  private static Name name(byte[] group, byte[] bytes, int offset, int length) {
    return new Name(new String(group, UTF_8), new String(bytes, offset, length, UTF_8));
  }

  /** The rows on disk, gone or not. */
  static Map<Name, List<Long>> onDisk(WindowStore store) {
    Map<Name, List<Long>> rows = new TreeMap<>();
    store.forEachRow(
        (key, row) -> {
          Row at = Row.of(key);
          rows.put(new Name(at.region(), at.tag()), list(row));
        });
    return rows;
  }
}
