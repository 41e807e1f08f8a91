package io.streamsocial.http.api;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.Json;
import io.streamsocial.http.peers.CompletenessFields;
import io.streamsocial.processor.trends.Completeness;
import io.streamsocial.processor.trends.Trending;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;

/**
 * The encoded body of one /api/trending answer but for the two fields that move with the clock,
 * which {@link #at} puts at its end. Immutable.
 */
public final class TrendingBody {
  private static final int TAG_BYTES = 8;

  private final Completeness completeness;
  private final byte[] open; // a JSON object without its closing brace
  private final String etag;

  private TrendingBody(Completeness completeness, byte[] open) {
    this.completeness = completeness;
    this.open = open;
    this.etag = etag(open);
  }

  public static TrendingBody of(Trending.Answer answer, BigDecimal windowMinutes) {
    Completeness completeness = answer.completeness();
    byte[] closed =
        Json.bytes(
            json -> {
              json.writeStartObject();
              json.writeArrayFieldStart("trending");
              for (Trending.Row row : answer.rows()) {
                write(json, row);
              }
              json.writeEndArray();
              json.writeFieldName("window_size_minutes");
              json.writeNumber(windowMinutes);
              CompletenessFields.writeState(json, completeness);
              json.writeEndObject();
            });
    return new TrendingBody(completeness, Arrays.copyOf(closed, closed.length - 1));
  }

  private static void write(JsonGenerator json, Trending.Row row) throws IOException {
    json.writeStartObject();
    json.writeStringField("hashtag", row.hashtag());
    json.writeNumberField("count", row.count());
    json.writeNumberField("velocity", row.velocity());
    json.writeStringField("trend", row.trend().name().toLowerCase(Locale.ROOT));
    json.writeArrayFieldStart("windows");
    for (Trending.WindowCount each : row.windows()) {
      json.writeStartObject();
      json.writeNumberField("window", each.windowStartMs());
      json.writeNumberField("count", each.count());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  /** A weak entity tag: equal for equal bytes. */
  static String etag(byte[] bytes) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      return "W/\"" + HexFormat.of().formatHex(digest, 0, TAG_BYTES) + "\"";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** The whole body at this moment. */
  byte[] at(long nowMs) {
    long staleMs = completeness.stalenessMs(nowMs);
    String staleness = staleMs < 0 ? "null" : Long.toString(staleMs);
    byte[] tail =
        (",\"timestamp\":" + nowMs + ",\"staleness_ms\":" + staleness + "}")
            .getBytes(StandardCharsets.ISO_8859_1);
    byte[] body = Arrays.copyOf(open, open.length + tail.length);
    System.arraycopy(tail, 0, body, open.length, tail.length);
    return body;
  }

  Completeness completeness() {
    return completeness;
  }

  /** Equal for equal content, whoever answers; time and staleness do not count. */
  String etag() {
    return etag;
  }
}
