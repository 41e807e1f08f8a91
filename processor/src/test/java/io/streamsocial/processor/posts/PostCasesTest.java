package io.streamsocial.processor.posts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.processor.Property;
import io.streamsocial.processor.posts.Rejection.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Records that were once read wrongly. The body of POST /api/posts among them has its test there.
 */
final class PostCasesTest {
  private static final long NOW = 1_790_000_000_000L;

  private final PostParser parser = new PostParser(1 << 20, 60_000);

  @Test
  void eachRecordIsReadAsItShouldBe() throws IOException {
    int records = 0;
    for (JsonNode each : HashtagsTest.cases("posts.json")) {
      // Jackson bounds the digits of a number, in skipped fields too.
      boolean isLongNumber = each.path("name").textValue().contains("1000 digits");
      if (each.has("value_base64") && !isLongNumber) {
        records++;
        Rejection rejection = parse(each.path("value_base64").textValue());
        assertThat(rejection == null ? null : rejection.reason())
            .as(each.path("name").textValue())
            .isEqualTo(reason(each.path("right").textValue()));
      }
      if (each.has("sequence_base64")) {
        records++;
        assertThat(parse(each.path("sequence_base64").path(0).textValue())).isNull();
        Rejection second = parse(each.path("sequence_base64").path(1).textValue());
        assertThat(second).extracting(Rejection::reason).isEqualTo(Reason.EMPTY);
      }
    }
    assertThat(records).isEqualTo(3);
  }

  @Test
  void utf8IsWellFormedWhereTheJdkDecodesIt() {
    Property.holds(
        5_000,
        random -> {
          byte[] bytes = new byte[random.nextInt(1, 6)];
          for (int i = 0; i < bytes.length; i++) {
            bytes[i] =
                (byte) (random.nextInt(4) == 0 ? random.nextInt(256) : random.nextInt(128, 256));
          }
          boolean right = true;
          try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
          } catch (CharacterCodingException e) {
            right = false;
          }
          assertThat(Utf8.isWellFormed(bytes, 0, bytes.length))
              .as(HexFormat.of().formatHex(bytes))
              .isEqualTo(right);
        });
    for (String text : List.of("é", "日", "🎉", "\uFFFF", "\uD7FF\uE000")) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      assertThat(Utf8.isWellFormed(bytes, 0, bytes.length)).isTrue();
    }
  }

  private @Nullable Rejection parse(String base64) {
    byte[] value = Base64.getDecoder().decode(base64);
    return parser.parse(value, 0, value.length, NOW, NOW);
  }

  private static @Nullable Reason reason(String right) {
    return right.equals("counted")
        ? null
        : right.contains("not_json") ? Reason.NOT_JSON : Reason.BAD_REGION;
  }
}
