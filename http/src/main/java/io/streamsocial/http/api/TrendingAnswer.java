package io.streamsocial.http.api;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.Json;
import io.streamsocial.http.peers.CompletenessFields;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.trends.Completeness;
import io.streamsocial.processor.trends.Pace;
import io.streamsocial.processor.trends.Trending;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The answer to one question about trends, encoded once. The two fields that move with the clock
 * are not encoded: {@link #at} and {@link #writeTo} put them after the others. Immutable.
 */
public final class TrendingAnswer {
  private static final int TAG_BYTES = 8;
  private static final BigDecimal MS_PER_MINUTE = BigDecimal.valueOf(60_000);

  private final Completeness completeness;
  private final int topics;
  private final long mentions;
  private final byte[] open; // a JSON object without its closing brace
  private final String etag;

  private TrendingAnswer(Trending.Answer answer, byte[] open) {
    this.completeness = answer.completeness();
    this.topics = answer.rows().size();
    this.mentions = answer.rows().stream().mapToLong(Trending.Row::count).sum();
    this.open = open;
    this.etag = etag(open);
  }

  /**
   * @param windowMs size of a window, milliseconds
   * @param elapsed which part of the newest window the counts include
   */
  static TrendingAnswer of(
      Trending.Answer answer, long windowMs, Pace.Elapsed elapsed, CompletenessFields fields) {
    byte[] closed =
        Json.bytes(
            json -> {
              json.writeStartObject();
              json.writeArrayFieldStart("trending");
              for (Trending.Row row : answer.rows()) {
                write(json, row, Pace.of(row.windows(), windowMs, elapsed));
              }
              json.writeEndArray();
              json.writeFieldName("window_size_minutes");
              json.writeNumber(minutes(windowMs));
              json.writeNumberField("window_elapsed", rounded(elapsed.from(), 4));
              fields.writeState(json, answer.completeness());
              json.writeEndObject();
            });
    return new TrendingAnswer(answer, Arrays.copyOf(closed, closed.length - 1));
  }

  /** An integer when whole, else a decimal: 5, 0.5. */
  static BigDecimal minutes(long windowMs) {
    BigDecimal minutes =
        BigDecimal.valueOf(windowMs)
            .divide(MS_PER_MINUTE, MathContext.DECIMAL64)
            .stripTrailingZeros();
    return minutes.scale() < 0 ? minutes.setScale(0) : minutes;
  }

  private static BigDecimal rounded(double value, int places) {
    BigDecimal rounded = BigDecimal.valueOf(value).setScale(places, RoundingMode.HALF_UP);
    return rounded.signum() == 0 ? BigDecimal.ZERO : rounded.stripTrailingZeros();
  }

  private static void write(JsonGenerator json, String field, @Nullable Double value, int places)
      throws IOException {
    json.writeFieldName(field);
    if (value == null) {
      json.writeNull();
    } else {
      json.writeNumber(rounded(value, places).toPlainString());
    }
  }

  private static void write(JsonGenerator json, Trending.Row row, Pace pace) throws IOException {
    json.writeStartObject();
    json.writeStringField("hashtag", row.hashtag());
    json.writeNumberField("count", row.count());
    json.writeNumberField("velocity", row.velocity());
    json.writeStringField("trend", row.trend().name().toLowerCase(Locale.ROOT));
    write(json, "rate_per_minute", pace.ratePerMinute(), 2);
    write(json, "change_percent", pace.changePercent(), 1);
    json.writeStringField("direction", pace.direction().name().toLowerCase(Locale.ROOT));
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
  byte[] at(Moment now) {
    return closed(open, completeness, now);
  }

  /**
   * Ends a body with the fields that move with the clock.
   *
   * @param open a JSON object without its closing brace, with a field
   */
  static byte[] closed(byte[] open, Completeness completeness, Moment now) {
    long staleMs = completeness.stalenessMs(now);
    String staleness = staleMs < 0 ? "null" : Long.toString(staleMs);
    byte[] tail =
        (",\"timestamp\":" + now.wallMs() + ",\"staleness_ms\":" + staleness + "}")
            .getBytes(StandardCharsets.ISO_8859_1);
    byte[] body = Arrays.copyOf(open, open.length + tail.length);
    System.arraycopy(tail, 0, body, open.length, tail.length);
    return body;
  }

  /** Writes the fields of the body at this moment into the open object, after other fields. */
  public void writeTo(JsonGenerator json, Moment now) throws IOException {
    json.writeRaw(',');
    json.writeRaw(new String(open, 1, open.length - 1, StandardCharsets.UTF_8));
    writeClock(json, now);
  }

  /** Writes the fields that move with the clock into the open object. */
  public void writeClock(JsonGenerator json, Moment now) throws IOException {
    json.writeNumberField("timestamp", now.wallMs());
    CompletenessFields.known(json, "staleness_ms", completeness.stalenessMs(now));
  }

  public Completeness completeness() {
    return completeness;
  }

  /** The number of hashtags in it. */
  public int topics() {
    return topics;
  }

  /** The mentions of all its hashtags together. */
  public long mentions() {
    return mentions;
  }

  /** Equal for equal content, whichever instance answers; time and staleness do not count. */
  public String etag() {
    return etag;
  }
}
