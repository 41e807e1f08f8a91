package io.streamsocial.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * The one reader of percent encoding, of paths and of queries. It is strict: a lenient one would
 * put another character where the bytes are no UTF-8, and so answer for a key that nobody asked
 * for.
 */
final class Percent {
  /** What is accepted, for people. */
  static final String ALLOWED =
      "percent-encoded UTF-8: % is followed by two hexadecimal digits, and the bytes are text";

  private static final int ASCII_END = 0x80;

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

  /** A segment of a path, where a plus sign is a plus sign. */
  static String ofPath(String raw) {
    return decode(raw, '+');
  }

  /** A name or a value of a query, where a plus sign is a space. */
  static String ofQuery(String raw) {
    return decode(raw, ' ');
  }

  /**
   * @throws IllegalArgumentException when an escape is broken, when a character is not ASCII, as
   *     the decoder of the request line has lost its bytes, or when the bytes are not UTF-8
   */
  private static String decode(String raw, char plus) {
    ByteBuffer bytes = ByteBuffer.allocate(raw.length());
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c >= ASCII_END) {
        throw new IllegalArgumentException("not ASCII");
      }
      if (c == '%') {
        bytes.put((byte) (digit(raw, i + 1) << 4 | digit(raw, i + 2)));
        i += 2;
      } else {
        bytes.put((byte) (c == '+' ? plus : c));
      }
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("not UTF-8", e);
    }
  }

  private static int digit(String raw, int at) {
    int digit = at < raw.length() ? Character.digit(raw.charAt(at), 16) : -1;
    if (digit < 0 || raw.charAt(at) >= ASCII_END) {
      throw new IllegalArgumentException("no hexadecimal digit");
    }
    return digit;
  }
}
