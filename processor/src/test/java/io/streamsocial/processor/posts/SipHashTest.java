package io.streamsocial.processor.posts;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SipHashTest {
  private final SipHash hash = new SipHash(0x0706050403020100L, 0x0f0e0d0c0b0a0908L);

  private String result() {
    byte[] bytes =
        ByteBuffer.allocate(16)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(hash.low())
            .putLong(hash.high())
            .array();
    return HexFormat.of().formatHex(bytes);
  }

  /** Of the authors' reference code: the key is 00 to 0f, the input 00, 01, 02 and so on. */
  @ParameterizedTest
  @CsvSource({
    "0, a3817f04ba25a8e66df67214c7550293",
    "1, da87c1d86b99af44347659119b22fc45",
    "15, 5493e99933b0a8117e08ec0f97cfc3d9",
    "7, a1f1ebbed8dbc153c0b84aa61ff08239",
    "8, 3b62a9ba6258f5610f83e264f31497b4",
    "63, 5150d1772f50834a503e069a973fbd7c"
  })
  void theHashIsThatOfTheReferenceCode(int length, String expected) {
    byte[] input = new byte[length];
    for (int i = 0; i < length; i++) {
      input[i] = (byte) i;
    }
    hash.hash(input);
    assertThat(result()).isEqualTo(expected);
  }

  @Test
  void charactersHashAsTheirBytes() {
    String text = "post-ключ-０-0123456789";
    for (int length = 0; length <= text.length(); length++) {
      hash.hash(text.substring(0, length).getBytes(StandardCharsets.UTF_16LE));
      String expected = result();
      hash.hash(("#" + text).toCharArray(), 1, length);
      assertThat(result()).isEqualTo(expected);
    }
  }

  @Test
  void asciiHashesAsItsCharacters() {
    String text = "post-0123456789";
    for (int length = 0; length <= text.length(); length++) {
      hash.hash(text.toCharArray(), 0, length);
      String expected = result();
      hash.hashAscii(("#" + text).getBytes(StandardCharsets.US_ASCII), 1, length);
      assertThat(result()).isEqualTo(expected);
    }
  }
}
