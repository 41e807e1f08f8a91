package io.streamsocial.http.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeType;
import io.streamsocial.http.Fault;
import io.streamsocial.http.Json;
import io.streamsocial.processor.posts.PostRules;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the body of POST /api/posts and finds every fault at once. What passes here is not rejected
 * at ingest: a client learns of a bad post from its answer and not from a topic that it cannot
 * read. Pure; made for one request, as it collects.
 */
public final class PostReader {
  private static final List<String> STRINGS = List.of("post_id", "user_id", "region");

  private final long nowMs;
  private final long maxFutureMs;
  private final int maxBytes;
  private final List<AcceptedPost> posts = new ArrayList<>();
  private final List<Fault> faults = new ArrayList<>();
  private int item;

  private PostReader(long nowMs, Bounds bounds) {
    this.nowMs = nowMs;
    this.maxFutureMs = bounds.maxFuture().toMillis();
    this.maxBytes = bounds.maxPostBytes();
  }

  /**
   * What ingest rejects.
   *
   * @param maxFuture how far ahead of now a post may be dated
   * @param maxPostBytes of its JSON
   */
  public record Bounds(Duration maxFuture, int maxPostBytes) {}

  /** The faults, or when there are none the posts in the order of the body. */
  public record Read(List<AcceptedPost> posts, List<Fault> faults) {}

  /**
   * @param lines whether each line is a document (NDJSON), instead of one object or one array
   * @param nowMs epoch milliseconds
   */
  public static Read read(byte[] body, boolean lines, long nowMs, Bounds bounds) {
    PostReader reader = new PostReader(nowMs, bounds);
    if (lines) {
      new String(body, StandardCharsets.UTF_8).lines().forEach(reader::line);
    } else {
      reader.document(body);
    }
    if (reader.posts.isEmpty() && reader.faults.isEmpty()) {
      reader.faults.add(new Fault.OfPost(0, "", "there is no post in the body"));
    }
    return new Read(List.copyOf(reader.posts), List.copyOf(reader.faults));
  }

  /** Empty lines count for nothing, as the last one often is. */
  private void line(String line) {
    if (!line.isBlank()) {
      try {
        post(Json.MAPPER.readTree(line));
      } catch (JsonProcessingException e) {
        unreadable(e);
        item++;
      }
    }
  }

  private void document(byte[] body) {
    try {
      JsonNode root = Json.MAPPER.readTree(body);
      if (root.isArray()) {
        root.forEach(this::post);
      } else if (!root.isMissingNode()) {
        post(root);
      }
    } catch (JsonProcessingException e) {
      unreadable(e);
    } catch (IOException e) {
      // Bytes in memory; what Jackson says of broken UTF-8 comes as this type.
      fault("", "not valid UTF-8");
    }
  }

  /** Only where, not what: the message would quote the body. */
  private void unreadable(JsonProcessingException e) {
    String where =
        e.getLocation() == null
            ? ""
            : " (line %d, column %d)"
                .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr());
    boolean duplicate = e.getOriginalMessage().startsWith("Duplicate field");
    fault("", (duplicate ? "a field is given twice" : "not valid JSON") + where);
  }

  private void post(JsonNode node) {
    int before = faults.size();
    if (node.isObject()) {
      text(node.path("text"));
      STRINGS.forEach(name -> optionalString(name, node.path(name)));
      timestamp(node.path("timestamp"));
    } else {
      fault("", "a post is a JSON object, found " + kind(node));
    }
    byte[] json = bytes(node);
    if (json.length > maxBytes) {
      fault("", "at most %d bytes, found %d".formatted(maxBytes, json.length));
    }
    if (faults.size() == before) {
      posts.add(new AcceptedPost(node.path("user_id").asText(""), json));
    }
    item++;
  }

  private void text(JsonNode text) {
    if (text.isMissingNode()) {
      fault("text", "required");
    } else if (!text.isTextual()) {
      fault("text", "a string, found " + kind(text));
    }
  }

  private void optionalString(String name, JsonNode value) {
    if (value.isMissingNode() || value.isNull()) {
      return;
    }
    if (!value.isTextual()) {
      fault(name, "a string, found " + kind(value));
    } else if (name.equals("region")) {
      int bytes = value.textValue().getBytes(StandardCharsets.UTF_8).length;
      if (bytes > PostRules.MAX_REGION_BYTES) {
        fault(name, "at most %d bytes, found %d".formatted(PostRules.MAX_REGION_BYTES, bytes));
      } else if (PostRules.hasForbiddenCharacter(value.textValue())) {
        fault(name, "may not contain NUL");
      }
    }
  }

  private void timestamp(JsonNode value) {
    if (value.isMissingNode() || value.isNull()) {
      return;
    }
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      fault("timestamp", "an integer of epoch milliseconds, found " + kind(value));
    } else if (PostRules.looksLikeSeconds(value.longValue())) {
      fault("timestamp", "epoch milliseconds; %d looks like seconds".formatted(value.longValue()));
    } else if (PostRules.isTooFarAhead(value.longValue(), nowMs, maxFutureMs)) {
      fault("timestamp", "at most %d, found %d".formatted(nowMs + maxFutureMs, value.longValue()));
    }
  }

  private void fault(String field, String detail) {
    faults.add(new Fault.OfPost(item, field, detail));
  }

  private static String kind(JsonNode node) {
    JsonNodeType type = node.getNodeType();
    return switch (type) {
      case ARRAY -> "an array";
      case OBJECT -> "an object";
      case STRING -> "a string";
      case NUMBER -> "the number " + node.asText();
      case BOOLEAN -> node.asText();
      case NULL -> "null";
      case BINARY, MISSING, POJO -> "nothing";
    };
  }

  private static byte[] bytes(JsonNode node) {
    try {
      return Json.MAPPER.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
