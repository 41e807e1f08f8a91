package io.streamsocial.http.api;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.streamsocial.http.Fault;
import io.streamsocial.http.Faults;
import io.streamsocial.http.Json;
import io.streamsocial.processor.posts.PostRules;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongConsumer;

/**
 * Reads the body of POST /api/posts and finds every fault at once. What passes here is not rejected
 * at ingest: a client learns of a bad post from its answer and not from a topic that it cannot
 * read. Pure; made for one request, as it collects.
 */
public final class PostReader {
  private static final List<String> FIELDS =
      List.of("text", "post_id", "user_id", "region", "timestamp");

  /** What a post takes until it is acknowledged, beside its JSON, its key and the copy to send. */
  private static final int POST_BYTES = 640;

  private static final int NAME_BYTES = 128;

  /** Posts that people write have fewer names. */
  private static final int NAMES_UNCOUNTED = 100;

  private final long nowMs;
  private final long maxFutureMs;
  private final int maxBytes;
  private final LongConsumer memory;
  private final List<AcceptedPost> posts = new ArrayList<>();
  private final Faults faults = new Faults();
  private final ByteArrayOutputStream copied = new ByteArrayOutputStream();
  private final Map<String, String> wrong = new TreeMap<>(Comparator.comparing(FIELDS::indexOf));
  private int item;
  private int names;

  private PostReader(long nowMs, Bounds bounds, LongConsumer memory) {
    this.nowMs = nowMs;
    this.maxFutureMs = bounds.maxFuture().toMillis();
    this.maxBytes = bounds.maxPostBytes();
    this.memory = memory;
  }

  /**
   * What ingest rejects.
   *
   * @param maxFuture how far ahead of now a post may be dated
   * @param maxPostBytes of its JSON
   */
  public record Bounds(Duration maxFuture, int maxPostBytes) {}

  /** The faults, or when there are none the posts in the order of the body. */
  public record Read(List<AcceptedPost> posts, Faults faults) {}

  /**
   * @param lines whether each line is a document (NDJSON), instead of one object or one array
   * @param nowMs the latest that the wall clock has been, epoch milliseconds, as ingest judges
   * @param memory gets the bytes that each post takes as it is read; a failure ends the reading
   */
  public static Read read(
      byte[] body, boolean lines, long nowMs, Bounds bounds, LongConsumer memory) {
    PostReader reader = new PostReader(nowMs, bounds, memory);
    try {
      CharBuffer text = Json.decode(body);
      if (lines) {
        reader.lines(text);
      } else {
        reader.document(text);
      }
    } catch (CharacterCodingException e) {
      reader.fault("", "not valid UTF-8");
    }
    if (reader.posts.isEmpty() && reader.faults.isEmpty()) {
      reader.fault("", "there is no post in the body");
    }
    return new Read(reader.posts, reader.faults);
  }

  private void lines(CharBuffer text) {
    int from = text.position();
    for (int i = from; i <= text.limit(); i++) {
      if (i == text.limit() || text.get(i) == '\n' || text.get(i) == '\r') {
        line(text.duplicate().position(from).limit(i));
        from = i + 1;
      }
    }
  }

  /** Empty lines count for nothing, as the last one often is. */
  private void line(CharBuffer line) {
    try (JsonParser json = Json.parser(line)) {
      if (json.nextToken() != null) {
        post(json);
        end(json);
      }
    } catch (IOException e) {
      unreadable(e);
      item++;
    }
  }

  private void document(CharBuffer text) {
    try (JsonParser json = Json.parser(text)) {
      JsonToken first = json.nextToken();
      if (first == JsonToken.START_ARRAY) {
        while (json.nextToken() != JsonToken.END_ARRAY) {
          post(json);
        }
        end(json);
      } else if (first != null) {
        post(json);
        end(json);
      }
    } catch (IOException e) {
      unreadable(e);
    }
  }

