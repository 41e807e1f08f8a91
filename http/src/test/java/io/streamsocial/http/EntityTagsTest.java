package io.streamsocial.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EntityTagsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      value = {
        "W/\"a\" | true",
        "\"a\" | true",
        "\"b\", W/\"a\" | true",
        "\"b\",\"a\",\"c\" | true",
        ", ,\"a\" | true",
        "\"x,y\", \"a\" | true",
        "* | true",
        "' * ' | true",
        "'' | false",
        "a | false",
        "\"b\" | false",
        "\"aa\" | false",
        "\"x, \"a\", y\" | false",
        "\"a | false",
        "W/a | false",
        "w/\"a\" | false",
        "\"*\" | false",
        "W/ | false",
        "\"b\", * | false",
      })
  void tagsAreComparedWeakly(String header, boolean contains) {
    EntityTags tags = EntityTags.of(List.of(header));
    assertThat(tags.contain("W/\"a\"")).isEqualTo(contains);
    assertThat(tags.contain("\"a\"")).isEqualTo(contains);
  }

  @Test
  void severalHeadersAreOneList() {
    assertThat(EntityTags.of(List.of("\"b\"", "\"a\"")).contain("W/\"a\"")).isTrue();
    assertThat(EntityTags.of(List.of()).contain("W/\"a\"")).isFalse();
  }
}
