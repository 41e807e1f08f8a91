package io.streamsocial.processor.snapshots;

import io.streamsocial.store.snapshots.SnapshotException;
import io.streamsocial.store.snapshots.SnapshotFile;
import io.streamsocial.store.snapshots.SnapshotManifest;
import java.util.List;

/**
 * Other instances that have the state of a partition. Everything is called by threads that may
 * wait, and that an interrupt ends; a message of a {@link SnapshotException} says why, for people.
 */
@FunctionalInterface
public interface SnapshotSource {
  /** Of an engine that no other instance reaches. */
  SnapshotSource NONE = partition -> List.of();

  /** Those that can read the partition now, the best first; empty when none is known. */
  List<Holder> holders(int partition) throws InterruptedException;

  /** An instance that has the partition. */
  interface Holder {
    /** Which it is and where, for people. */
    String name();

    /** Has it take a snapshot; as long as that takes. */
    Remote open(int partition) throws SnapshotException, InterruptedException;
  }

  /** A snapshot that another instance keeps for this one. */
  interface Remote extends AutoCloseable {
    /** What it says that it has. */
    SnapshotManifest manifest();

    /**
     * A part of a file; what fails for the moment is tried again.
     *
     * @param from the first byte
     * @return from there on, 1 byte or more, and none beyond the end
     */
    byte[] read(SnapshotFile file, long from) throws SnapshotException, InterruptedException;

    /** The other needs it no more; does not wait for that. */
    @Override
    void close();
  }
}
