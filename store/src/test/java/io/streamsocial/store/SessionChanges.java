package io.streamsocial.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.store.SessionModel.Name;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a store of sessions reports at its checkpoints, as a changelog of Kafka Streams keeps it:
 * key, end and start together are the key of a record, and what is deleted has a tombstone.
 */
final class SessionChanges {
  /** The key of a record. */
  record Key(Name name, long startMs, long endMs) {}

  /**
   * @param row null for a tombstone
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Change(Key key, long @Nullable [] row) {}

  private final List<Change> log = new ArrayList<>();
  private final Map<Key, long[]> kept = new HashMap<>(); // by a reader of the whole log

  int size() {
    return log.size();
  }

  List<Change> from(int offset) {
    return log.subList(offset, log.size());
  }

  /** Appends what a store reports; returns it. */
  List<Change> read(SessionStore store) {
    int from = log.size();
    Set<Name> changed = new HashSet<>();
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
            Name name = Name.of(group, bytes, offset, length);
            long[] row = Arrays.copyOfRange(rows, at, at + SessionModel.LANES.width());
            assertThat(startMs).isEqualTo(row[SessionStore.START]);
            log.add(new Change(new Key(name, startMs, row[SessionStore.END]), row));
            changed.add(name);
          }

          @Override
          public void deleted(
              long startMs, long endMs, byte[] group, byte[] bytes, int offset, int length) {
            Name name = Name.of(group, bytes, offset, length);
            assertThat(changed).as("deletions come first").doesNotContain(name);
            log.add(new Change(new Key(name, startMs, endMs), null));
          }
        });
    assertThat(store.changes()).isGreaterThanOrEqualTo(changed.size());
    for (Change change : from(from)) {
      if (change.row() == null) {
        kept.remove(change.key());
      } else {
        kept.put(change.key(), change.row());
      }
    }
    return List.copyOf(from(from));
  }

  /** What Kafka Streams would hold, having read the changelog, without what has expired. */
  Map<Name, List<List<Long>>> asKafkaStreamsHasIt(long expiredBefore) {
    Map<Name, TreeMap<Long, long[]>> byName = new HashMap<>();
    kept.forEach(
        (key, row) -> {
          if (key.endMs() >= expiredBefore) {
            long[] same =
                byName.computeIfAbsent(key.name(), n -> new TreeMap<>()).put(key.startMs(), row);
            assertThat(same).as("two sessions of %s with one start", key).isNull();
          }
        });
    TreeMap<Name, List<List<Long>>> all = new TreeMap<>();
    byName.forEach((name, sessions) -> all.put(name, SessionModel.lists(sessions.values())));
    return all;
  }

  /** The newest record of each key, tombstones included, as compaction leaves them. */
  List<Change> compacted() {
    Map<Key, Integer> newest = new HashMap<>();
    for (int i = 0; i < log.size(); i++) {
      newest.put(log.get(i).key(), i);
    }
    return newest.values().stream().sorted().map(log::get).toList();
  }

  /** Restores changes into a store. */
  static void restore(SessionStore store, List<Change> changes, Position next) {
    try (RestoreBatch batch = store.restore()) {
      for (Change change : changes) {
        byte[] bytes = bytes(change.key().name());
        int groupEnd = change.key().name().groupBytes().length;
        batch.row(change.key().startMs(), bytes, groupEnd, groupEnd + 1, bytes.length);
        if (change.row() == null) {
          batch.delete();
        } else {
          batch.put(change.row(), 0);
        }
      }
      batch.commit(next);
    }
  }

  /** Hands changes of a checkpoint over to a follower. */
  static void absorb(CheckpointBatch absorb, List<Change> changes) {
    for (Change change : changes) {
      byte[] bytes = bytes(change.key().name());
      int groupEnd = change.key().name().groupBytes().length;
      long start = change.key().startMs();
      if (change.row() == null) {
        absorb.deleted(start, bytes, groupEnd, groupEnd + 1, bytes.length);
      } else {
        absorb.row(start, bytes, groupEnd, groupEnd + 1, bytes.length, change.row(), 0);
      }
    }
  }

  /** Group, a separator, key. */
  private static byte[] bytes(Name name) {
    byte[] group = name.groupBytes();
    byte[] key = name.keyBytes();
    byte[] bytes = Arrays.copyOf(group, group.length + 1 + key.length);
    bytes[group.length] = ':';
    System.arraycopy(key, 0, bytes, group.length + 1, key.length);
    return bytes;
  }
}
