package io.streamsocial.processor.posts;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Steps over JSON in UTF-8, in place. Each step takes the place where a part begins and returns the
 * place behind it, or {@link #ODD}: the input is no JSON, or is JSON that this class does not
 * judge. It accepts less than a parser does, and never more, so what is odd is left to a parser. No
 * step reads outside of the range that it is given, recurses, or allocates.
 */
final class JsonScan {
  /** Left to a parser. */
  static final int ODD = -1;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = ONES << 7;

  // One bit a level of nesting says whether it is an object.
  private static final int DEPTH_MAX = 60;

  // A parser has bounds of its own, which are larger.
  private static final int NUMBER_BYTES_MAX = 100;
  private static final int NAME_BYTES_MAX = 1_000;

  private JsonScan() {}

  /** Behind white space. */
  static int space(byte[] bytes, int from, int end) {
    int i = from;
    while (i < end && isSpace(bytes[i])) {
      i++;
    }
    return i;
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || b == '\n' || b == '\r' || b == '\t';
  }

  /**
   * A short string without escapes and in ASCII.
   *
   * @param from behind the opening quote
   * @return the place of the closing quote
   */
  static int name(byte[] bytes, int from, int end) {
    int at = ordinary(bytes, from, end);
    return at < end && bytes[at] == '"' && at - from <= NAME_BYTES_MAX ? at : ODD;
  }

  /**
   * A string without escapes.
   *
   * @param from behind the opening quote
   * @return the place of the closing quote
   */
  static int unescaped(byte[] bytes, int from, int end) {
    return string(bytes, from, end, false);
  }

  /**
   * A string.
   *
   * @param from behind the opening quote
   * @return the place of the closing quote
   */
  static int string(byte[] bytes, int from, int end) {
    return string(bytes, from, end, true);
  }

  private static int string(byte[] bytes, int from, int end, boolean withEscapes) {
    int i = from;
    while (true) {
      i = ordinary(bytes, i, end);
      if (i == end) {
        return ODD;
      }
      byte b = bytes[i];
      if (b == '"') {
        return i;
      }
      if (b == '\\' && withEscapes) {
        i = escape(bytes, i, end);
      } else if (b < 0) {
        i = character(bytes, i, end);
      } else {
        return ODD; // a control character, or a backslash
      }
      if (i == ODD) {
        return ODD;
      }
    }
  }

  /** Up to the first quote, backslash, control character, or byte of a character beyond ASCII. */
  static int ordinary(byte[] bytes, int from, int end) {
    int i = from;
    for (; i + Long.BYTES <= end; i += Long.BYTES) {
      long word = (long) LONGS.get(bytes, i);
      long quotes = word ^ ONES * '"';
      long backslashes = word ^ ONES * '\\';
      // The lowest of these bits is right: what a borrow makes wrong lies above a right one.
      long found =
          ((quotes - ONES & ~quotes)
                  | (backslashes - ONES & ~backslashes)
                  | (word - ONES * ' ' & ~word)
                  | word)
              & HIGHS;
      if (found != 0) {
        return i + (Long.numberOfTrailingZeros(found) >>> 3);
      }
    }
    while (i < end && bytes[i] >= ' ' && bytes[i] != '"' && bytes[i] != '\\') {
      i++;
    }
    return i;
  }

  private static int escape(byte[] bytes, int at, int end) {
    if (at + 1 >= end) {
      return ODD;
    }
    return switch (bytes[at + 1]) {
      case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> at + 2;
      case 'u' -> hex(bytes, at + 2, end) < 0 ? ODD : at + 6;
      default -> ODD;
    };
  }

  /** Four hexadecimal digits, or {@link #ODD}. */
  static int hex(byte[] bytes, int at, int end) {
    if (at + 4 > end) {
      return ODD;
    }
    int value = 0;
    for (int i = at; i < at + 4; i++) {
      int digit = Character.digit(bytes[i], 16);
      if (digit < 0) {
        return ODD;
      }
      value = value << 4 | digit;
    }
    return value;
  }

  /** One character beyond ASCII, as the Unicode Standard defines well-formed UTF-8 (table 3-7). */
  private static int character(byte[] bytes, int at, int end) {
    int first = bytes[at] & 0xFF;
    int size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (first < 0xC2 || first > 0xF4 || at + size > end) {
      return ODD;
    }
    int second = bytes[at + 1] & 0xFF;
    int least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    int most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (second < least || second > most) {
      return ODD;
    }
    for (int i = at + 2; i < at + size; i++) {
      if ((bytes[i] & 0xC0) != 0x80) {
        return ODD;
      }
    }
    return at + size;
  }

  /** Any value, checked to its end. */
  static int value(byte[] bytes, int from, int end) {
    if (from >= end) {
      return ODD;
    }
    return switch (bytes[from]) {
      case '"' -> {
        int close = string(bytes, from + 1, end);
        yield close == ODD ? ODD : close + 1;
      }
      case '{', '[' -> nested(bytes, from, end);
      case 't' -> word(bytes, from, end, "true");
      case 'f' -> word(bytes, from, end, "false");
      case 'n' -> word(bytes, from, end, "null");
      default -> number(bytes, from, end);
    };
  }

  /** The caller checks that a comma or bracket follows. */
  static int word(byte[] bytes, int from, int end, String word) {
    int to = from + word.length();
    if (to > end) {
      return ODD;
    }
    for (int i = from; i < to; i++) {
      if (bytes[i] != word.charAt(i - from)) {
        return ODD;
      }
    }
    return to;
  }

  /** The caller checks that a comma or bracket follows. */
  private static int number(byte[] bytes, int from, int end) {
    int limit = Math.min(end, from + NUMBER_BYTES_MAX);
    int i = from < limit && bytes[from] == '-' ? from + 1 : from;
    int whole = digits(bytes, i, limit);
    if (whole == i || (bytes[i] == '0' && whole > i + 1)) {
      return ODD;
    }
    i = whole;
    if (i < limit && bytes[i] == '.') {
      int fraction = digits(bytes, i + 1, limit);
      if (fraction == i + 1) {
        return ODD;
      }
      i = fraction;
    }
    if (i < limit && (bytes[i] == 'e' || bytes[i] == 'E')) {
      i++;
      if (i < limit && (bytes[i] == '+' || bytes[i] == '-')) {
        i++;
      }
      int exponent = digits(bytes, i, limit);
      if (exponent == i) {
        return ODD;
      }
      i = exponent;
    }
    return i == from + NUMBER_BYTES_MAX ? ODD : i;
  }

  private static int digits(byte[] bytes, int from, int end) {
    int i = from;
    while (i < end && bytes[i] >= '0' && bytes[i] <= '9') {
      i++;
    }
    return i;
  }

  /** An array or object with all that is in it. */
  private static int nested(byte[] bytes, int from, int end) {
    long objects = 0; // the lowest bit is the innermost
    int depth = 0;
    int i = from;
    boolean opens = true; // a value follows that may open a level; else one has ended
    while (true) {
      if (opens && i < end && (bytes[i] == '{' || bytes[i] == '[')) {
        if (++depth > DEPTH_MAX) {
          return ODD;
        }
        boolean isObject = bytes[i] == '{';
        objects = objects << 1 | (isObject ? 1 : 0);
        i = space(bytes, i + 1, end);
        if (i < end && bytes[i] == (isObject ? '}' : ']')) {
          opens = false;
        } else if (isObject) {
          i = member(bytes, i, end);
        }
      } else if (opens) {
        i = value(bytes, i, end);
        opens = false;
        if (i != ODD) {
          i = space(bytes, i, end);
        }
      } else if (i < end && bytes[i] == ((objects & 1) != 0 ? '}' : ']')) {
        objects >>>= 1;
        i++;
        if (--depth == 0) {
          return i;
        }
        i = space(bytes, i, end);
      } else if (i < end && bytes[i] == ',') {
        i = space(bytes, i + 1, end);
        if ((objects & 1) != 0) {
          i = member(bytes, i, end);
        }
        opens = true;
      } else {
        return ODD;
      }
      if (i == ODD) {
        return ODD;
      }
    }
  }

  /** A name and its colon; returns where the value begins. */
  private static int member(byte[] bytes, int from, int end) {
    if (from >= end || bytes[from] != '"') {
      return ODD;
    }
    int close = name(bytes, from + 1, end);
    return close == ODD ? ODD : colon(bytes, close + 1, end);
  }

  /** The colon behind a name; returns where the value begins. */
  static int colon(byte[] bytes, int from, int end) {
    int at = space(bytes, from, end);
    return at < end && bytes[at] == ':' ? space(bytes, at + 1, end) : ODD;
  }
}
