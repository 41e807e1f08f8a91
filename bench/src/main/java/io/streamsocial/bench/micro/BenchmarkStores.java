package io.streamsocial.bench.micro;

import io.streamsocial.store.Position;
import io.streamsocial.store.WindowStore;
import java.util.SplittableRandom;

/** Stores with something in them. */
final class BenchmarkStores {
  private static final int ROWS_A_CHECKPOINT = 100_000;

  private BenchmarkStores() {}

  /**
   * Adds one to every tag, with a checkpoint now and then as the loop does; the overlay is empty.
   */
  static void fill(WindowStore store, long startMs, byte[] region, byte[][] tags) {
    for (int from = 0; from < tags.length; from += ROWS_A_CHECKPOINT) {
      fold(store, startMs, region, tags, from, Math.min(tags.length, from + ROWS_A_CHECKPOINT));
      store.commit(Position.NONE);
    }
    commitTwice(store);
  }

  /** Adds one to some tags. */
  static void fold(
      WindowStore store, long startMs, byte[] region, byte[][] tags, int from, int to) {
    try (WindowStore.Fold fold = store.fold()) {
      WindowStore.Region window = store.window(startMs, region);
      for (int i = from; i < to; i++) {
        fold.add(window, tags[i], 0, tags[i].length, 1);
      }
    }
  }

  /** Empties the overlay: a checkpoint keeps what changed before it, unless nothing does. */
  static void commitTwice(WindowStore store) {
    store.commit(Position.NONE);
    store.commit(Position.NONE);
  }

  /** 0 to size - 1 in no order. */
  static int[] shuffled(int size) {
    SplittableRandom random = new SplittableRandom(1);
    int[] order = new int[size];
    for (int i = 0; i < size; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }
}
