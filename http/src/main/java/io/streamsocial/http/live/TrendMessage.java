package io.streamsocial.http.live;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.Json;
import io.streamsocial.http.api.TrendingAnswer;
import io.streamsocial.processor.Moment;
import java.io.IOException;
import java.util.OptionalDouble;

/**
 * An answer as a message of the live streams: the fields of /api/trending, the type, and what the
 * page shows beside the list.
 *
 * @param at when the question was asked
 */
record TrendMessage(TrendingAnswer answer, Moment at) {

  /** Whether the answers differ in nothing but time and staleness. */
  boolean saysTheSame(TrendMessage other) {
    return answer.etag().equals(other.answer.etag());
  }

  /** The posts offsets included, added up. */
  long posts() {
    return answer.completeness().asOf().values().stream().mapToLong(Long::longValue).sum();
  }

  byte[] update(OptionalDouble postsPerSecond, int clients) {
    return Json.bytes(
        json -> {
          json.writeStartObject();
          json.writeStringField("type", "trending_update");
          answer.writeTo(json, at);
          json.writeObjectFieldStart("metrics");
          json.writeNumberField("topics", answer.topics());
          json.writeNumberField("mentions", answer.mentions());
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
          answer.writeClock(json, at);
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
}
