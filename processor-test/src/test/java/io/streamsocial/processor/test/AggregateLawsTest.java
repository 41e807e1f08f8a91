package io.streamsocial.processor.test;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.processor.views.AggregateFunction;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class AggregateLawsTest {
  private static List<byte[]> samples() {
    SplittableRandom random = new SplittableRandom(3);
    List<byte[]> samples = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      samples.add(new byte[] {(byte) random.nextInt(20), (byte) random.nextInt()});
    }
    return samples;
  }

  private static void check(AggregateFunction<?> function) {
    AggregateLaws.check(function, samples(), 1);
  }

  @Test
  void aFunctionThatKeepsThemPasses() {
    assertThatCode(() -> check(new ByteSet())).doesNotThrowAnyException();
  }

  @Test
  void anAverageOfAveragesIsNotAssociative() {
    ByteSet average =
        new ByteSet() {
          @Override
          public byte[] merge(byte[] one, byte[] other) {
            return new byte[] {(byte) (((one[0] & 0xFF) + (other[0] & 0xFF)) / 2)};
          }
        };
    assertThatThrownBy(() -> check(average))
        .isInstanceOf(AssertionError.class)
        .hasMessageContainingAll(
            "byte-set", "merge(merge(a, b), c) is merge(a, merge(b, c))", "a = 0x", "(seed 1)");
  }

  @Test
  void theFirstToComeIsNotCommutative() {
    ByteSet first =
        new ByteSet() {
          @Override
          public byte[] merge(byte[] one, byte[] other) {
            return one;
          }
        };
    assertThatThrownBy(() -> check(first)).hasMessageContaining("merge(a, b) is merge(b, a)");
  }

  @Test
  void bytesThatDependOnTheObjectAreFound() {
    int[] calls = new int[1];
    ByteSet unstable =
        new ByteSet() {
          @Override
          public byte[] encode(byte[] state) {
            return new byte[] {(byte) calls[0]++};
          }
        };
    assertThatThrownBy(() -> check(unstable)).isInstanceOf(AssertionError.class);
  }

  @Test
  void aStateWithoutABoundIsFound() {
    ByteSet endless =
        new ByteSet() {
          @Override
          public byte[] merge(byte[] one, byte[] other) {
            return new byte[one.length + other.length + BYTES_MAX / 3];
          }
        };
    assertThatThrownBy(() -> check(endless)).hasMessageContaining("at most 65536 bytes");
  }

  @Test
  void aFunctionThatReadsTheWholeArrayIsFound() {
    ByteSet greedy =
        new ByteSet() {
          @Override
          public byte[] add(byte[] state, long timeMs, byte[] bytes, int offset, int length) {
            return super.add(state, timeMs, bytes, 0, bytes.length);
          }
        };
    assertThatThrownBy(() -> check(greedy)).hasMessageContaining("from offset on");
  }
}
