package io.streamsocial.http;

import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * The one reader of percent encoding, of paths and of queries. It is strict: a lenient one would
 * put another character where the bytes are no UTF-8, and so answer for a key that nobody asked
 * for.
 */
public final class Percent {
  /** What is accepted, for people. */
  public static final String ALLOWED =
      "percent-encoded UTF-8: % is followed by two hexadecimal digits, and the bytes are text";

  private Percent() {}

  /** The same, and how else a key can be given, where the path has a parameter for it. */
  static String allowed(Iterable<Parameter<?>> known) {
    for (Parameter<?> each : known) {
      if (each.name().equals(Parameter.ENCODING)) {
        return ALLOWED + "; a key of other bytes is given in base64url, with encoding=base64url";
      }
    }
    return ALLOWED;
  }

  /** Whether a path can be read at all, whatever there is at it. */
  public static boolean canRead(String rawPath) {
    try {
      ofPath(rawPath);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** A segment of a path, where a plus sign is a plus sign. */
  static String ofPath(String raw) {
    return ofQuery(raw.replace("+", "%2B"));
  }

  /**
   * A name or a value of a query, where a plus sign is a space.
   *
   * @throws IllegalArgumentException when an escape is broken, when a character is not ASCII, as
   *     the decoder of the request line has lost its bytes, or when the bytes are not UTF-8
   */
  static String ofQuery(String raw) {
    if (!StandardCharsets.US_ASCII.newEncoder().canEncode(raw)) {
      throw new IllegalArgumentException("not ASCII");
    }
    // Netty decodes escapes alone here: in UTF-8 it would put U+FFFD for what is none.
    byte[] bytes =
        QueryStringDecoder.decodeComponent(raw, StandardCharsets.ISO_8859_1)
            .getBytes(StandardCharsets.ISO_8859_1);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("not UTF-8", e);
    }
  }
}
