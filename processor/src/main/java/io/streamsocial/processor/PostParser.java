package io.streamsocial.processor;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.streamsocial.processor.Rejection.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads one post from the bytes of its record, without building it: what counts is left in {@link
 * #hashtags()}, {@link #region()} and {@link #timestampMs()} until the next call. Not thread-safe.
 *
 * <p>Unknown fields are skipped. Of a field that comes twice the last one holds, as in most JSON
 * libraries.
 */
final class PostParser {
  /** Where a post without a region is counted. */
  static final byte[] NO_REGION = "unknown".getBytes(StandardCharsets.UTF_8);

  static final int MAX_REGION_BYTES = 64;

  /** 2001-01-01T00:00:00Z in milliseconds: a time before is most likely in seconds. */
  static final long EARLIEST_MS = 978_307_200_000L;

  private static final JsonFactory JSON =
      JsonFactory.builder().disable(JsonFactory.Feature.INTERN_FIELD_NAMES).build();

  private final int maxBytes;
  private final long maxFutureMs;
  private final Hashtags hashtags = new Hashtags();
  private byte[] region = NO_REGION;
  // Regions are few; their names are encoded once and looked up by their characters.
  private @Nullable String lastRegionName;
  private byte[] lastRegion = NO_REGION;
  private boolean hasText;
  private boolean hasTimestamp;
  private long timestampMs;

  PostParser(int maxBytes, long maxFutureMs) {
    this.maxBytes = maxBytes;
    this.maxFutureMs = maxFutureMs;
  }

  /**
   * Reads one post.
   *
   * @param recordMs the record's own timestamp, used when the post has none
   * @param nowMs the wall clock
   * @return null when it can be counted
   */
  @Nullable Rejection parse(byte[] bytes, int offset, int length, long recordMs, long nowMs) {
    if (length > maxBytes) {
      return new Rejection(
          Reason.TOO_LARGE, "%d bytes, at most %d are allowed".formatted(length, maxBytes));
    }
    hashtags.clear();
    region = NO_REGION;
    hasText = false;
    hasTimestamp = false;
    try (JsonParser json = JSON.createParser(bytes, offset, length)) {
      Rejection rejection = object(json);
      return rejection != null ? rejection : checkTime(recordMs, nowMs);
    } catch (JsonProcessingException e) {
      return new Rejection(Reason.NOT_JSON, String.valueOf(e.getOriginalMessage()));
    } catch (IOException e) {
      // Zero bytes in front read as UTF-32 to the JSON parser, and bad UTF-32 is no JSON error to
      // it: a binary format's header would do. Memory itself cannot fail.
      return new Rejection(Reason.NOT_JSON, String.valueOf(e.getMessage()));
    }
  }

  private @Nullable Rejection object(JsonParser json) throws IOException {
    JsonToken first = json.nextToken();
    if (first != JsonToken.START_OBJECT) {
      return first == null
          ? new Rejection(Reason.EMPTY, "the value has no content")
          : new Rejection(Reason.NOT_AN_OBJECT, "a post is a JSON object, found " + first);
    }
    for (String field = json.nextFieldName(); field != null; field = json.nextFieldName()) {
      Rejection rejection =
          switch (field) {
            case "text" -> text(json);
            case "region" -> region(json);
            case "timestamp" -> timestamp(json);
            default -> {
              json.nextToken();
              json.skipChildren();
              yield null;
            }
          };
      if (rejection != null) {
        return rejection;
      }
    }
    if (json.nextToken() != null) {
      return new Rejection(Reason.NOT_JSON, "more content behind the object");
    }
    return hasText ? null : new Rejection(Reason.NO_TEXT, "the field text is required");
  }

  private @Nullable Rejection text(JsonParser json) throws IOException {
    JsonToken token = json.nextToken();
    hasText = token == JsonToken.VALUE_STRING;
    if (hasText) {
      hashtags.scan(json.getTextCharacters(), json.getTextOffset(), json.getTextLength());
      return null;
    }
    return token == JsonToken.VALUE_NULL
        ? null
        : new Rejection(Reason.BAD_TEXT, "text must be a string, found " + token);
  }

  private @Nullable Rejection region(JsonParser json) throws IOException {
    JsonToken token = json.nextToken();
    if (token == JsonToken.VALUE_NULL) {
      region = NO_REGION;
      return null;
    }
    if (token != JsonToken.VALUE_STRING) {
      return new Rejection(Reason.BAD_REGION, "region must be a string, found " + token);
    }
    char[] chars = json.getTextCharacters();
    int from = json.getTextOffset();
    int to = from + json.getTextLength();
    String last = lastRegionName;
    if (last != null && last.length() == to - from && sameChars(last, chars, from)) {
      region = lastRegion;
      return null;
    }
    return newRegion(new String(chars, from, to - from));
  }

  private static boolean sameChars(String name, char[] chars, int from) {
    for (int i = 0; i < name.length(); i++) {
      if (name.charAt(i) != chars[from + i]) {
        return false;
      }
    }
    return true;
  }

  private @Nullable Rejection newRegion(String name) {
    byte[] encoded = name.isEmpty() ? NO_REGION : name.getBytes(StandardCharsets.UTF_8);
    if (encoded.length > MAX_REGION_BYTES) {
      return new Rejection(
          Reason.BAD_REGION,
          "region has %d bytes, at most %d are allowed"
              .formatted(encoded.length, MAX_REGION_BYTES));
    }
    if (name.indexOf('\0') >= 0) {
      return new Rejection(Reason.BAD_REGION, "region contains U+0000");
    }
    lastRegionName = name;
    lastRegion = region = encoded;
    return null;
  }

  private @Nullable Rejection timestamp(JsonParser json) throws IOException {
    JsonToken token = json.nextToken();
    hasTimestamp = token != JsonToken.VALUE_NULL;
    if (!hasTimestamp) {
      return null;
    }
    if (token == JsonToken.VALUE_NUMBER_INT
        && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
      timestampMs = json.getLongValue();
      return null;
    }
    if (token == JsonToken.VALUE_NUMBER_FLOAT && Math.abs(json.getDoubleValue()) < 0x1p62) {
      timestampMs = (long) Math.floor(json.getDoubleValue());
      return null;
    }
    return new Rejection(
        Reason.BAD_TIMESTAMP, "timestamp must be epoch milliseconds as a number, found " + token);
  }

  private @Nullable Rejection checkTime(long recordMs, long nowMs) {
    if (!hasTimestamp) {
      timestampMs = recordMs;
    }
    if (timestampMs < 0) {
      return new Rejection(Reason.TIMESTAMP_NEGATIVE, timestampMs + " is before 1970");
    }
    if (timestampMs < EARLIEST_MS) {
      return new Rejection(
          Reason.TIMESTAMP_IN_SECONDS,
          timestampMs + " is before 2001 in milliseconds: it looks like seconds");
    }
    // Not now + max < timestamp: a time near Long.MAX_VALUE must not overflow into the past.
    if (timestampMs - maxFutureMs > nowMs) {
      return new Rejection(
          Reason.TIMESTAMP_IN_FUTURE,
          "%d is more than %d ms ahead of the clock".formatted(timestampMs, maxFutureMs));
    }
    return null;
  }

  Hashtags hashtags() {
    return hashtags;
  }

  /** UTF-8, 1 to 64 bytes; the parser's own array, to be read only. */
  byte[] region() {
    return region;
  }

  /** When the post says it was written, epoch milliseconds. */
  long timestampMs() {
    return timestampMs;
  }
}
