package io.streamsocial.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** The module's one JSON mapper, and the way that bodies are written: field by field, streaming. */
public final class Json {
  // As many digits as every reader of JSON keeps, and no leading zero: 07 is another id than 7.
  private static final Pattern NUMBER = Pattern.compile("0|[1-9][0-9]{0,14}");

  private static final char BYTE_ORDER_MARK = '\uFEFF';

  /**
   * A field given twice is refused, as two readers could pick different ones; so is anything after
   * the document. Names of fields are strangers' words: none is kept for the next document.
   */
  public static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                  .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                  .build())
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  private Json() {}

  /**
   * Decodes a document that somebody sent. Jackson would replace what is not UTF-8 by another
   * character.
   *
   * @throws CharacterCodingException when it is not UTF-8
   */
  public static CharBuffer decode(byte[] document) throws CharacterCodingException {
    CharBuffer chars = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(document));
    if (chars.hasRemaining() && chars.get(0) == BYTE_ORDER_MARK) {
      chars.get();
    }
    return chars;
  }

  /**
   * @param document made by {@link #decode}, or a part of it
   */
  public static JsonParser parser(CharBuffer document) throws IOException {
    return MAPPER
        .getFactory()
        .createParser(
            document.array(), document.arrayOffset() + document.position(), document.remaining());
  }

  /** Writes one JSON value. */
  @FunctionalInterface
  public interface Body {
    void write(JsonGenerator json) throws IOException;
  }

  /** The id of an instance: a number where it is written as one, else a string. */
  public static void writeInstanceId(JsonGenerator json, String id) throws IOException {
    json.writeFieldName("instance_id");
    if (NUMBER.matcher(id).matches()) {
      json.writeNumber(Long.parseLong(id));
    } else {
      json.writeString(id);
    }
  }

  public static byte[] bytes(Body body) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(512);
    try (JsonGenerator json = MAPPER.createGenerator(out)) {
      body.write(json);
    } catch (IOException e) {
      // A byte array takes every write.
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
