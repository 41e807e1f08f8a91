package io.streamsocial.processor.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.processor.Property;
import java.util.Arrays;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

final class InputProgressTest {
  private final InputProgress progress = new InputProgress();

  private void source(int source, long watermarkMs, boolean idle) {
    progress.update(3, source, 10, watermarkMs, 1_000, idle);
  }

  @Test
  void nothingIsLateBeforeTheFirstWatermark() {
    assertThat(progress.streamTimeMs()).isEqualTo(InputProgress.NO_TIME);
    assertThat(progress.advance()).isFalse();
    assertThat(progress.streamTimeMs()).isEqualTo(InputProgress.NO_TIME);
  }

  @Test
  void streamTimeIsTheSmallestWatermark() {
    source(0, 300, false);
    source(1, 100, false);
    source(2, 200, false);
    assertThat(progress.advance()).isTrue();
    assertThat(progress.streamTimeMs()).isEqualTo(100);
    source(1, 250, false);
    assertThat(progress.advance()).isTrue();
    assertThat(progress.streamTimeMs()).isEqualTo(200);
    assertThat(progress.advance()).isFalse();
  }

  @Test
  void aSourceNeverHeardOfHoldsStreamTimeBack() {
    source(0, 300, false);
    source(1, 100, false);
    assertThat(progress.advance()).isFalse();
    source(2, InputProgress.NO_TIME, false);
    assertThat(progress.advance()).isFalse();
    source(2, 50, false);
    assertThat(progress.advance()).isTrue();
    assertThat(progress.streamTimeMs()).isEqualTo(50);
  }

  @Test
  void anIdleSourceHoldsNothingBack() {
    source(0, 300, false);
    source(1, 100, true);
    source(2, InputProgress.NO_TIME, true);
    assertThat(progress.advance()).isTrue();
    assertThat(progress.streamTimeMs()).isEqualTo(300);
  }

  @Test
  void streamTimeStandsStillWhileAllAreIdle() {
    source(0, 300, true);
    source(1, 100, true);
    source(2, 200, true);
    assertThat(progress.advance()).isFalse();
    assertThat(progress.streamTimeMs()).isEqualTo(InputProgress.NO_TIME);
  }

  @Test
  void streamTimeNeverGoesBack() {
    source(0, 300, false);
    source(1, 100, true);
    source(2, 400, false);
    assertThat(progress.advance()).isTrue();
    source(1, 150, false);
    assertThat(progress.advance()).isFalse();
    assertThat(progress.streamTimeMs()).isEqualTo(300);
  }

  @Test
  void anOlderNoteTakesNothingBack() {
    progress.update(1, 0, 10, 500, 1_000, false);
    progress.update(1, 0, 5, 400, 900, false);
    assertThat(progress.advance()).isTrue();
    assertThat(progress.streamTimeMs()).isEqualTo(500);
    assertThat(progress.offsets()).containsEntry(0, 10L);
    assertThat(progress.topics().get(0).freshMs(0)).isEqualTo(1_000);
  }

  @Test
  void theLargestTimesAreTimes() {
    progress.update(1, 0, Long.MAX_VALUE, Long.MAX_VALUE - 1, Long.MAX_VALUE, false);
    assertThat(progress.advance()).isTrue();
    assertThat(progress.streamTimeMs()).isEqualTo(Long.MAX_VALUE - 1);
  }

  @Test
  void offsetsNameOnlySourcesHeardOf() {
    assertThat(progress.offsets()).isEmpty();
    source(1, 100, false);
    assertThat(progress.offsets()).containsOnlyKeys(1);
  }

  @Test
  void aNewerNoteIsRightThoughItsClockWasSetBack() {
    progress.update(1, 0, 10, 500, 90_000_000, false);
    progress.update(1, 0, 10, 500, 1_000, false);
    assertThat(progress.topics().get(0).freshMs(0)).isEqualTo(1_000);
    progress.update(1, 0, 11, 500, 0, false);
    assertThat(progress.topics().get(0).freshMs(0))
        .as("unknown takes nothing back")
        .isEqualTo(1_000);
  }

  @Test
  void sourcesMayGrowInNumber() {
    progress.update(1, 0, 1, 100, 1, false);
    assertThat(progress.advance()).isTrue();
    progress.update(2, 1, 1, 50, 1, false);
    assertThat(progress.advance()).isFalse();
    progress.update(2, 0, 2, 300, 1, false);
    progress.update(2, 1, 2, 200, 1, false);
    assertThat(progress.advance()).isTrue();
    assertThat(progress.streamTimeMs()).isEqualTo(200);
  }

  @Test
  void aCopyIsIndependent() {
    source(0, 300, true);
    source(1, 100, false);
    source(2, 200, false);
    progress.advance();
    InputProgress copy = progress.copy();
    source(1, 500, false);
    progress.advance();
    assertThat(progress.streamTimeMs()).isEqualTo(200);
    assertThat(copy.streamTimeMs()).isEqualTo(100);
    assertThat(copy.offsets()).isEqualTo(progress.offsets());
  }

  @Test
  void decodingUndoesEncoding() {
    Property.holds(
        500,
        random -> {
          InputProgress any = new InputProgress();
          int sources = random.nextInt(1, 10);
          for (int i = random.nextInt(20); i > 0; i--) {
            any.update(
                sources,
                random.nextInt(sources),
                Property.magnitude(random),
                random.nextInt(4) == 0 ? InputProgress.NO_TIME : Property.magnitude(random),
                Property.magnitude(random),
                random.nextBoolean());
            any.advance();
          }
          byte[] bytes = any.encode();
          InputProgress read = InputProgress.decode(bytes);
          assertThat(read.encode()).isEqualTo(bytes);
          assertThat(read.streamTimeMs()).isEqualTo(any.streamTimeMs());
          assertThat(read.offsets()).isEqualTo(any.offsets());
          assertThat(read.advance()).isEqualTo(any.advance());
        });
  }

