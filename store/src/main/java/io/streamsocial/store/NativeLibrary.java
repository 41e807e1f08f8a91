package io.streamsocial.store;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.rocksdb.RocksDB;

/**
 * RocksDB's native code. To load it takes longer than anything else of a start that is not Kafka's:
 * a child process is asked which C library the machine has, and 17 MB are unpacked. So a program
 * that knows early that it will need it can have that done beside the rest. Thread-safe.
 */
public final class NativeLibrary {
  // Not left to RocksDB alone: whoever waits for another thread that fails waits for ever there.
  private static final FutureTask<Void> LOADING = new FutureTask<>(RocksDB::loadLibrary, null);

  private NativeLibrary() {}

  /** Begins to load it on a thread of its own, unless that has begun. */
  public static void loadSoon() {
    Thread thread = new Thread(LOADING, "rocksdb-load");
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * It is loaded when this returns.
   *
   * @throws IllegalStateException when it cannot be
   */
  static void load() {
    LOADING.run(); // does nothing when it runs or has run
    boolean isInterrupted = false;
    try {
      while (true) {
        try {
          LOADING.get();
          return;
        } catch (InterruptedException e) {
          isInterrupted = true; // a class that waits for it must not stay half initialized
        }
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("RocksDB's native library cannot be loaded", e.getCause());
    } finally {
      if (isInterrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
