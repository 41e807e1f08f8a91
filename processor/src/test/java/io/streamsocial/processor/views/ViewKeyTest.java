package io.streamsocial.processor.views;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Keys in the order of their bytes. */
final class ViewKeyTest {
  private static ViewKey key(int... bytes) {
    byte[] key = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      key[i] = (byte) bytes[i];
    }
    return ViewKey.of(key);
  }

  @Test
  void bytesAreUnsignedAndTextIsInTheOrderOfCodePoints() {
    List<ViewKey> ordered =
        List.of(
            ViewKey.FIRST,
            ViewKey.of("a"),
            key('a', 0),
            ViewKey.of("b"),
            ViewKey.of("\uE000"),
            ViewKey.of("\uD83D\uDE00"),
            key(0xFF));
    assertThat(new ArrayList<>(new TreeSet<>(ordered))).isEqualTo(ordered);
    assertThat(ViewKey.of("a").next()).isEqualTo(key('a', 0));
  }

  @Test
  void behindAPrefixIsTheFirstKeyWithoutIt() {
    assertThat(ViewKey.of("ab").behindPrefix()).contains(ViewKey.of("ac"));
    assertThat(key('a', 0xFF, 0xFF).behindPrefix()).contains(ViewKey.of("b"));
    assertThat(key(0xFF, 0xFF).behindPrefix()).isEmpty();
    assertThat(ViewKey.FIRST.behindPrefix()).isEmpty();
  }

  @Test
  void aKeyIsTextWhereItsBytesAreUtf8() {
    assertThat(ViewKey.of("größe").text()).contains("größe");
    assertThat(key('a', 0xC3).text()).isEmpty();
    assertThat(key('a', 0xC3)).hasToString("0x61c3");
    assertThat(ViewKey.of("größe")).hasToString("größe");
  }
}
