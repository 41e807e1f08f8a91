package io.streamsocial.processor.offline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.streamsocial.processor.task.Restorer;
import io.streamsocial.store.Position;
import io.streamsocial.store.Windowing;
import io.streamsocial.store.table.CountTable;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

/** Each rule of what is a difference, what is none, and what cannot be known. */
class RowJudgeTest {
  private static final Windowing WINDOWING = new Windowing(1_000, 1_000, 10_000);
  private static final byte[] TAG = "java".getBytes(StandardCharsets.UTF_8);
  private static final byte[] REGION = "EU".getBytes(StandardCharsets.UTF_8);
  private static final long STREAM_TIME_MS = 20_000;
  private static final long ON_TIME = 19_000;
  private static final long LATE = 18_000;
  private static final long NOTHING_DELETED = Long.MIN_VALUE;

  private Restorer.Bounds changelog = new Restorer.Bounds(0, 100);
  private boolean inPublish;

  private enum Found {
    EQUAL,
    UNPROVEN,
    DIFFERENT
  }

  private Found judge(
      long start, long deletedBefore, long input, long before, long later, long state)
      throws Tallies.TooManyException {
    VerifiedPartition partition =
        new VerifiedPartition(
            0,
            new Position(5, 50, STREAM_TIME_MS, new byte[0]),
            Uuid.ZERO_UUID,
            WINDOWING,
            changelog,
            inPublish);
    Tallies tallies = new Tallies(Tallies.KeySlice.ALL, 10);
    Tallies.Rows rows = tallies.rows(start, REGION);
    int row = tallies.row(rows, CountTable.hash(TAG, 0, TAG.length), TAG, 0, TAG.length);
    for (long i = 0; i < input; i++) {
      rows.addInput(row);
    }
    rows.changelog(row, before);
    rows.later(row, later);
    rows.state(row, state);
    RowJudge judge = new RowJudge(WINDOWING, tag -> partition, deletedBefore, 10);
    tallies.forEach(judge::judge);
    assertThat(judge.rows()).isEqualTo(1);
    assertThat(judge.differences()).hasSize((int) judge.differenceCount());
    return judge.differenceCount() > 0
        ? Found.DIFFERENT
        : judge.unproven() > 0 ? Found.UNPROVEN : Found.EQUAL;
  }

  private Found byInput(long start, long deletedBefore, long input, long state)
      throws Tallies.TooManyException {
    return judge(start, deletedBefore, input, state == 0 ? Tallies.NONE : state, -1, state);
  }

  @Test
  void aWindowThatIsNotLateMustBeEqual() throws Exception {
    assertThat(byInput(ON_TIME, NOTHING_DELETED, 5, 5)).isEqualTo(Found.EQUAL);
    assertThat(byInput(ON_TIME, NOTHING_DELETED, 5, 4)).isEqualTo(Found.DIFFERENT);
    assertThat(byInput(ON_TIME, NOTHING_DELETED, 5, 6)).isEqualTo(Found.DIFFERENT);
    assertThat(byInput(ON_TIME, NOTHING_DELETED, 5, 0)).isEqualTo(Found.DIFFERENT);
  }

  @Test
  void aLateWindowMayHaveLess() throws Exception {
    assertThat(byInput(LATE, NOTHING_DELETED, 5, 5)).isEqualTo(Found.EQUAL);
    assertThat(byInput(LATE, NOTHING_DELETED, 5, 4)).isEqualTo(Found.UNPROVEN);
    assertThat(byInput(LATE, NOTHING_DELETED, 5, 0)).isEqualTo(Found.UNPROVEN);
    assertThat(byInput(LATE, NOTHING_DELETED, 5, 6)).isEqualTo(Found.DIFFERENT);
  }

