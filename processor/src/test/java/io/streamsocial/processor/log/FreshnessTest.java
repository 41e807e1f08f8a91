package io.streamsocial.processor.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.Moment;
import org.junit.jupiter.api.Test;

final class FreshnessTest {
  private static final long WALL = 1_763_000_000_000L;
  private static final long STEADY = 1_000_000;
  private static final long DAY = 86_400_000;

  private final Freshness freshness = new Freshness();

  private static Moment at(long ms) {
    return new Moment(WALL + ms, STEADY + ms);
  }

  /** Of the only source. */
  private void note(long freshMs, long publishedMs, Moment now) {
    freshness.note(0, 1, 0, freshMs, publishedMs, now);
  }

  @Test
  void itIsThatOfTheStalestSource() {
    assertThat(freshness.untilMs()).isZero();
    freshness.note(0, 2, 0, WALL - 300, WALL, at(0));
    assertThat(freshness.untilMs()).as("of one source nothing is known").isZero();
    freshness.note(0, 2, 1, WALL - 500, WALL, at(0));
    assertThat(freshness.untilMs()).isEqualTo(STEADY - 500);
    assertThat(freshness.newestMs()).as("how far the log is read").isEqualTo(STEADY - 300);
  }

  @Test
  void theWayFromThePublisherCounts() {
    note(WALL - 300, WALL, at(200));
    assertThat(freshness.untilMs()).isEqualTo(STEADY - 300);
  }

  @Test
  void aPublisherWhoseClockIsAheadOrBehindIsAsOldAsItSays() {
    note(WALL + DAY - 700, WALL + DAY, at(0));
    assertThat(freshness.untilMs()).isEqualTo(STEADY - 700);
  }

  @Test
  void withoutNewsItAgesWhateverTheWallClockDoes() {
    note(WALL, WALL, at(0));
    long age = STEADY + 5_000 - freshness.untilMs();
    assertThat(age).isEqualTo(5_000);
    note(0, WALL - DAY, new Moment(WALL - DAY, STEADY + 5_000));
    assertThat(freshness.untilMs()).as("unknown is no news").isEqualTo(STEADY);
  }

  @Test
  void whatIsKnownIsNotTakenBack() {
    note(WALL, WALL, at(0));
    note(WALL - 9_000, WALL + 1_000, at(1_000));
    assertThat(freshness.untilMs()).isEqualTo(STEADY);
  }

  @Test
  void aStoredProgressIsAsOldAsItsTimeUnlessThatLiesAhead() {
    InputProgress stored = new InputProgress();
    stored.update(1, 0, 10, 500, WALL - 60_000, false);
    freshness.note(stored, at(0));
    assertThat(freshness.untilMs()).isEqualTo(STEADY - 60_000);
    Freshness after = new Freshness();
    stored.update(1, 0, 11, 500, WALL + DAY, false);
    after.note(stored, at(0));
    assertThat(after.untilMs()).as("written while a clock was a day ahead").isZero();
  }
}
