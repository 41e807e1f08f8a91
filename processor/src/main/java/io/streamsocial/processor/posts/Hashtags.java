package io.streamsocial.processor.posts;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/**
 * Finds the hashtags of one text. Reused from text to text; not thread-safe.
 *
 * <p>A hashtag is '#' (or the full-width '＃') and the word characters behind it: Unicode letters,
 * marks, decimal digits and '_'. It does not start inside a word ({@code a#b}) nor inside a URL
 * (anything from "://" to the next space). It is folded to lower case with the root locale, so that
 * the same tag has the same bytes on every machine. One text may name a tag twice; both count.
 *
 * <p>A mark belongs to what it marks: behind an emoji, or behind the '#' itself, it makes no word.
 * Else "❤️#java" would hide its tag behind the variation selector of the heart, and the keycap
 * "#️⃣" would be a tag of two invisible marks.
 */
public final class Hashtags {
  private static final int WORD_TYPES =
      1 << Character.UPPERCASE_LETTER
          | 1 << Character.LOWERCASE_LETTER
          | 1 << Character.TITLECASE_LETTER
          | 1 << Character.MODIFIER_LETTER
          | 1 << Character.OTHER_LETTER
          | 1 << Character.NON_SPACING_MARK
          | 1 << Character.COMBINING_SPACING_MARK
          | 1 << Character.ENCLOSING_MARK
          | 1 << Character.DECIMAL_DIGIT_NUMBER;
  private static final int MARK_TYPES =
      1 << Character.NON_SPACING_MARK
          | 1 << Character.COMBINING_SPACING_MARK
          | 1 << Character.ENCLOSING_MARK;
  private static final boolean[] ASCII_WORD = new boolean[128];

  static {
    for (int c = 0; c < ASCII_WORD.length; c++) {
      ASCII_WORD[c] = c == '_' || Character.isLetterOrDigit(c);
    }
  }

  /** Room for the hashtags of any post that a person writes; more is given back. */
  private static final int KEPT_BYTES = 16_384;

  private byte[] bytes = new byte[256];
  private int[] ends = new int[8];
  private int size;
  private int oversized;
  private int missed;

  /** Replaces what was found before by the hashtags of this text. */
  public void scan(char[] text, int offset, int length) {
    clear();
    int end = offset + length;
    boolean afterWord = false;
    boolean inUrl = false;
    int i = offset;
    while (i < end) {
      char c = text[i];
      if ((c == '#' || c == '＃') && !inUrl) {
        int wordEnd = startsWord(text, i + 1, end) ? wordEnd(text, i + 1, end) : i + 1;
        boolean isTag = !afterWord && wordEnd > i + 1;
        if (isTag) {
          found(text, i + 1, wordEnd);
        } else if (wordEnd > i + 1 || isSymbol(text, i + 1, end)) {
          missed++;
        }
        i = isTag ? wordEnd : i + 1;
        afterWord = isTag;
        continue;
      }
      if (c == ':') {
        inUrl |= i + 2 < end && text[i + 1] == '/' && text[i + 2] == '/';
      } else if (c <= ' ' || Character.isWhitespace(c)) {
        inUrl = false;
      }
      int codePoint = Character.codePointAt(text, i, end);
      afterWord = isWord(codePoint) && (afterWord || !isMark(codePoint));
      i += Character.charCount(codePoint);
    }
  }

  private static boolean startsWord(char[] text, int at, int end) {
    return at < end && !isMark(Character.codePointAt(text, at, end));
  }

  /** An emoji, most often. */
  private static boolean isSymbol(char[] text, int at, int end) {
    return at < end
        && Character.getType(Character.codePointAt(text, at, end)) == Character.OTHER_SYMBOL;
  }

  private static int wordEnd(char[] text, int from, int end) {
    int i = from;
    while (i < end) {
      int codePoint = Character.codePointAt(text, i, end);
      if (!isWord(codePoint)) {
        break;
      }
      i += Character.charCount(codePoint);
    }
    return i;
  }

  private static boolean isWord(int codePoint) {
    return codePoint < 128
        ? ASCII_WORD[codePoint]
        : (1 << Character.getType(codePoint) & WORD_TYPES) != 0;
  }

  private static boolean isMark(int codePoint) {
    return codePoint >= 128 && (1 << Character.getType(codePoint) & MARK_TYPES) != 0;
  }

  private void found(char[] text, int from, int to) {
    // Chars first: most tags need no counting, and one of a megabyte must not get it.
    if (to - from > PostRules.MAX_HASHTAG_CODE_POINTS
        && (to - from > 2 * PostRules.MAX_HASHTAG_CODE_POINTS
            || Character.codePointCount(text, from, to - from)
                > PostRules.MAX_HASHTAG_CODE_POINTS)) {
      oversized++;
      return;
    }
    int start = size == 0 ? 0 : ends[size - 1];
    if (start + (to - from) > bytes.length) {
      bytes = Arrays.copyOf(bytes, bytes.length * 2 + (to - from));
    }
    int at = start;
    for (int i = from; i < to; i++) {
      char c = text[i];
      if (c >= 128) {
        at = appendUnicode(text, from, to, start);
        break;
      }
      bytes[at++] = (byte) (c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    if (size == ends.length) {
      ends = Arrays.copyOf(ends, size * 2);
    }
    ends[size++] = at;
  }

  private int appendUnicode(char[] text, int from, int to, int start) {
    byte[] folded = encode(new String(text, from, to - from));
    if (start + folded.length > bytes.length) {
      bytes = Arrays.copyOf(bytes, bytes.length * 2 + folded.length);
    }
    System.arraycopy(folded, 0, bytes, start, folded.length);
    return start + folded.length;
  }

  private static byte[] encode(String tag) {
    return tag.toLowerCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8);
  }

  /** The bytes under which a tag that a person typed, with or without '#', is counted. */
  public static byte[] fold(String typed) {
    return encode(typed.startsWith("#") || typed.startsWith("＃") ? typed.substring(1) : typed);
  }

  void clear() {
    size = 0;
    oversized = 0;
    missed = 0;
    if (bytes.length > KEPT_BYTES || ends.length > KEPT_BYTES) {
      bytes = new byte[256];
      ends = new int[8];
    }
  }

  public int size() {
    return size;
  }

  /** Hashtags ignored because they are longer than {@link PostRules#MAX_HASHTAG_CODE_POINTS}. */
  public int oversized() {
    return oversized;
  }

  /**
   * What looks like a hashtag and is none: '#' inside of a word ({@code a#b}), or before an emoji.
   */
  public int missed() {
    return missed;
  }

  /** Holds all tags one behind the other; valid until the next scan. */
  public byte[] bytes() {
    return bytes;
  }

  public int offset(int tag) {
    return tag == 0 ? 0 : ends[tag - 1];
  }

  public int length(int tag) {
    return ends[tag] - offset(tag);
  }
}
