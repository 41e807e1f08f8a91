package io.streamsocial.processor.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.processor.Property;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** {@link ByteWriter} and {@link ByteReader}: what one writes, the other reads. */
final class ByteCodecTest {
  private final ByteWriter out = new ByteWriter();
  private final ByteReader in = new ByteReader();

  @Test
  void everyNumberComesBack() {
    long[] edges = {
      0, 1, 127, 128, 16_383, 16_384, Integer.MAX_VALUE, Long.MAX_VALUE, Long.MIN_VALUE, -1
    };
    for (long edge : edges) {
      assertRoundTrip(edge);
    }
    Property.holds(2_000, random -> assertRoundTrip(Property.magnitude(random)));
  }

  private void assertRoundTrip(long number) {
    out.clear();
    out.putVarint(number);
    out.putSigned(number);
    out.putSigned(-number);
    in.reset(out.toBytes());
    assertThat(in.getVarint()).isEqualTo(number);
    assertThat(in.getSigned()).isEqualTo(number);
    assertThat(in.getSigned()).isEqualTo(-number);
    assertThat(in.hasRemaining()).isFalse();
  }

  @Test
  void smallNumbersTakeOneByteAndTheLargestTen() {
    assertThat(size(127)).isEqualTo(1);
    assertThat(size(128)).isEqualTo(2);
    assertThat(size(-1)).isEqualTo(10);
    out.clear();
    out.putSigned(-64);
    assertThat(out.size()).isEqualTo(1);
  }

  private int size(long number) {
    out.clear();
    out.putVarint(number);
    return out.size();
  }

  @Test
  void theWriterGrowsAndForgets() {
    byte[] large = new byte[10_000];
    large[9_999] = 7;
    out.put(1);
    out.put(large, 0, large.length);
    assertThat(out.toBytes()).hasSize(10_001).endsWith(7);
    out.clear();
    assertThat(out.toBytes()).isEmpty();
  }

  @Test
  void aReaderSeesOnlyItsPartOfABuffer() {
    byte[] bytes = {9, 9, 1, 2, 9};
    for (ByteBuffer buffer :
        new ByteBuffer[] {
          ByteBuffer.wrap(bytes, 2, 2),
          ByteBuffer.wrap(bytes, 1, 4).slice().position(1).limit(3),
          ByteBuffer.allocateDirect(5).put(bytes).position(2).limit(4),
          ByteBuffer.wrap(bytes, 2, 2).asReadOnlyBuffer()
        }) {
      in.reset(buffer);
      assertThat(in.get()).isEqualTo(1);
      assertThat(in.copy(1)).containsExactly(2);
      assertThat(in.hasRemaining()).isFalse();
      assertThatThrownBy(in::get).isInstanceOf(IndexOutOfBoundsException.class);
      assertThat(buffer.remaining()).isEqualTo(2);
    }
  }

  @Test
  void whatDoesNotFitIsRefused() {
    in.reset(new byte[] {5, 1, 2});
    assertThatThrownBy(in::getLength).isInstanceOf(IndexOutOfBoundsException.class);
    in.reset(new byte[] {1, 2});
    assertThatThrownBy(() -> in.skip(3)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> in.skip(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> in.copy(Integer.MAX_VALUE))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThat(in.skip(2)).isZero();
    in.reset(new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0});
    assertThatThrownBy(in::getVarint).isInstanceOf(IndexOutOfBoundsException.class);
    in.reset(new byte[] {-1});
    assertThatThrownBy(in::getVarint).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void aNegativeLengthIsRefused() {
    out.putVarint(-1);
    in.reset(out.toBytes());
    assertThatThrownBy(in::getLength).isInstanceOf(IndexOutOfBoundsException.class);
  }
}
