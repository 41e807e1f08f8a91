package io.streamsocial.store.snapshots;

import io.streamsocial.store.Position;
import io.streamsocial.store.TaskStore;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a snapshot consists of, and what it was made of.
 *
 * @param format of the stores and of this description; another one is refused
 * @param partition of the shuffle
 * @param identity the ids of the topics that the stores were made of, by the name of the note that
 *     has each in the state directory
 * @param views by their place in the stores of whoever has taken it
 * @param files all of them, each once
 */
public record SnapshotManifest(
    int format,
    int partition,
    SortedMap<String, String> identity,
    List<SnapshotView> views,
    List<SnapshotFile> files) {
  /** Of this version. */
  public static final int FORMAT = 1;

  /** More files than a store has; a manifest with more is none. */
  public static final int FILES_MAX = 20_000;

  public SnapshotManifest {
    identity = Collections.unmodifiableSortedMap(new TreeMap<>(identity));
    views = List.copyOf(views);
    files = List.copyOf(files);
  }

  /** Bytes of all files. */
  public long bytes() {
    return files.stream().mapToLong(SnapshotFile::bytes).sum();
  }

  /**
   * Whether a store of these views, of these topics, can go on from it.
   *
   * @throws SnapshotException when it cannot; the message says what differs
   */
  public void require(int wanted, SortedMap<String, String> own, List<TaskStore.Spec> specs)
      throws SnapshotException {
    if (format != FORMAT) {
      throw new SnapshotException(
          "its snapshot has format %d, this version reads format %d".formatted(format, FORMAT));
    }
    if (partition != wanted) {
      throw new SnapshotException("its snapshot is of partition %d".formatted(partition));
    }
    if (!identity.equals(own)) {
      throw new SnapshotException(
          "its state was made of other topics: ids %s, here %s".formatted(identity, own));
    }
    TreeSet<String> theirs = new TreeSet<>();
    views.forEach(view -> theirs.add(view.definition()));
    TreeSet<String> ours = new TreeSet<>();
    specs.forEach(spec -> ours.add(SnapshotView.of(spec, Position.NONE).definition()));
    if (!theirs.equals(ours)) {
      throw new SnapshotException("its views are %s, here %s".formatted(theirs, ours));
    }
    if (files.stream().map(SnapshotFile::name).distinct().count() != files.size()
        || files.stream().noneMatch(file -> file.name().equals("CURRENT"))) {
      throw new SnapshotException("its snapshot is no whole store");
    }
  }
}
