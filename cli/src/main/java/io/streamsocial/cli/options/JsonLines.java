package io.streamsocial.cli.options;

import ch.qos.logback.classic.pattern.ThrowableProxyConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.encoder.EncoderBase;
import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.event.KeyValuePair;

/**
 * A log event as one line of JSON: timestamp, level, logger, thread, message, the fields of this
 * event, those of the process, and an error with its stack. Jackson escapes all that could forge a
 * line. Logback's own encoder is not used because its field names are fixed.
 */
final class JsonLines extends EncoderBase<ILoggingEvent> {
  private static final String FRAMES_MAX = "30";
  private static final Set<String> OURS =
      Set.of("timestamp", "level", "logger", "thread", "message", "error");
  private static final byte[] NONE = new byte[0];

  private final Map<String, String> ofProcess;
  private final ThrowableProxyConverter stack = new ThrowableProxyConverter();

  /**
   * @param ofProcess written into every line
   */
  JsonLines(Map<String, String> ofProcess) {
    this.ofProcess = Map.copyOf(ofProcess);
    stack.setOptionList(List.of(FRAMES_MAX));
    stack.start();
  }

  @Override
  public byte[] headerBytes() {
    return NONE;
  }

  @Override
  public byte[] footerBytes() {
    return NONE;
  }

  @Override
  public byte[] encode(ILoggingEvent event) {
    ByteArrayOutputStream line = new ByteArrayOutputStream(512);
    try (JsonGenerator json = Json.MAPPER.createGenerator(line)) {
      write(json, event);
    } catch (IOException e) {
      throw new UncheckedIOException("memory cannot be written", e);
    }
    line.write('\n');
    return line.toByteArray();
  }

  private void write(JsonGenerator json, ILoggingEvent event) throws IOException {
    json.writeStartObject();
    json.writeStringField("timestamp", Instant.ofEpochMilli(event.getTimeStamp()).toString());
    json.writeStringField("level", event.getLevel().toString());
    json.writeStringField("logger", event.getLoggerName());
    json.writeStringField("thread", event.getThreadName());
    json.writeStringField("message", event.getFormattedMessage());
    Set<String> written = new HashSet<>(OURS);
    if (event.getKeyValuePairs() != null) {
      for (KeyValuePair pair : event.getKeyValuePairs()) {
        field(json, written, pair.key, String.valueOf(pair.value));
      }
    }
    for (Map.Entry<String, String> each : event.getMDCPropertyMap().entrySet()) {
      field(json, written, each.getKey(), each.getValue());
    }
    for (Map.Entry<String, String> each : ofProcess.entrySet()) {
      field(json, written, each.getKey(), each.getValue());
    }
    IThrowableProxy error = event.getThrowableProxy();
    if (error != null) {
      json.writeObjectFieldStart("error");
      json.writeStringField("type", error.getClassName());
      json.writeStringField("message", error.getMessage());
      json.writeStringField("stack", stack.convert(event));
      json.writeEndObject();
    }
    json.writeEndObject();
  }

  /** A name that is written already keeps its first value, which is the more specific one. */
  private static void field(JsonGenerator json, Set<String> written, String name, String value)
      throws IOException {
    if (written.add(name)) {
      json.writeStringField(name, value);
    }
  }
}
