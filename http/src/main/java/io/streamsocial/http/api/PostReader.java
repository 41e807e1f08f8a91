package io.streamsocial.http.api;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import io.streamsocial.http.Fault;
import io.streamsocial.http.Faults;
import io.streamsocial.http.Json;
import io.streamsocial.processor.posts.Rejection;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * Reads the body of POST /api/posts and finds every fault at once. What passes here is not rejected
 * at ingest: a client learns of a bad post from its answer and not from a topic that it cannot
 * read. Pure; made for one request, as it collects.
 */
final class PostReader {
  /** What a post takes until it is acknowledged, beside its JSON, its key and the copy to send. */
  private static final int POST_BYTES = 640;

  /** Its record in the answer, without hashtags; three times, as the answer grows by copies. */
  private static final int ANSWER_BYTES = 3 * 64;

  /** A header of a record, beside its value. */
  private static final int HEADER_BYTES = 96;

  private static final int NAME_BYTES = 128;

  private static final String TOO_MUCH =
      "more than can be read: at most %d levels of nesting, numbers of %d digits, names of %d characters and strings of %d"
          .formatted(
              StreamReadConstraints.defaults().getMaxNestingDepth(),
              StreamReadConstraints.defaults().getMaxNumberLength(),
              StreamReadConstraints.defaults().getMaxNameLength(),
              StreamReadConstraints.defaults().getMaxStringLength());

  /** Posts that people write have fewer names. */
  private static final int NAMES_UNCOUNTED = 100;

  private final Asked asked;
  private final PostJudge judge;
  private final PostFields fields;
  private final LongConsumer memory;
  private final List<AcceptedPost> posts = new ArrayList<>();
  private final Faults faults = new Faults();
  private final Faults warnings = new Faults();
  private final ByteArrayOutputStream copied = new ByteArrayOutputStream();
  private int item;
  private int names;

  private PostReader(Asked asked, PostJudge judge, LongConsumer memory) {
    this.asked = asked;
    this.judge = judge;
    this.fields = judge.fields();
    this.memory = memory;
  }

  /**
   * @param lines whether each line is a document (NDJSON), instead of one object or one array
   * @param strict whether a warning is a fault
   * @param idempotencyKey of the request, empty for none
   */
  record Asked(boolean lines, boolean strict, String idempotencyKey) {}

  /** The faults, or when there are none the posts in the order of the body, and the warnings. */
  record Read(List<AcceptedPost> posts, Faults faults, Faults warnings) {}

  /**
   * @param memory gets the bytes that each post takes as it is read; a failure ends the reading
   */
  static Read read(byte[] body, Asked asked, PostJudge judge, LongConsumer memory) {
    PostReader reader = new PostReader(asked, judge, memory);
    try {
      CharBuffer text = Json.decode(body);
      if (asked.lines) {
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
    return new Read(reader.posts, reader.faults, reader.warnings);
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
        item++;
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
          item++;
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
    fault("", what(e) + where);
  }

  private static String what(JsonProcessingException e) {
    if (e instanceof StreamConstraintsException) {
      return TOO_MUCH;
    }
    boolean duplicate = e.getOriginalMessage().startsWith("Duplicate field");
    return duplicate ? "a field is given twice" : "not valid JSON";
  }

  /** From the first token of a value to its last. */
  private void post(JsonParser json) throws IOException {
    if (json.currentToken() == JsonToken.START_OBJECT) {
      copy(json);
      if (fields.wrong().isEmpty()) {
        judge(copied.toByteArray());
      }
      fields.wrong().forEach(this::fault);
    } else {
      String kind = PostFields.kind(json);
      json.skipChildren();
      fault("", "a post is a JSON object, found " + kind);
    }
  }

  /** A post with which nothing is wrong as far as it was read. */
  private void judge(byte[] json) {
    Optional<Rejection> rejected = judge.rejection(json);
    if (rejected.isPresent()) {
      fault(rejected.get().reason().field(), rejected.get().detail());
      return;
    }
    judge.warnings(fields.hasTimestamp(), this::warn);
    if (faults.isEmpty()) {
      memory.accept(bytesOf(json));
      posts.add(new AcceptedPost(names(), json, judge.hashtags()));
    }
  }

  /** The same body has the same keys in each try. */
  private AcceptedPost.Names names() {
    String key = asked.idempotencyKey;
    return new AcceptedPost.Names(
        fields.userId(), fields.postId(), key.isEmpty() ? "" : key + "/" + item);
  }

  private long bytesOf(byte[] json) {
    long bytes = POST_BYTES + ANSWER_BYTES + 3L * json.length + judge.hashtagBytes();
    int key = asked.idempotencyKey.length();
    return key == 0 ? bytes : bytes + HEADER_BYTES + 2L * key;
  }

  /** Copies the post, and notes what is wrong with its fields. */
  private void copy(JsonParser json) throws IOException {
    copied.reset();
    fields.begin();
    names = 0;
    try (JsonGenerator copy = Json.MAPPER.createGenerator(copied)) {
      copy.writeStartObject();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        json.nextToken();
        fields.field(name, json);
        copy.writeFieldName(name);
        value(json, copy);
      }
      copy.writeEndObject();
    }
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

  private void warn(String field, String detail) {
    if (asked.strict) {
      fault(field, detail);
    } else {
      warnings.add(new Fault.OfPost(item, field, detail));
    }
  }

  /** Nothing is accepted beside a fault, so the posts read so far are not needed any more. */
  private void fault(String field, String detail) {
    posts.clear();
    faults.add(new Fault.OfPost(item, field, detail));
  }
}
