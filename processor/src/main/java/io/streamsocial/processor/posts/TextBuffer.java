package io.streamsocial.processor.posts;

import java.util.Arrays;

/**
 * The text of a post as UTF-8, where its bytes in the record are not that. Reused from post to
 * post; it grows to the largest text, and gives back what few texts need. Not thread-safe.
 */
final class TextBuffer {
  private static final int KEPT_BYTES = 16_384;

  private byte[] bytes = new byte[256];
  private int length;

  void clear() {
    length = 0;
    if (bytes.length > KEPT_BYTES) {
      bytes = new byte[256];
    }
  }

  /** Holds the text from 0 on. */
  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  private void ensure(int room) {
    if (bytes.length < room) {
      bytes = Arrays.copyOf(bytes, Math.max(room, 2 * bytes.length));
    }
  }

  /** Takes a text. Half of a surrogate pair becomes three bytes, as if it were a character. */
  void set(char[] chars, int offset, int count) {
    ensure(3 * count);
    int at = 0;
    int end = offset + count;
    for (int i = offset; i < end; ) {
      int codePoint = Character.codePointAt(chars, i, end);
      at = Utf8.put(bytes, at, codePoint);
      i += Character.charCount(codePoint);
    }
    length = at;
  }

  /**
   * Takes a text with escapes.
   *
   * @param json a string that {@link JsonScan#string} has accepted, without its quotes
   * @return false for half of a surrogate pair, which is left to a parser
   */
  boolean unescape(byte[] json, int from, int to) {
    ensure(to - from); // no escape is shorter than its character
    int at = 0;
    int i = from;
    while (i < to) {
      byte b = json[i];
      if (b != '\\') {
        bytes[at++] = b;
        i++;
      } else if (json[i + 1] != 'u') {
        bytes[at++] = escaped(json[i + 1]);
        i += 2;
      } else {
        int codePoint = JsonScan.hex(json, i + 2, to);
        i += 6;
        if (Character.isSurrogate((char) codePoint)) {
          int low =
              i + 1 < to && json[i] == '\\' && json[i + 1] == 'u'
                  ? JsonScan.hex(json, i + 2, to)
                  : 0;
          if (!Character.isSurrogatePair((char) codePoint, (char) low)) {
            return false;
          }
          codePoint = Character.toCodePoint((char) codePoint, (char) low);
          i += 6;
        }
        at = Utf8.put(bytes, at, codePoint);
      }
    }
    length = at;
    return true;
  }

  private static byte escaped(byte letter) {
    return switch (letter) {
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      default -> letter;
    };
  }
}
