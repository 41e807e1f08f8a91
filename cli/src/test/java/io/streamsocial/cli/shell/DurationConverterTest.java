package io.streamsocial.cli.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class DurationConverterTest {
  private final DurationConverter converter = new DurationConverter();

  @ParameterizedTest
  @CsvSource({
    "0, 0, 0s",
    "300000, 300000, 5m",
    "300000ms, 300000, 5m",
    "300s, 300000, 5m",
    "5m, 300000, 5m",
    "1h, 3600000, 1h",
    "2d, 172800000, 48h",
    "' 5 M ', 300000, 5m",
    "1500, 1500, 1500ms",
    "90s, 90000, 90s"
  })
  void durationsAreReadAsPeopleWriteThem(String text, long ms, String shortest) {
    assertThat(converter.convert(text).toMillis()).isEqualTo(ms);
    assertThat(DurationConverter.format(converter.convert(text))).isEqualTo(shortest);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "m", "-5m", "5 minutes", "1.5h", "five", "99999999999999999999s"})
  void whatIsNotADurationIsRefusedWithWhatWouldBe(String text) {
    assertThatThrownBy(() -> converter.convert(text))
        .isInstanceOf(TypeConversionException.class)
        .hasMessageContaining("5m");
  }
}