  private void end(JsonParser json) throws IOException {
    if (json.nextToken() != null) {
      throw new JsonParseException(json, "more behind the end");
    }
  }

  /** Only where, not what: the message would quote the body. */
  private void unreadable(IOException failure) {
    if (!(failure instanceof JsonProcessingException e)) {
      throw new UncheckedIOException("memory can be read", failure);
    }
    String where =
        e.getLocation() == null
            ? ""
            : " (line %d, column %d)"
                .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr());
    boolean duplicate = e.getOriginalMessage().startsWith("Duplicate field");
    fault("", (duplicate ? "a field is given twice" : "not valid JSON") + where);
  }

  /** From the first token of a value to its last. */
  private void post(JsonParser json) throws IOException {
    if (json.currentToken() == JsonToken.START_OBJECT) {
      String userId = copy(json);
      wrong.forEach(this::fault);
      if (copied.size() > maxBytes) {
        fault("", "at most %d bytes, found %d".formatted(maxBytes, copied.size()));
      }
      if (faults.isEmpty()) {
        memory.accept(POST_BYTES + 3L * copied.size());
        posts.add(new AcceptedPost(userId, copied.toByteArray()));
      }
    } else {
      String kind = kind(json);
      json.skipChildren();
      fault("", "a post is a JSON object, found " + kind);
    }
    item++;
  }

  /**
   * Copies the post, and notes what is wrong with its fields.
   *
   * @return the user's id, empty for none
   */
  private String copy(JsonParser json) throws IOException {
    copied.reset();
    wrong.clear();
    names = 0;
    wrong.put("text", "required");
    String userId = "";
    try (JsonGenerator copy = Json.MAPPER.createGenerator(copied)) {
      copy.writeStartObject();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        boolean isText = json.nextToken() == JsonToken.VALUE_STRING;
        check(name, json);
        if (isText && name.equals("user_id")) {
          userId = json.getText();
        }
        copy.writeFieldName(name);
        value(json, copy);
      }
      copy.writeEndObject();
    }
    return userId;
  }

  /** Copies a value, and counts the names in it and its own. */
  private void value(JsonParser json, JsonGenerator copy) throws IOException {
    int depth = 0;
    name();
    do {
      JsonToken token = json.currentToken();
      if (token == JsonToken.FIELD_NAME) {
        name();
      }
      copy.copyCurrentEventExact(json);
      depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
    } while (depth > 0 && json.nextToken() != null);
  }

  /** Jackson remembers the names of an object while it reads it, to find the second of two. */
  private void name() {
    if (++names > NAMES_UNCOUNTED) {
      memory.accept(NAME_BYTES);
    }
  }

  private void check(String name, JsonParser json) throws IOException {
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
        if (!isText && !isAbsent) {
          wrong.put(name, "a string, found " + kind(json));
        } else if (isText && name.equals("region")) {
          region(json.getText());
        }
      }
      case "timestamp" -> {
        if (!isAbsent) {
          timestamp(json);
        }
      }
      default -> {}
    }
  }

  private void region(String region) {
    int bytes = region.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > PostRules.MAX_REGION_BYTES) {
      wrong.put(
          "region", "at most %d bytes, found %d".formatted(PostRules.MAX_REGION_BYTES, bytes));
    } else if (PostRules.hasForbiddenCharacter(region)) {
      wrong.put("region", "may not contain NUL");
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

  /** Nothing is accepted beside a fault, so the posts read so far are not needed any more. */
  private void fault(String field, String detail) {
    posts.clear();
    faults.add(new Fault.OfPost(item, field, detail));
  }

  private static String kind(JsonParser json) throws IOException {
    return switch (json.currentToken()) {
      case START_ARRAY -> "an array";
      case START_OBJECT -> "an object";
      case VALUE_STRING -> "a string";
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "the number " + Faults.quote(json.getText());
      default -> json.getText();
    };
  }
}
