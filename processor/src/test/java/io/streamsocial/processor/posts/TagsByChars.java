package io.streamsocial.processor.posts;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What {@link Hashtags} should find in a text, by its characters. */
final class TagsByChars {
  final List<String> tags = new ArrayList<>();
  int oversized;
  int missed;

  TagsByChars(String text) {
    int[] chars = text.codePoints().toArray();
    boolean afterWord = false;
    boolean inUrl = false;
    int i = 0;
    while (i < chars.length) {
      int c = chars[i];
      if ((c == '#' || c == '＃') && !inUrl) {
        int end = i + 1;
        if (end < chars.length && !isMark(chars[end])) {
          while (end < chars.length && isWord(chars[end])) {
            end++;
          }
        }
        boolean isSymbol =
            i + 1 < chars.length && Character.getType(chars[i + 1]) == Character.OTHER_SYMBOL;
        boolean isTag = !afterWord && end > i + 1;
        if (isTag) {
          found(new String(chars, i + 1, end - i - 1), end - i - 1);
        } else if (end > i + 1 || isSymbol) {
          missed++;
        }
        i = isTag ? end : i + 1;
        afterWord = isTag;
        continue;
      }
      if (c == ':') {
        inUrl |= i + 2 < chars.length && chars[i + 1] == '/' && chars[i + 2] == '/';
      } else if (c <= ' ' || Character.isWhitespace(c)) {
        inUrl = false;
      }
      afterWord = isWord(c) && (afterWord || !isMark(c));
      i++;
    }
  }

  private void found(String tag, int codePoints) {
    if (codePoints > PostRules.MAX_HASHTAG_CODE_POINTS) {
      oversized++;
    } else {
      tags.add(tag.toLowerCase(Locale.ROOT));
    }
  }

  private static boolean isMark(int codePoint) {
    int type = Character.getType(codePoint);
    return type == Character.NON_SPACING_MARK
        || type == Character.COMBINING_SPACING_MARK
        || type == Character.ENCLOSING_MARK;
  }

  private static boolean isWord(int codePoint) {
    return codePoint == '_'
        || isMark(codePoint)
        || Character.isLetter(codePoint)
        || Character.getType(codePoint) == Character.DECIMAL_DIGIT_NUMBER;
  }

  static List<String> found(Hashtags hashtags) {
    List<String> found = new ArrayList<>();
    for (int i = 0; i < hashtags.size(); i++) {
      found.add(
          new String(
              hashtags.bytes(), hashtags.offset(i), hashtags.length(i), StandardCharsets.UTF_8));
    }
    return found;
  }
}
