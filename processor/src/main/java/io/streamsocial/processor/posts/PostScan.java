package io.streamsocial.processor.posts;

import static io.streamsocial.processor.posts.JsonScan.ODD;

/**
 * Reads an ordinary post straight from its bytes: the fields that count are taken where they lie,
 * all others are stepped over, and the whole of it is checked to be JSON. Whatever is out of the
 * ordinary is left to {@link JacksonPosts}, which decides alone what is rejected and why: this
 * class accepts a post only where both read the same.
 *
 * <p>Ordinary is a post whose counted fields come once each, by names without escapes: a text, a
 * region that is a string without escapes or null, a timestamp of up to 18 digits or null.
 */
final class PostScan {
  // Far below the bound that Jackson has for a string.
  private static final int BYTES_MAX = 8 << 20;
  private static final int DIGITS_MAX = 18;

  private static final int OTHER = 0;
  private static final int TEXT = 1;
  private static final int REGION = 2;
  private static final int TIMESTAMP = 4;
  private static final int POST_ID = 8;
  private static final int USER_ID = 16;

  private PostScan() {}

  /**
   * Reads one post.
   *
   * @return false when it is left to a parser, whatever it has set until then
   */
  static boolean read(byte[] bytes, int offset, int length, ParsedPost into) {
    int end = offset + length;
    int i = JsonScan.space(bytes, offset, end);
    if (length > BYTES_MAX || i == end || bytes[i] != '{') {
      return false;
    }
    int seen = 0;
    do {
      i = JsonScan.space(bytes, i + 1, end);
      if (i == end || bytes[i] != '"') {
        return false;
      }
      int name = i + 1;
      int nameEnd = JsonScan.name(bytes, name, end);
      int value = nameEnd == ODD ? ODD : JsonScan.colon(bytes, nameEnd + 1, end);
      if (value == ODD || value == end) {
        return false;
      }
      int field = field(bytes, name, nameEnd);
      if ((seen & field) != 0) {
        return false; // the last of them is to be used
      }
      seen |= field;
      i = value(field, bytes, value, end, into);
      if (i == ODD) {
        return false;
      }
      i = JsonScan.space(bytes, i, end);
    } while (i < end && bytes[i] == ',');
    return i < end && bytes[i] == '}' && JsonScan.space(bytes, i + 1, end) == end && into.hasText();
  }

  private static int field(byte[] bytes, int from, int to) {
    return switch (to - from) {
      case 4 -> is("text", bytes, from) ? TEXT : OTHER;
      case 6 -> is("region", bytes, from) ? REGION : OTHER;
      case 7 -> is("post_id", bytes, from) ? POST_ID : is("user_id", bytes, from) ? USER_ID : OTHER;
      case 9 -> is("timestamp", bytes, from) ? TIMESTAMP : OTHER;
      default -> OTHER;
    };
  }

  private static boolean is(String name, byte[] bytes, int from) {
    for (int i = 0; i < name.length(); i++) {
      if (bytes[from + i] != name.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private static int value(int field, byte[] bytes, int from, int end, ParsedPost into) {
    return switch (field) {
      case TEXT -> text(bytes, from, end, into);
      case REGION -> region(bytes, from, end, into);
      case TIMESTAMP -> timestamp(bytes, from, end, into);
      case POST_ID ->
          into.ids().areOfPosts()
              ? postId(bytes, from, end, into)
              : JsonScan.value(bytes, from, end);
      case USER_ID -> userId(bytes, from, end, into);
      default -> JsonScan.value(bytes, from, end);
    };
  }

  private static int text(byte[] bytes, int from, int end, ParsedPost into) {
    if (bytes[from] != '"') {
      return ODD;
    }
    int begin = from + 1;
    int close = JsonScan.unescaped(bytes, begin, end);
    if (close != ODD) {
      into.setText(bytes, begin, close - begin);
      return close + 1;
    }
    close = JsonScan.string(bytes, begin, end);
    TextBuffer buffer = into.textBuffer();
    if (close == ODD || !buffer.unescape(bytes, begin, close)) {
      return ODD;
    }
    into.setText(buffer.bytes(), 0, buffer.length());
    return close + 1;
  }

  private static int region(byte[] bytes, int from, int end, ParsedPost into) {
    if (bytes[from] != '"') {
      return JsonScan.word(bytes, from, end, "null"); // none, as before
    }
    int begin = from + 1;
    int close = JsonScan.unescaped(bytes, begin, end);
    int length = close - begin;
    if (close == ODD || length > PostRules.MAX_REGION_BYTES) {
      return ODD;
    }
    if (length > 0) {
      byte[] known = into.regions().find(bytes, begin, length);
      into.setRegion(known != null ? known : newRegion(bytes, begin, length, into));
    }
    return close + 1;
  }

  /** A control character, which a region may not have, would be an escape. */
  private static byte[] newRegion(byte[] bytes, int offset, int length, ParsedPost into) {
    byte[] name = new byte[length];
    System.arraycopy(bytes, offset, name, 0, length);
    return into.regions().add(name);
  }

  private static int timestamp(byte[] bytes, int from, int end, ParsedPost into) {
    if (bytes[from] < '1' || bytes[from] > '9') {
      return JsonScan.word(bytes, from, end, "null"); // none, as before
    }
    long value = 0;
    int i = from;
    int limit = Math.min(end, from + DIGITS_MAX + 1);
    while (i < limit && bytes[i] >= '0' && bytes[i] <= '9') {
      value = 10 * value + (bytes[i] - '0');
      i++;
    }
    if (i - from > DIGITS_MAX) {
      return ODD;
    }
    into.setTimestamp(value);
    return i;
  }

  private static int postId(byte[] bytes, int from, int end, ParsedPost into) {
    if (bytes[from] != '"') {
      return JsonScan.value(bytes, from, end);
    }
    int begin = from + 1;
    int close = JsonScan.ordinary(bytes, begin, end);
    if (close == end || bytes[close] != '"') {
      return ODD; // the hash is of its UTF-16
    }
    into.ids().postId(bytes, begin, close - begin);
    return close + 1;
  }

  private static int userId(byte[] bytes, int from, int end, ParsedPost into) {
    Utf8Buffer user = into.user();
    if (user == null || bytes[from] != '"') {
      return JsonScan.value(bytes, from, end);
    }
    int begin = from + 1;
    int close = JsonScan.unescaped(bytes, begin, end);
    if (close == ODD) {
      return ODD;
    }
    user.set(bytes, begin, close - begin);
    return close + 1;
  }
}
