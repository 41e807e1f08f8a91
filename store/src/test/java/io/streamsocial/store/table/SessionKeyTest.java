package io.streamsocial.store.table;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.store.Property;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SessionKeyTest {
  private static byte[] of(byte[] group, byte[] key, long start) {
    SessionKey.Buffer buffer = new SessionKey.Buffer();
    buffer.key(group, group.length, key, 0, key.length);
    buffer.start(start);
    return Arrays.copyOf(buffer.bytes(), buffer.length());
  }

  @Test
  void layoutIsThatOfItsDrawing() {
    byte[] key = of("eu".getBytes(UTF_8), new byte[] {1, 0, 2}, 0x0102);
    assertThat(HexFormat.of().formatHex(key))
        .isEqualTo("6575" + "00" + "0100ff02" + "0000" + "0000000000000102");
  }

  /** Any bytes, many of them zeros, so that keys are prefixes of each other. */
  @Test
  void orderIsThatOfGroupThenKeyThenStartAndAllOfThemComeBack() {
    byte[][] groups = {{}, {'a'}, {'a', 1}, "é".getBytes(UTF_8)};
    Property.holds(
        2_000,
        random -> {
          byte[][] names = {name(random), name(random)};
          byte[][] in = {groups[random.nextInt(4)], groups[random.nextInt(4)]};
          long[] starts = {random.nextLong(Long.MAX_VALUE), random.nextLong(3)};
          byte[] a = of(in[0], names[0], starts[0]);
          byte[] b = of(in[1], names[1], starts[1]);
          int expected = Arrays.compareUnsigned(in[0], in[1]);
          expected = expected != 0 ? expected : Arrays.compareUnsigned(names[0], names[1]);
          expected = expected != 0 ? expected : Long.compare(starts[0], starts[1]);
          assertThat(Integer.signum(Arrays.compareUnsigned(a, b)))
              .isEqualTo(Integer.signum(expected));
          assertThat(SessionKey.group(a)).isEqualTo(in[0]);
          assertThat(SessionKey.key(a)).isEqualTo(names[0]);
          assertThat(SessionKey.start(a)).isEqualTo(starts[0]);
          assertBounds(in[0], names[0], names[1]);
        });
  }

  private static void assertBounds(byte[] group, byte[] name, byte[] bound) {
    byte[] prefix = SessionKey.prefix(group, name);
    assertThat(Arrays.compareUnsigned(prefix, SessionKey.from(group, bound)) >= 0)
        .isEqualTo(Arrays.compareUnsigned(name, bound) >= 0);
    assertThat(Arrays.compareUnsigned(prefix, SessionKey.behind(group))).isNegative();
  }

  private static byte[] name(SplittableRandom random) {
    byte[] name = new byte[random.nextInt(1, 5)];
    for (int i = 0; i < name.length; i++) {
      name[i] = random.nextInt(3) > 0 ? (byte) random.nextInt(-1, 2) : (byte) random.nextInt(256);
    }
    return name;
  }

  @Test
  void otherBytesAreRefused() {
    assertThatThrownBy(() -> of(new byte[] {'a', 0}, new byte[] {1}, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0x00");
    assertThatThrownBy(() -> SessionKey.start(new byte[] {1, 2, 3}))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> SessionKey.key("no zero in front of a start".getBytes(UTF_8)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
