package io.streamsocial.bench.micro;

import io.streamsocial.bench.machine.TemporaryDirectory;
import io.streamsocial.bench.posts.PostSource;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.WindowStore;

/** A store with the production defaults in a temporary directory; closing it deletes both. */
final class OpenStore implements AutoCloseable {
  private static final int HEAD_SIZE = 1_000;
  private static final long MEMORY_BYTES = 256L << 20;

  private final TemporaryDirectory directory = new TemporaryDirectory();
  private final StoreMemory memory = new StoreMemory(MEMORY_BYTES);
  final WindowStore store;

  OpenStore() {
    this(HEAD_SIZE);
  }

  OpenStore(int headSize) {
    store =
        WindowStore.open(
            directory.path().resolve("task"),
            "counts",
            PostSource.WINDOW_MS,
            WindowStore.Bounds.ofHeads(headSize),
            memory);
  }

  @Override
  public void close() {
    store.close();
    memory.close();
    directory.close();
  }
}
