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
 * Reads any post with Jackson's parser, without building an object for it. What it says holds: of
 * what is a post, and of why something is none. Not thread-safe.
 */
final class JacksonPosts {
  private static final JsonFactory JSON =
      JsonFactory.builder().disable(JsonFactory.Feature.INTERN_FIELD_NAMES).build();

  /**
   * Jackson's parser keeps every field name that it has ever seen, so after so many bytes of posts
   * another takes its place. Rarely enough that known names cost nothing.
   */
  private static final int BYTES_A_PARSER = 128 << 10;

  private static final byte[] NO_POST = {'{', '}'};
  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

  private final ParsedPost post;
  private final Utf8Buffer regionBuffer = new Utf8Buffer(PostRules.MAX_REGION_BYTES);
  private JsonParser json = newParser();
  private int parsedBytes;

  /**
   * @param post takes what is read
   */
  JacksonPosts(ParsedPost post) {
    this.post = post;
  }

  /**
   * Reads one post.
   *
   * @return null when it is one
   */
  @Nullable Rejection read(byte[] bytes, int offset, int length) {
    Rejection rejection;
    try {
      int end = offset + length;
      ((ByteArrayFeeder) json.getNonBlockingInputFeeder())
          .feedInput(bytes, behindMark(bytes, offset, end), end);
      rejection = object(bytes, end);
      if (rejection == null && !Utf8.isWellFormed(bytes, offset, end)) {
        // Jackson takes a character that is longer than it has to be (RFC 3629, section 3).
        rejection = new Rejection(Reason.NOT_JSON, "invalid UTF-8");
      }
    } catch (IOException e) { // Jackson reports bad JSON; reading memory cannot fail
      rejection = new Rejection(Reason.NOT_JSON, message(e));
    }
    parsedBytes += length;
    if (rejection != null || parsedBytes >= BYTES_A_PARSER) {
      json = newParser(); // after a rejection the old one may stand anywhere in the post
      parsedBytes = 0;
    }
    return rejection;
  }

  private static int behindMark(byte[] bytes, int offset, int end) {
    int behind = Math.min(end, offset + BYTE_ORDER_MARK.length);
    return Arrays.equals(bytes, offset, behind, BYTE_ORDER_MARK, 0, BYTE_ORDER_MARK.length)
        ? behind
        : offset;
  }

  /**
   * One that has read something: a new one takes a byte order mark for none, and a post must not
   * count or be rejected by what came before it.
   */
  private static JsonParser newParser() {
    try {
      JsonParser parser = JSON.createNonBlockingByteArrayParser();
      ((ByteArrayFeeder) parser.getNonBlockingInputFeeder()).feedInput(NO_POST, 0, NO_POST.length);
      while (parser.nextToken() != JsonToken.NOT_AVAILABLE) {
        // an object begins and ends
      }
      return parser;
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
    // Not currentToken, here and below: at the end of the input that stays what it was.
    JsonToken token = json.nextToken();
    if (token != JsonToken.START_OBJECT) {
      return noObject(token);
    }
    token = json.nextToken();
    while (token == JsonToken.FIELD_NAME) {
      Rejection rejection =
          switch (json.currentName()) {
            case "text" -> readText();
            case "region" -> readRegion();
            case "timestamp" -> readTimestamp();
            case "post_id" -> post.ids().areOfPosts() ? readPostId(post.ids()) : skip();
            case "user_id" -> readUser(post.user());
            default -> skip();
          };
      if (rejection != null) {
        return rejection;
      }
      token = json.nextToken();
    }
    if (token != JsonToken.END_OBJECT) {
      return endsEarly();
    }
    if (hasMoreBehind(bytes, end)) {
      return new Rejection(Reason.NOT_JSON, "more content behind the object");
    }
    return post.hasText() ? null : new Rejection(Reason.NO_TEXT, "the field text is required");
  }

  private @Nullable Rejection skip() throws IOException {
    json.nextToken();
    json.skipChildren();
    return null;
  }

  /** What is no string, or too long, is no user. */
  private @Nullable Rejection readUser(@Nullable Utf8Buffer into) throws IOException {
    if (into == null) {
      return skip();
    }
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
  private @Nullable Rejection readPostId(PostIds ids) throws IOException {
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

  private Rejection noObject(JsonToken token) throws IOException {
    JsonToken first = token;
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
    if (token == JsonToken.VALUE_STRING) {
      TextBuffer text = post.textBuffer();
      text.set(json.getTextCharacters(), json.getTextOffset(), json.getTextLength());
      post.setText(text.bytes(), 0, text.length());
      return null;
    }
    post.noText();
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
      post.setRegion(RegionNames.NO_REGION);
      return null;
    }
    if (token != JsonToken.VALUE_STRING) {
      return new Rejection(Reason.BAD_REGION, "region must be a string, found " + token);
    }
    regionBuffer.set(json.getTextCharacters(), json.getTextOffset(), json.getTextLength());
    byte[] known = post.regions().find(regionBuffer.bytes(), 0, regionBuffer.length());
    if (known != null) {
      post.setRegion(known);
      return null;
    }
    return newRegion(json.getText());
  }

  private @Nullable Rejection newRegion(String name) {
    byte[] encoded = name.getBytes(StandardCharsets.UTF_8);
    if (encoded.length > PostRules.MAX_REGION_BYTES) {
      return new Rejection(
          Reason.BAD_REGION,
          "region has %d bytes, at most %d are allowed"
              .formatted(encoded.length, PostRules.MAX_REGION_BYTES));
    }
    if (PostRules.hasForbiddenCharacter(name)) {
      return new Rejection(Reason.BAD_REGION, "region contains U+0000 or half of a surrogate pair");
    }
    post.setRegion(encoded.length == 0 ? RegionNames.NO_REGION : post.regions().add(encoded));
    return null;
  }

  private @Nullable Rejection readTimestamp() throws IOException {
    JsonToken token = json.nextToken();
    if (token == JsonToken.NOT_AVAILABLE) {
      return endsEarly();
    }
    if (token == JsonToken.VALUE_NULL) {
      post.noTimestamp();
      return null;
    }
    if (token == JsonToken.VALUE_NUMBER_INT
        && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
      post.setTimestamp(json.getLongValue());
      return null;
    }
    if (token == JsonToken.VALUE_NUMBER_FLOAT && Math.abs(json.getDoubleValue()) < 0x1p62) {
      post.setTimestamp((long) Math.floor(json.getDoubleValue()));
      return null;
    }
    return new Rejection(
        Reason.BAD_TIMESTAMP, "timestamp must be epoch milliseconds as a number, found " + token);
  }
}