  private static long formerMs(InputProgress of) {
    return of.formerMs(of.topics().isEmpty() ? Uuid.ZERO_UUID : of.topics().get(0).id());
  }

  @Test
  void theLargestTimeOfFormerTopicsIsKept() {
    progress.of(Uuid.randomUuid());
    source(0, 300, true);
    source(1, 500, true);
    assertThat(formerMs(progress)).isEqualTo(InputProgress.NO_TIME);
    for (long next : new long[] {700, 600}) {
      progress.of(Uuid.randomUuid());
      assertThat(progress.offsets()).isEmpty();
      progress.update(1, 0, 1, next, 1_000, false);
    }
    assertThat(formerMs(progress)).isEqualTo(700);
    assertThat(formerMs(progress.copy())).isEqualTo(700);
    progress.of(Uuid.randomUuid());
    assertThat(formerMs(progress.copy())).isEqualTo(700);
    assertThat(formerMs(InputProgress.decode(new byte[0]))).isEqualTo(InputProgress.NO_TIME);
  }

  @Test
  void noBytesAreAnEmptyProgress() {
    assertThat(InputProgress.decode(new byte[0]).streamTimeMs()).isEqualTo(InputProgress.NO_TIME);
    assertThat(InputProgress.decode(new byte[0]).offsets()).isEmpty();
  }

  @Test
  void foreignAndTruncatedBytesAreRefused() {
    source(0, 300, true);
    byte[] bytes = progress.encode();
    for (int length = 1; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> InputProgress.decode(cut))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
    bytes[0] = 9;
    assertThatThrownBy(() -> InputProgress.decode(bytes))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("upgrade this instance");
  }

  @Test
  void whatWasPassedOverIsKeptByItsLastOffsetUntilTheViewIsThere() {
    progress.folded(7);
    progress.passedOver(-8, 100);
    progress.passedOver(-8, 90);
    InputProgress read = InputProgress.decode(progress.encode());
    assertThat(read.isKnown(7)).isTrue();
    assertThat(read.passedOver(7)).isEqualTo(-1);
    assertThat(read.passedOver(-8)).isEqualTo(100);
    assertThat(read.isKnown(9)).isFalse();
    read.has(-8);
    assertThat(read.passedOver(-8)).isEqualTo(-1);
    assertThat(read.isKnown(-8)).isTrue();
  }

  @Test
  void aResetIsKeptUntilMoreIsPassedOver() {
    progress.folded(7);
    progress.wasReset(7);
    progress.passedOver(-8, 100);
    assertThat(progress.lacksFirstRows(-8)).isTrue();
    progress.wasReset(-8);
    InputProgress read = InputProgress.decode(progress.encode());
    assertThat(read.lacksFirstRows(7)).isFalse();
    assertThat(read.lacksFirstRows(-8)).isFalse();
    assertThat(read.passedOver(-8)).as("of a state that is left somewhere").isEqualTo(100);
    read.passedOver(-8, 101);
    assertThat(read.lacksFirstRows(-8)).isTrue();
    assertThat(InputProgress.decode(read.encode()).lacksFirstRows(-8)).isTrue();
  }

  @Test
  void thatAViewWasAwayIsKeptUntilAReset() {
    progress.isAway(7);
    assertThat(progress.wasAway(7)).as("no row of it has come").isFalse();
    progress.folded(7);
    progress.folded(-8);
    progress.isAway(7);
    progress.has(7);
    progress.folded(7);
    InputProgress read = InputProgress.decode(progress.encode());
    assertThat(read.wasAway(7)).isTrue();
    assertThat(read.wasAway(-8)).isFalse();
    assertThat(read.lacksFirstRows(7)).isFalse();
    InputProgress earlier = new InputProgress();
    earlier.folded(-8);
    earlier.mergeAway(read);
    assertThat(earlier.wasAway(7)).isTrue();
    assertThat(earlier.wasAway(-8)).isFalse();
    earlier.areAwayBut(view -> view == 7);
    assertThat(earlier.wasAway(-8)).isTrue();
    read.wasReset(7);
    assertThat(InputProgress.decode(read.encode()).wasAway(7)).isFalse();
  }

  /** Instances of the version before views can read it as long as none has counted. */
  @Test
  void theFormatIsTheFormerOneUntilRowsOfAViewCome() {
    source(0, 300, false);
    assertThat(progress.encode()[0]).isEqualTo((byte) 1);
    progress.folded(7);
    assertThat(progress.encode()[0]).isEqualTo((byte) 2);
  }

  @Test
  void ofTooManyViewsTheFirstIsTakenForAny() {
    for (int view = 1; view <= ViewRows.VIEWS_MAX + 1; view++) {
      progress.passedOver(view, 100 + view);
    }
    InputProgress read = InputProgress.decode(progress.encode());
    assertThat(read.passedOver(2)).isEqualTo(102);
    assertThat(read.passedOver(1)).as("known by the others' bound").isEqualTo(101);
    assertThat(read.passedOver(1_000)).isEqualTo(101);
    assertThat(read.isKnown(1_000)).isTrue();
  }
}
