package io.streamsocial.processor.task;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.log.RowFormat;
import io.streamsocial.store.HeapBudget;
import io.streamsocial.store.HeapBudget.Use;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The rows of a checkpoint under way are packed, and in the budget. */
final class PendingRowsTest {
  private static final int ROWS = 20_000;
  private static final byte[] REGION = "region".getBytes(UTF_8);

  private final HeapBudget heap = new HeapBudget(100 << 20);
  private final PendingRows rows = new PendingRows(RowFormat.TRENDING, heap);

  private static byte[] key(int i) {
    byte[] tag = "t".repeat(1 + i % 2_000).getBytes(UTF_8);
    return RowFormat.TRENDING.key(60_000L * i, REGION, tag, 0, tag.length);
  }

  @Test
  void rowsComeBackInTheirOrder() {
    for (int i = 0; i < ROWS; i++) {
      rows.add(key(i), RowFormat.TRENDING.value(new long[] {Long.MAX_VALUE - i}, 0));
    }
    List<Long> counts = new ArrayList<>();
    rows.forEach(
        (key, bytes, value, length) -> {
          assertThat(key).isEqualTo(key(counts.size()));
          long[] row = RowFormat.TRENDING.row(key, bytes, value, length, new long[1]);
          counts.add(row[0]);
        });
    assertThat(counts).hasSize(ROWS);
    assertThat(counts.get(ROWS - 1)).isEqualTo(Long.MAX_VALUE - ROWS + 1);
  }

  @Test
  void theyTakeLittleMoreThanTheirBytes() {
    long bytes = 0;
    for (int i = 0; i < ROWS; i++) {
      bytes += key(i).length + Long.BYTES;
      rows.add(key(i), RowFormat.TRENDING.value(new long[] {i}, 0));
    }
    assertThat(heap.used(Use.RESTORE)).isBetween(bytes, bytes + bytes / 20);
    rows.clear();
    assertThat(heap.used(Use.RESTORE)).isZero();
    assertThat(rows.isEmpty()).isTrue();
  }
}
