package io.streamsocial.processor.posts;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
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
    int i = 0;
    while (i < chars.length) {
      int c = chars[i];
      if ((c == '#' && (i == 0 || chars[i - 1] != '&')) || c == '＃') {
        int end = i + 1;
        if (end < chars.length && !isMark(chars[end])) {
          while (end < chars.length && (isWord(chars[end]) || joins(chars, end, i + 1))) {
            end++;
          }
        }
        boolean isSymbol =
            i + 1 < chars.length && Character.getType(chars[i + 1]) == Character.OTHER_SYMBOL;
        boolean isTag = !afterWord && end > i + 1;
        if (isTag) {
          found(new String(chars, i + 1, end - i - 1));
        } else if (end > i + 1 || isSymbol) {
          missed++;
        }
        i = isTag ? end : i + 1;
        afterWord = isTag;
        continue;
      }
      if (c == ':' && i + 2 < chars.length && chars[i + 1] == '/' && chars[i + 2] == '/') {
        i = urlEnd(chars, i);
        afterWord = isWord(chars[i - 1]);
        continue;
      }
      afterWord = isWord(c) && (afterWord || !isMark(c));
      i++;
    }
  }

  private void found(String tag) {
    String folded = Normalizer.normalize(tag.toLowerCase(Locale.ROOT), Normalizer.Form.NFC);
    if (folded.codePointCount(0, folded.length()) > PostRules.MAX_HASHTAG_CODE_POINTS) {
      oversized++;
    } else {
      tags.add(folded);
    }
  }

  private static boolean joins(int[] chars, int at, int wordBegin) {
    return (chars[at] == 0x200C || chars[at] == 0x200D)
        && at > wordBegin
        && at + 1 < chars.length
        && isWord(chars[at + 1]);
  }

  /** By all that stands before: how many brackets are open outside of URLs is counted anew. */
  private static int urlEnd(int[] chars, int colon) {
    int[] before = {0, 0};
    int i = 0;
    while (i < colon) {
      boolean isUrl = chars[i] == ':' && chars[i + 1] == '/' && chars[i + 2] == '/';
      if (isUrl) {
        i = urlEnd(chars, i);
        continue;
      }
      count(before, chars[i++]);
    }
    int[] inside = {0, 0};
    for (i = colon; i < chars.length; i++) {
      int c = chars[i];
      boolean isClosed =
          (c == ')' && inside[0] == 0 && before[0] > 0)
              || (c == ']' && inside[1] == 0 && before[1] > 0);
      if (!String.valueOf(Character.toChars(c)).matches("[A-Za-z0-9._~:/?#@!$&'()*+,;=%\\[\\]-]")
          || isClosed) {
        return i;
      }
      count(inside, c);
    }
    return i;
  }

  private static void count(int[] open, int c) {
    int kind = c == '(' || c == ')' ? 0 : 1;
    int change = c == '(' || c == '[' ? 1 : c == ')' || c == ']' ? -1 : 0;
    open[kind] = Math.max(0, open[kind] + change);
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
        || Character.getType(codePoint) == Character.DECIMAL_DIGIT_NUMBER
        || Character.getType(codePoint) == Character.LETTER_NUMBER
        || Character.getType(codePoint) == Character.OTHER_NUMBER;
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
