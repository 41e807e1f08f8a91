package io.streamsocial.http.api;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.streamsocial.http.Faults;
import io.streamsocial.processor.posts.PostRules;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The known fields of one post: finds all that is wrong with them, where the engine stops at the
 * first. Used again for each post of a request.
 */
final class PostFields {
  private static final List<String> FIELDS =
      List.of("text", "post_id", "user_id", "region", "timestamp");

  private final long nowMs;
  private final long maxFutureMs;
  private final Map<String, String> wrong = new TreeMap<>(Comparator.comparing(FIELDS::indexOf));
  private String userId = "";
  private String postId = "";
  private boolean hasTimestamp;

  /**
   * @param nowMs the latest that the wall clock has been, epoch milliseconds
   * @param maxFutureMs how far ahead of it a post may be dated
   */
  PostFields(long nowMs, long maxFutureMs) {
    this.nowMs = nowMs;
    this.maxFutureMs = maxFutureMs;
  }

  /** Before the first field of a post. */
  void begin() {
    wrong.clear();
    wrong.put("text", "required");
    userId = "";
    postId = "";
    hasTimestamp = false;
  }

  /** The parser stands at the field's value, and stays there. */
  void field(String name, JsonParser json) throws IOException {
    JsonToken value = json.currentToken();
    boolean isText = value == JsonToken.VALUE_STRING;
    boolean isAbsent = value == JsonToken.VALUE_NULL;
    switch (name) {
      case "text" -> {
        wrong.remove("text");
        if (!isText) {
          wrong.put("text", "a string, found " + kind(json));
        }
      }
      case "post_id", "user_id", "region" -> {
        if (isText) {
          text(name, json.getText());
        } else if (!isAbsent) {
          wrong.put(name, "a string, found " + kind(json));
        }
      }
      case "timestamp" -> {
        hasTimestamp = !isAbsent;
        if (hasTimestamp) {
          timestamp(json);
        }
      }
      default -> {}
    }
  }

  private void text(String name, String value) {
    switch (name) {
      case "post_id" -> postId = value;
      case "user_id" -> userId = value;
      default -> region(value);
    }
  }

  private void region(String region) {
    int bytes = region.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > PostRules.MAX_REGION_BYTES) {
      wrong.put(
          "region", "at most %d bytes, found %d".formatted(PostRules.MAX_REGION_BYTES, bytes));
    } else if (PostRules.hasForbiddenCharacter(region)) {
      wrong.put("region", "may not contain NUL or half of a surrogate pair");
    }
  }

  private void timestamp(JsonParser json) throws IOException {
    if (json.currentToken() != JsonToken.VALUE_NUMBER_INT
        || json.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
      wrong.put("timestamp", "an integer of epoch milliseconds, found " + kind(json));
    } else if (PostRules.looksLikeSeconds(json.getLongValue())) {
      wrong.put(
          "timestamp", "epoch milliseconds; %d looks like seconds".formatted(json.getLongValue()));
    } else if (PostRules.isTooFarAhead(json.getLongValue(), nowMs, maxFutureMs)) {
      wrong.put(
          "timestamp", "at most %d, found %d".formatted(nowMs + maxFutureMs, json.getLongValue()));
    }
  }

  /** By field, what is wrong with it. */
  Map<String, String> wrong() {
    return wrong;
  }

  /** Empty for none. */
  String userId() {
    return userId;
  }

  /** Empty for none. */
  String postId() {
    return postId;
  }

  /** Whether the post says when it was written. */
  boolean hasTimestamp() {
    return hasTimestamp;
  }

  /** What stands there instead of what is allowed. */
  static String kind(JsonParser json) throws IOException {
    return switch (json.currentToken()) {
      case START_ARRAY -> "an array";
      case START_OBJECT -> "an object";
      case VALUE_STRING -> "a string";
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "the number " + Faults.quote(json.getText());
      default -> json.getText();
    };
  }
}
