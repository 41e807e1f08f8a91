package io.streamsocial.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.store.table.RankedRow;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Other threads read while the writer works and closes. */
class StoreReadersTest extends StoreCase {
  @Test
  void readersSeeOneMomentWhileTheWriterFoldsCommitsAndExpiresAndThenCloses() throws Exception {
    WindowStore store = open(50);
    long[] starts = {100 * MINUTE, 101 * MINUTE};
    AtomicBoolean closing = new AtomicBoolean();
    CountDownLatch reading = new CountDownLatch(3);
    ExecutorService readers = Executors.newFixedThreadPool(3);
    try {
      List<Future<Integer>> reads = new ArrayList<>();
      reads.add(readers.submit(() -> readUntilClosed(reading, closing, new CountReader(store))));
      reads.add(readers.submit(() -> readUntilClosed(reading, closing, new TopReader(store))));
      reads.add(readers.submit(() -> readUntilClosed(reading, closing, new TopReader(store))));
      assertThat(reading.await(60, TimeUnit.SECONDS)).isTrue();
      SplittableRandom random = new SplittableRandom(1);
      for (int turn = 0; turn < 1_500; turn++) {
        // Both windows in one fold: every reader must see them equal.
        try (WindowStore.Fold fold = store.fold()) {
          byte[] tag = ("k" + random.nextInt(20)).getBytes(UTF_8);
          for (long start : starts) {
            fold.add(store.window(start, ALL), tag, 0, tag.length, 1);
          }
          fold.add(store.window(turn % 90 * MINUTE, ALL), tag, 0, tag.length, 1);
        }
        store.publish();
        if (turn % 10 == 0) {
          store.expireBefore((turn % 90 - 10) * MINUTE);
          store.commit(new Position(turn, turn, 0, new byte[0]));
        }
      }
      closing.set(true);
      store.close();
      for (Future<Integer> read : reads) {
        assertThat(read.get(60, TimeUnit.SECONDS)).isPositive();
      }
    } finally {
      readers.shutdownNow();
    }
  }

  /** Counts the reads until the store is closed. */
  private static int readUntilClosed(
      CountDownLatch reading, AtomicBoolean closing, Runnable reader) {
    for (int reads = 0; ; reads++) {
      try {
        reader.run();
        reading.countDown();
      } catch (StoreException e) {
        assertThat(e.kind()).isEqualTo(StoreException.Kind.CLOSED);
        assertThat(closing).isTrue();
        return reads;
      }
    }
  }

  private static final class CountReader implements Runnable {
    private final WindowStore store;
    private long last;

    CountReader(WindowStore store) {
      this.store = store;
    }

    @Override
    public void run() {
      long[] counts = counts(store, "", "k7", 100 * MINUTE, 101 * MINUTE);
      assertThat(counts[0]).isEqualTo(counts[1]).isGreaterThanOrEqualTo(last);
      last = counts[0];
    }
  }

  private static final class TopReader implements Runnable {
    private final WindowStore store;
    private long lastTotal;

    TopReader(WindowStore store) {
      this.store = store;
    }

    @Override
    public void run() {
      long[] starts = {100 * MINUTE, 101 * MINUTE};
      long total = 0;
      for (RankedRow row : store.top(starts, "", 100)) {
        assertThat(row.counts()[0]).isEqualTo(row.counts()[1]);
        total += row.total();
      }
      assertThat(total).isGreaterThanOrEqualTo(lastTotal);
      lastTotal = total;
      store
          .heads()
          .top(starts, "", 10)
          .ifPresent(
              rows -> rows.forEach(row -> assertThat(row.counts()[0]).isEqualTo(row.counts()[1])));
    }
  }

  @Test
  void closedStoreTellsReadersSo() {
    WindowStore store = open();
    store.close();
    store.close();
    for (Callable<?> read :
        List.<Callable<?>>of(
            () -> store.counts(new long[] {0}, ALL, ALL), () -> store.top(new long[] {0}, "", 1))) {
      assertThatThrownBy(read::call)
          .isInstanceOfSatisfying(
              StoreException.class,
              e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.CLOSED));
    }
    assertThat(store.estimatedKeys()).isZero();
    assertThat(store.sstBytes()).isZero();
  }
}