  @Test
  void withPostsDeletedItMayHaveMore() throws Exception {
    assertThat(byInput(ON_TIME, ON_TIME, 5, 5)).isEqualTo(Found.UNPROVEN);
    assertThat(byInput(ON_TIME, ON_TIME, 5, 6)).isEqualTo(Found.UNPROVEN);
    assertThat(byInput(ON_TIME, ON_TIME, 5, 4)).isEqualTo(Found.DIFFERENT);
    assertThat(byInput(ON_TIME, ON_TIME - 1, 5, 6)).isEqualTo(Found.DIFFERENT);
    assertThat(byInput(LATE, ON_TIME, 5, 1)).isEqualTo(Found.UNPROVEN);
    assertThat(byInput(LATE, ON_TIME, 5, 9)).isEqualTo(Found.UNPROVEN);
    inPublish = true;
    assertThat(byInput(ON_TIME, NOTHING_DELETED, 5, 9)).isEqualTo(Found.UNPROVEN);
  }

  @Test
  void theChangelogMustHaveTheSameOrFrameIt() throws Exception {
    assertThat(judge(ON_TIME, NOTHING_DELETED, 5, 4, -1, 5)).isEqualTo(Found.DIFFERENT);
    assertThat(judge(ON_TIME, NOTHING_DELETED, 5, -1, -1, 5)).isEqualTo(Found.DIFFERENT);
    assertThat(judge(ON_TIME, NOTHING_DELETED, 5, 4, 6, 5)).isEqualTo(Found.UNPROVEN);
    assertThat(judge(ON_TIME, NOTHING_DELETED, 5, -1, 5, 5)).isEqualTo(Found.UNPROVEN);
    assertThat(judge(ON_TIME, NOTHING_DELETED, 5, -1, 4, 5)).isEqualTo(Found.DIFFERENT);
    assertThat(judge(ON_TIME, NOTHING_DELETED, 5, 6, 7, 5)).isEqualTo(Found.DIFFERENT);
    // The row of a mark, sent again behind the position.
    assertThat(judge(ON_TIME, NOTHING_DELETED, 5, 5, 5, 5)).isEqualTo(Found.EQUAL);
    assertThat(judge(ON_TIME, NOTHING_DELETED, 5, 5, 9, 5)).isEqualTo(Found.EQUAL);
    assertThat(judge(ON_TIME, NOTHING_DELETED, 6, 5, 9, 5)).isEqualTo(Found.DIFFERENT);
    changelog = new Restorer.Bounds(10, 100);
    assertThat(judge(ON_TIME, NOTHING_DELETED, 5, -1, -1, 5)).isEqualTo(Found.UNPROVEN);
  }

  @Test
  void everyKeyIsInExactlyOneSlice() {
    Tallies.KeySlice[] halves = Tallies.KeySlice.ALL.halves();
    Tallies.KeySlice[] quarters = halves[1].halves();
    for (int i = 0; i < 1_000; i++) {
      byte[] tag = ("tag" + i).getBytes(StandardCharsets.UTF_8);
      int hash = CountTable.hash(tag, 0, tag.length);
      assertThat(Tallies.KeySlice.ALL.has(hash)).isTrue();
      int times = 0;
      for (Tallies.KeySlice slice : new Tallies.KeySlice[] {halves[0], quarters[0], quarters[1]}) {
        times += slice.has(hash) ? 1 : 0;
      }
      assertThat(times).isEqualTo(1);
    }
  }

  @Test
  void rowsAreBounded() throws Exception {
    Tallies tallies = new Tallies(Tallies.KeySlice.ALL, 100);
    Tallies.Rows rows = tallies.rows(0, REGION);
    for (int i = 0; i < 100; i++) {
      assertThat(row(tallies, rows, i)).isEqualTo(i);
      rows.state(i, i);
    }
    assertThat(row(tallies, rows, 99)).isEqualTo(99);
    assertThat(rows.state(70)).isEqualTo(70);
    assertThat(rows.changelog(70)).isEqualTo(Tallies.NONE);
    assertThatExceptionOfType(Tallies.TooManyException.class)
        .isThrownBy(() -> row(tallies, rows, 100));
  }

  private static int row(Tallies tallies, Tallies.Rows rows, int i)
      throws Tallies.TooManyException {
    byte[] tag = ("tag" + i).getBytes(StandardCharsets.UTF_8);
    return tallies.row(rows, CountTable.hash(tag, 0, tag.length), tag, 0, tag.length);
  }
}
