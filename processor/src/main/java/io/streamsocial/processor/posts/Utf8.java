package io.streamsocial.processor.posts;

/** Characters in well-formed UTF-8, in place. */
final class Utf8 {
  private Utf8() {}

  /** Bytes of the character that begins with this byte. */
  static int size(byte first) {
    return first >= 0 ? 1 : first < (byte) 0xE0 ? 2 : first < (byte) 0xF0 ? 3 : 4;
  }

  /** The character that begins here. */
  static int codePoint(byte[] bytes, int at) {
    byte first = bytes[at];
    return switch (size(first)) {
      case 1 -> first;
      case 2 -> (first & 0x1F) << 6 | low(bytes, at + 1);
      case 3 -> (first & 0x0F) << 12 | low(bytes, at + 1) << 6 | low(bytes, at + 2);
      default ->
          (first & 0x07) << 18
              | low(bytes, at + 1) << 12
              | low(bytes, at + 2) << 6
              | low(bytes, at + 3);
    };
  }

  private static int low(byte[] bytes, int at) {
    return bytes[at] & 0x3F;
  }

  /**
   * Bytes of as many whole characters as fit into some bytes.
   *
   * @param length of a text that is longer
   */
  static int cut(byte[] bytes, int from, int length) {
    int cut = length;
    while (cut > 0 && (bytes[from + cut] & 0xC0) == 0x80) {
      cut--;
    }
    return cut;
  }

  /**
   * Whether a range is text: no character longer than it has to be, no half of a pair, none cut.
   */
  static boolean isWellFormed(byte[] bytes, int from, int to) {
    int i = from;
    while (i < to) {
      int size = size(bytes[i]);
      if (size > 1) {
        if ((bytes[i] & 0xC0) == 0x80 || bytes[i] >= (byte) 0xF8 || i + size > to) {
          return false;
        }
        for (int j = i + 1; j < i + size; j++) {
          if ((bytes[j] & 0xC0) != 0x80) {
            return false;
          }
        }
        int codePoint = codePoint(bytes, i);
        int least = size == 2 ? 0x80 : size == 3 ? 0x800 : 0x10000;
        boolean isHalf = codePoint >= 0xD800 && codePoint <= 0xDFFF;
        if (codePoint < least || codePoint > Character.MAX_CODE_POINT || isHalf) {
          return false;
        }
      }
      i += size;
    }
    return true;
  }

  /** How many characters a range has. */
  static int count(byte[] bytes, int from, int to) {
    int count = 0;
    for (int i = from; i < to; i++) {
      count += (bytes[i] & 0xC0) != 0x80 ? 1 : 0;
    }
    return count;
  }

  /**
   * Puts a character, no half of a pair, as 1 to 4 bytes.
   *
   * @return the place behind it
   */
  static int put(byte[] bytes, int at, int codePoint) {
    if (codePoint < 0x80) {
      bytes[at] = (byte) codePoint;
      return at + 1;
    }
    int size = codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
    int rest = codePoint;
    for (int i = size - 1; i > 0; i--) {
      bytes[at + i] = (byte) (0x80 | (rest & 0x3F));
      rest >>>= 6;
    }
    bytes[at] = (byte) ((0xF00 >>> size) | rest);
    return at + size;
  }
}
