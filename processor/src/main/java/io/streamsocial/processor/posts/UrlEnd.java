package io.streamsocial.processor.posts;

/**
 * Finds where the URLs of one text end: before the first character that RFC 3986 has in no URI. A
 * closing bracket ends one too when its opening one stands before the URL, as in "(see
 * https://x.example/a)". A second '#' ends none, as people share such links. Reads each byte of a
 * text once, however many URLs there are. Not thread-safe.
 */
final class UrlEnd {
  private static final String IN_URIS = "-._~:/?#[]@!$&'()*+,;=%";
  private static final boolean[] ALLOWED = new boolean[128];

  static {
    for (char c = 0; c < ALLOWED.length; c++) {
      ALLOWED[c] = IN_URIS.indexOf(c) >= 0 || Character.isLetterOrDigit(c);
    }
  }

  private int counted;
  private int round;
  private int square;

  /** A new text begins. */
  void begin(int offset) {
    counted = offset;
    round = 0;
    square = 0;
  }

  /**
   * @param colon of the "://" of a URL, behind those that were asked for before
   */
  int of(byte[] text, int colon, int end) {
    for (; counted < colon; counted++) {
      round = Math.max(0, round + opens(text[counted], '(', ')'));
      square = Math.max(0, square + opens(text[counted], '[', ']'));
    }
    int i = colon;
    int innerRound = 0;
    int innerSquare = 0;
    while (i < end && text[i] >= 0 && ALLOWED[text[i]]) {
      byte b = text[i];
      innerRound += opens(b, '(', ')');
      innerSquare += opens(b, '[', ']');
      if ((innerRound < 0 && round > 0) || (innerSquare < 0 && square > 0)) {
        break;
      }
      innerRound = Math.max(0, innerRound);
      innerSquare = Math.max(0, innerSquare);
      i++;
    }
    counted = i;
    return i;
  }

  private static int opens(byte b, char open, char close) {
    return b == open ? 1 : b == close ? -1 : 0;
  }
}
