package io.streamsocial.store;

import io.streamsocial.store.StoreException.Kind;
import io.streamsocial.store.rocks.TableCheck;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import org.rocksdb.RocksDBException;

/**
 * Reads a store from any thread. Closing waits for the reads in progress and refuses later ones: a
 * read of a closed RocksDB would crash the process.
 */
final class StoreReader {
  private final Snapshot snapshot;
  private final ReentrantReadWriteLock life = new ReentrantReadWriteLock();
  private boolean closed;

  StoreReader(Snapshot snapshot) {
    this.snapshot = snapshot;
  }

  /**
   * Reads something of the open store.
   *
   * @throws StoreException CLOSED, and whatever the reading throws
   */
  <T> T reading(Supplier<T> reading) {
    life.readLock().lock();
    try {
      if (closed) {
        throw new StoreException(Kind.CLOSED, "the store in " + snapshot.dir() + " is closed");
      }
      return reading.get();
    } finally {
      life.readLock().unlock();
    }
  }

  /** One of RocksDB's integer properties; 0 when closed. */
  long property(String name) {
    life.readLock().lock();
    try {
      return closed ? 0 : snapshot.property(name);
    } finally {
      life.readLock().unlock();
    }
  }

  /** Zeros when closed. Never waits. */
  StoreFigures figures() {
    if (!life.readLock().tryLock()) {
      return StoreFigures.NONE; // another thread is closing the store
    }
    try {
      return closed ? StoreFigures.NONE : StoreFigures.of(snapshot::property);
    } finally {
      life.readLock().unlock();
    }
  }

  List<ViewStore.Table> tables() {
    return reading(snapshot::tables);
  }

  /** Reads the file without a lock of the store, so that neither readers nor writer wait. */
  void verify(ViewStore.Table table) {
    try {
      TableCheck.verify(table.file());
    } catch (RocksDBException e) {
      if (tables().stream().anyMatch(live -> live.file().equals(table.file()))) {
        throw StoreException.of("verifying", table.file(), e);
      }
    }
  }

  /** See {@link ViewStore#link}. */
  void link(Path dir) {
    Object unused =
        reading(
            () -> {
              try {
                snapshot.disk().rocks().link(dir);
                return dir;
              } catch (RocksDBException e) {
                throw StoreException.of("taking a snapshot in", dir, e);
              }
            });
  }

  /** Waits for readers, then closes the snapshot; returns false when that was done before. */
  boolean close() {
    life.writeLock().lock();
    try {
      if (closed) {
        return false;
      }
      closed = true;
      snapshot.close();
      return true;
    } finally {
      life.writeLock().unlock();
    }
  }
}
