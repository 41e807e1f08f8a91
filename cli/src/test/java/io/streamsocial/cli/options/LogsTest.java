package io.streamsocial.cli.options;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.joran.spi.JoranException;
import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.http.Json;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.slf4j.event.KeyValuePair;

/** Log lines as people and machines get them. */
final class LogsTest {
  private static final String FORGED =
      "#tag\n2026-01-01 ERROR forged\r\u0007\u001b[31m\u2028\u0085";
  private static final LoggerContext CONTEXT = (LoggerContext) LoggerFactory.getILoggerFactory();

  @Test
  void aLineOfJsonHasWhatASearchNeeds() throws Exception {
    LoggingEvent event = event("{} rows of {}", null, 3, "x");
    event.addKeyValuePair(new KeyValuePair("request_id", "r-1"));
    event.addKeyValuePair(new KeyValuePair("message", "not this one"));
    JsonNode line = Json.MAPPER.readTree(json(event));
    assertThat(line.fieldNames())
        .toIterable()
        .containsExactlyInAnyOrder(
            "timestamp",
            "level",
            "logger",
            "thread",
            "message",
            "request_id",
            "instance_id",
            "app_id");
    assertThat(Instant.parse(line.get("timestamp").asText()).toEpochMilli())
        .isEqualTo(event.getTimeStamp());
    assertThat(line.get("level").asText()).isEqualTo("WARN");
    assertThat(line.get("message").asText()).isEqualTo("3 rows of x");
    assertThat(line.get("request_id").asText()).isEqualTo("r-1");
    assertThat(line.get("instance_id").asText()).isEqualTo("7");
  }

  @Test
  void anErrorIsOneLineOfJsonToo() throws Exception {
    String text = json(event("it failed", new IllegalStateException(FORGED)));
    assertThat(text.strip().lines()).hasSize(1);
    JsonNode error = Json.MAPPER.readTree(text).get("error");
    assertThat(error.get("type").asText()).isEqualTo("java.lang.IllegalStateException");
    assertThat(error.get("message").asText()).isEqualTo(FORGED);
    assertThat(error.get("stack").asText()).contains("at io.streamsocial.cli.options.LogsTest");
  }

  @Test
  void foreignTextCannotForgeALineOfJson() throws Exception {
    String text = json(event("seen {}", null, FORGED));
    assertThat(text).endsWith("\n");
    assertThat(text.substring(0, text.length() - 1)).doesNotContainPattern("\\p{Cntrl}");
    assertThat(Json.MAPPER.readTree(text).get("message").asText()).isEqualTo("seen " + FORGED);
  }

  @Test
  void foreignTextCannotForgeALineOfText() {
    String text = text(event("seen {}", null, FORGED));
    assertThat(text).endsWith("\n").contains("WARN", "seen #tag?2026");
    assertThat(text.substring(0, text.length() - 1)).doesNotContainPattern("[\\p{Cc}\u2028]");
  }

  @Test
  void anExceptionsMessageCannotForgeALineOfText() {
    String text = text(event("failed", new IllegalStateException(FORGED)));
    assertThat(text.lines().skip(1))
        .allMatch(
            line ->
                line.startsWith("\tat ")
                    || line.startsWith("java.lang.Illegal")
                    || line.startsWith("\t... "));
    assertThat(text).contains("\tat io.streamsocial.cli.options.LogsTest");
  }

  @Test
  void aLineOfTextShowsItsKeysAndNoEmptyEnd() {
    LoggingEvent event = event("begins", null);
    assertThat(text(event)).endsWith(" - begins\n");
    event.addKeyValuePair(new KeyValuePair("request_id", "r-1"));
    assertThat(text(event)).endsWith(" - begins request_id=\"r-1\"\n");
  }

  @Test
  void jsonIsForThoseWhomNobodyWatches() {
    LogOptions options = new LogOptions();
    assertThat(options.isJson(false)).isTrue();
    assertThat(options.isJson(true)).isFalse();
    options.format = LogOptions.Format.TEXT;
    assertThat(options.isJson(false)).isFalse();
    options.format = LogOptions.Format.JSON;
    assertThat(options.isJson(true)).isTrue();
  }

  private static LoggingEvent event(
      String message, @Nullable Throwable error, Object... arguments) {
    Logger logger = CONTEXT.getLogger(LogsTest.class);
    return new LoggingEvent(
        LogsTest.class.getName(), logger, Level.WARN, message, error, arguments);
  }

  private static String json(LoggingEvent event) {
    JsonLines lines = new JsonLines(Map.of("instance_id", "7", "app_id", "a"));
    return new String(lines.encode(event), StandardCharsets.UTF_8);
  }

  /** By the pattern of the configuration that is shipped. */
  private static String text(LoggingEvent event) {
    LoggerContext shipped = new LoggerContext();
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(shipped);
    try {
      configurator.doConfigure(LogsTest.class.getResource("/logback.xml"));
    } catch (JoranException e) {
      throw new IllegalStateException(e);
    }
    OutputStreamAppender<?> appender =
        (OutputStreamAppender<?>) shipped.getLogger(Logger.ROOT_LOGGER_NAME).getAppender("STDERR");
    PatternLayoutEncoder encoder = (PatternLayoutEncoder) appender.getEncoder();
    return new String(encoder.encode(event), StandardCharsets.UTF_8);
  }
}
