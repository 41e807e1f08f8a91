package io.streamsocial.bench.micro;

import io.streamsocial.bench.PostSource;
import io.streamsocial.bench.TemporaryDirectory;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.WindowStore;

/** A store in a directory of its own, with defaults as in production; both go when it is closed. */
final class OpenStore implements AutoCloseable {
  private static final int HEAD_SIZE = 1_000;
  private static final long MEMORY_BYTES = 256L << 20;

  private final TemporaryDirectory directory = new TemporaryDirectory();
  private final StoreMemory memory = new StoreMemory(MEMORY_BYTES);
  final WindowStore store =
      WindowStore.open(
          directory.path().resolve("task"), "counts", PostSource.WINDOW_MS, HEAD_SIZE, memory);

  @Override
  public void close() {
    store.close();
    memory.close();
    directory.close();
  }
}
