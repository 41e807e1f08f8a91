package io.streamsocial.http.live;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.streamsocial.http.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.OptionalDouble;

/**
 * An answer of /api/trending as a message of the live streams: the same fields, the type, and what
 * the page shows beside the list.
 */
final class TrendMessage {
  /** They move with the clock: an answer that differs in nothing else has not changed. */
  private static final List<String> OF_THE_CLOCK = List.of("timestamp", "staleness_ms");

  private final ObjectNode answer;

  private TrendMessage(ObjectNode answer) {
    this.answer = answer;
  }

  static TrendMessage of(byte[] body) {
    try {
      return new TrendMessage((ObjectNode) Json.MAPPER.readTree(body));
    } catch (IOException e) {
      throw new UncheckedIOException("the answer of /api/trending is not JSON", e);
    }
  }

  boolean saysTheSame(TrendMessage other) {
    return answer
        .deepCopy()
        .remove(OF_THE_CLOCK)
        .equals(other.answer.deepCopy().remove(OF_THE_CLOCK));
  }

  /** The posts offsets included, added up. */
  long posts() {
    long sum = 0;
    for (JsonNode offset : answer.path("as_of")) {
      sum += offset.asLong();
    }
    return sum;
  }

  byte[] update(OptionalDouble postsPerSecond, int clients) {
    return Json.bytes(
        json -> {
          json.writeStartObject();
          json.writeStringField("type", "trending_update");
          for (var field : answer.properties()) {
            json.writeFieldName(field.getKey());
            json.writeTree(field.getValue());
          }
          json.writeObjectFieldStart("metrics");
          json.writeNumberField("topics", answer.path("trending").size());
          json.writeNumberField("mentions", mentions());
          writeRate(json, postsPerSecond);
          json.writeNumberField("clients", clients);
          json.writeEndObject();
          json.writeEndObject();
        });
  }

  /** Nothing has changed, and this is how fresh that is. */
  byte[] heartbeat(OptionalDouble postsPerSecond) {
    return Json.bytes(
        json -> {
          json.writeStartObject();
          json.writeStringField("type", "heartbeat");
          for (String name : OF_THE_CLOCK) {
            json.writeFieldName(name);
            json.writeTree(answer.path(name));
          }
          writeRate(json, postsPerSecond);
          json.writeEndObject();
        });
  }

  private static void writeRate(JsonGenerator json, OptionalDouble rate) throws IOException {
    if (rate.isPresent()) {
      json.writeNumberField("posts_per_second", Math.round(rate.getAsDouble() * 10) / 10.0);
    } else {
      json.writeNullField("posts_per_second");
    }
  }

  private long mentions() {
    long sum = 0;
    for (JsonNode row : answer.path("trending")) {
      sum += row.path("count").asLong();
    }
    return sum;
  }
}
