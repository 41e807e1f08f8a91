package io.streamsocial.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PositionTest {
  @Test
  void decodingUndoesEncoding() {
    Property.holds(
        500,
        random -> {
          Position position = position(random);
          Position decoded = Position.decode(position.encode());
          assertThat(decoded).isEqualTo(position).hasSameHashCodeAs(position);
          assertThat(decoded.streamTimeMs()).isEqualTo(position.streamTimeMs());
        });
  }

  @Test
  void positionsDifferWhenAnyPartDiffers() {
    Position position = new Position(1, 2, 3, new byte[] {4});
    assertThat(position)
        .isEqualTo(new Position(1, 2, 3, new byte[] {4}))
        .isNotEqualTo(new Position(0, 2, 3, new byte[] {4}))
        .isNotEqualTo(new Position(1, 0, 3, new byte[] {4}))
        .isNotEqualTo(new Position(1, 2, 0, new byte[] {4}))
        .isNotEqualTo(new Position(1, 2, 3, new byte[] {5}));
  }

  @Test
  void anEmptyStoreStandsBeforeEveryRecord() {
    assertThat(Position.NONE).isEqualTo(new Position(0, 0, Long.MIN_VALUE, new byte[0]));
  }

  @Test
  void negativeOffsetIsRefused() {
    assertThatThrownBy(() -> new Position(-1, 0, 0, new byte[0]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Position(0, -1, 0, new byte[0]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void changelogOffsetNeverGoesBack() {
    Position position = new Position(1, 5, 3, new byte[] {4});
    assertThat(position.withChangelogOffset(5)).isEqualTo(position);
    assertThat(position.withChangelogOffset(9)).isEqualTo(new Position(1, 9, 3, new byte[] {4}));
    assertThatThrownBy(() -> position.withChangelogOffset(4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("4")
        .hasMessageContaining("5");
  }

  @Test
  void progressIsCopiedAtTheBorder() {
    byte[] progress = {1};
    Position position = new Position(0, 0, 0, progress);
    progress[0] = 2;
    position.progress()[0] = 3;
    assertThat(position.progress()).containsExactly(1);
  }

  @Test
  void otherBytesAreRefused() {
    byte[] good = Position.NONE.encode();
    byte[] otherVersion = good.clone();
    otherVersion[0]++;
    for (byte[] bytes : new byte[][] {{}, Arrays.copyOf(good, 24), otherVersion}) {
      assertThatThrownBy(() -> Position.decode(bytes)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static Position position(SplittableRandom random) {
    byte[] progress = new byte[random.nextInt(40)];
    random.nextBytes(progress);
    return new Position(
        random.nextLong() >>> 1, random.nextLong() >>> 1, random.nextLong(), progress);
  }
}
