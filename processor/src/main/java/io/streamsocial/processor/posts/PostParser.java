package io.streamsocial.processor.posts;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.async.ByteArrayFeeder;
import io.streamsocial.processor.posts.Rejection.Reason;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads one post from the bytes of its record, without building an object for it: {@link
 * #hashtags()}, {@link #region()} and {@link #timestampMs()} hold the result until the next call.
 * {@link PostRules} says which posts can be counted. Not thread-safe.
 *
 * <p>Unknown fields are skipped. When a field comes twice, the last one is used, as in most JSON
 * libraries.
 */
public final class PostParser {
  /** Where a post without a region is counted. */
  static final byte[] NO_REGION = "unknown".getBytes(StandardCharsets.UTF_8);

  private static final JsonFactory JSON =
      JsonFactory.builder().disable(JsonFactory.Feature.INTERN_FIELD_NAMES).build();

  /**
   * Jackson's parser keeps every field name that it has ever seen, so after so many bytes of posts
   * another takes its place. Rarely enough that known names cost nothing.
   */
  private static final int BYTES_A_PARSER = 128 << 10;

  private static final int REGION_SLOTS = 256; // a power of two

  /** A region's name as it came, and as it is counted. */
  @SuppressWarnings("ArrayRecordComponent") // the parser's own, never compared
  private record Region(char[] name, byte[] encoded) {}

  private final int maxBytes;
  private final long maxFutureMs;
  private final Hashtags hashtags = new Hashtags();
  private final PostIds ids;
  private JsonParser json = newParser();
  private int parsedBytes;
  private byte[] region = NO_REGION;
  // Regions are few, so their names are encoded once. A new region may take the slot of another.
  private final @Nullable Region[] regions = new Region[REGION_SLOTS];
  private final @Nullable Utf8Buffer user;
  private boolean hasText;
  private boolean hasTimestamp;
  private long timestampMs;

  /** Reads neither {@code post_id} nor {@code user_id}. */
  public PostParser(int maxBytes, long maxFutureMs) {
    this(maxBytes, maxFutureMs, false);
  }

  /** Reads no {@code user_id}. */
  public PostParser(int maxBytes, long maxFutureMs, boolean byPostId) {
    this(maxBytes, maxFutureMs, byPostId, false);
  }

  /**
   * @param byPostId whether posts are known by their {@code post_id}
   * @param withUser whether {@link #user} is read
   */
  public PostParser(int maxBytes, long maxFutureMs, boolean byPostId, boolean withUser) {
    this.user = withUser ? new Utf8Buffer(PostRules.MAX_USER_BYTES) : null;
    this.maxBytes = maxBytes;
    this.maxFutureMs = maxFutureMs;
    this.ids = new PostIds(byPostId);
  }

  /**
   * Reads one post.
   *
   * @param recordMs the record's own timestamp, used when the post has none
   * @param nowMs the wall clock
   * @return null when it can be counted
   */
  public @Nullable Rejection parse(
      byte[] bytes, int offset, int length, long recordMs, long nowMs) {
    if (length > maxBytes) {
      return new Rejection(
          Reason.TOO_LARGE, "%d bytes, at most %d are allowed".formatted(length, maxBytes));
    }
    hashtags.clear();
    ids.clearPostId();
    if (user != null) {
      user.clear();
    }
    region = NO_REGION;
    hasText = false;
    hasTimestamp = false;
    Rejection rejection;
    try {
      ((ByteArrayFeeder) json.getNonBlockingInputFeeder())
          .feedInput(bytes, offset, offset + length);
      rejection = object(bytes, offset + length);
    } catch (IOException e) { // Jackson reports bad JSON; reading memory cannot fail
      rejection = new Rejection(Reason.NOT_JSON, message(e));
    }
    parsedBytes += length;
    if (rejection != null || parsedBytes >= BYTES_A_PARSER) {
      json = newParser(); // after a rejection the old one may stand anywhere in the post
      parsedBytes = 0;
    }
    return rejection != null ? rejection : checkTime(recordMs, nowMs);
  }

  private static JsonParser newParser() {
    try {
      return JSON.createNonBlockingByteArrayParser();
    } catch (IOException e) {
      throw new UncheckedIOException("a parser without input cannot fail", e);
    }
  }

  private static String message(IOException e) {
    return e instanceof JsonProcessingException bad
        ? String.valueOf(bad.getOriginalMessage())
        : String.valueOf(e.getMessage());
  }

  private @Nullable Rejection object(byte[] bytes, int end) throws IOException {
    if (json.nextToken() != JsonToken.START_OBJECT) {
      return noObject();
    }
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      Rejection rejection =
          switch (json.currentName()) {
            case "text" -> readText();
            case "region" -> readRegion();
            case "timestamp" -> readTimestamp();
            case "post_id" -> ids.areOfPosts() ? readPostId() : skip();
            case "user_id" -> user == null ? skip() : readUser(user);
            default -> skip();
          };
      if (rejection != null) {
        return rejection;
      }
    }
    if (json.currentToken() != JsonToken.END_OBJECT) {
      return endsEarly();
    }
    if (hasMoreBehind(bytes, end)) {
      return new Rejection(Reason.NOT_JSON, "more content behind the object");
    }
    return hasText ? null : new Rejection(Reason.NO_TEXT, "the field text is required");
  }

  private @Nullable Rejection skip() throws IOException {
    json.nextToken();
    json.skipChildren();
    return null;
  }

  /** What is no string, or too long, is no user. */
  private @Nullable Rejection readUser(Utf8Buffer into) throws IOException {
    into.clear();
    JsonToken token = json.nextToken();
    if (token == JsonToken.NOT_AVAILABLE) {
      return endsEarly();
    }
    if (token == JsonToken.VALUE_STRING) {
      into.set(json.getTextCharacters(), json.getTextOffset(), json.getTextLength());
      return null;
    }
    json.skipChildren();
    return null;
  }

  /** What is no string is no id. */
  private @Nullable Rejection readPostId() throws IOException {
    JsonToken token = json.nextToken();
    if (token == JsonToken.NOT_AVAILABLE) {
      return endsEarly();
    }
    if (token == JsonToken.VALUE_STRING) {
      ids.postId(json.getTextCharacters(), json.getTextOffset(), json.getTextLength());
      return null;
    }
    ids.clearPostId();
    json.skipChildren();
    return null;
  }

  /** Jackson itself would wait for the rest of a word or number that the input may have cut. */
  private boolean hasMoreBehind(byte[] bytes, int end) throws IOException {
    int unread = json.releaseBuffered(OutputStream.nullOutputStream());
    for (int i = end - unread; i < end; i++) {
      if (bytes[i] != ' ' && bytes[i] != '\n' && bytes[i] != '\r' && bytes[i] != '\t') {
        return true;
      }
    }
    return unread > 0 && json.nextToken() != JsonToken.NOT_AVAILABLE; // takes the white space
  }

  private static Rejection endsEarly() {
    return new Rejection(Reason.NOT_JSON, "the object ends early");
  }

  private Rejection noObject() throws IOException {
    JsonToken first = json.currentToken();
    if (first == JsonToken.NOT_AVAILABLE) {
      // No content, or a number or word that could continue.
      ((ByteArrayFeeder) json.getNonBlockingInputFeeder()).endOfInput();
      first = json.nextToken();
    }
    return first == null
        ? new Rejection(Reason.EMPTY, "the value has no content")
        : new Rejection(Reason.NOT_AN_OBJECT, "a post is a JSON object, found " + first);
  }

  private @Nullable Rejection readText() throws IOException {
    JsonToken token = json.nextToken();
    if (token == JsonToken.NOT_AVAILABLE) {
      return endsEarly();
    }
    hasText = token == JsonToken.VALUE_STRING;
    if (hasText) {
      hashtags.scan(json.getTextCharacters(), json.getTextOffset(), json.getTextLength());
      return null;
    }
    return token == JsonToken.VALUE_NULL
        ? null
        : new Rejection(Reason.BAD_TEXT, "text must be a string, found " + token);
  }

  private @Nullable Rejection readRegion() throws IOException {
    JsonToken token = json.nextToken();
    if (token == JsonToken.NOT_AVAILABLE) {
      return endsEarly();
    }
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
    int hash = 0;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + chars[i];
    }
    int slot = (hash ^ (hash >>> 16)) & (REGION_SLOTS - 1);
    Region known = regions[slot];
    if (known != null && Arrays.equals(known.name, 0, known.name.length, chars, from, to)) {
      region = known.encoded;
      return null;
    }
    return newRegion(Arrays.copyOfRange(chars, from, to), slot);
  }

  private @Nullable Rejection newRegion(char[] chars, int slot) {
    String name = new String(chars);
    byte[] encoded = name.isEmpty() ? NO_REGION : name.getBytes(StandardCharsets.UTF_8);
    if (encoded.length > PostRules.MAX_REGION_BYTES) {
      return new Rejection(
          Reason.BAD_REGION,
          "region has %d bytes, at most %d are allowed"
              .formatted(encoded.length, PostRules.MAX_REGION_BYTES));
    }
    if (PostRules.hasForbiddenCharacter(name)) {
      return new Rejection(Reason.BAD_REGION, "region contains U+0000");
    }
    regions[slot] = new Region(chars, encoded);
    region = encoded;
    return null;
  }

  private @Nullable Rejection readTimestamp() throws IOException {
    JsonToken token = json.nextToken();
    if (token == JsonToken.NOT_AVAILABLE) {
      return endsEarly();
    }
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
    if (PostRules.looksLikeSeconds(timestampMs)) {
      return new Rejection(
          Reason.TIMESTAMP_IN_SECONDS,
          timestampMs + " is before 2001 in milliseconds: it looks like seconds");
    }
    if (PostRules.isTooFarAhead(timestampMs, nowMs, maxFutureMs)) {
      return new Rejection(
          Reason.TIMESTAMP_IN_FUTURE,
          "%d is more than %d ms ahead of the clock".formatted(timestampMs, maxFutureMs));
    }
    return null;
  }

  /** Of the post; that of the record is the caller's to read, see {@link PostIds#header}. */
  public PostIds ids() {
    return ids;
  }

  /**
   * The {@code user_id} in UTF-8; empty when there is none, or it is too long.
   *
   * @throws IllegalStateException of a parser that reads none
   */
  public Utf8Buffer user() {
    Utf8Buffer known = user;
    if (known == null) {
      throw new IllegalStateException("this parser reads no user");
    }
    return known;
  }

  public Hashtags hashtags() {
    return hashtags;
  }

  /** UTF-8, 1 to 64 bytes; the parser's own array, to be read only. */
  public byte[] region() {
    return region;
  }

  /** When the post says it was written, epoch milliseconds. */
  public long timestampMs() {
    return timestampMs;
  }
}
