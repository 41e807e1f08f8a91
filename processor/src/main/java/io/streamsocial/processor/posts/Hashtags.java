package io.streamsocial.processor.posts;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
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
  private static final byte NO_WORD = 0;
  // Of ASCII: the lower case of a word character.
  private static final byte[] FOLDED = new byte[128];

  static {
    for (char c = 0; c < FOLDED.length; c++) {
      FOLDED[c] =
          c == '_' || Character.isLetterOrDigit(c) ? (byte) Character.toLowerCase(c) : NO_WORD;
    }
  }

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = ONES << 7;

  // A tag that is one byte longer is too long.
  private static final int ASCII_BYTES_MAX = PostRules.MAX_HASHTAG_CODE_POINTS + 1;
  private static final int BYTES_MAX = 4 * PostRules.MAX_HASHTAG_CODE_POINTS;

  /** Room for the hashtags of any post that a person writes; more is given back. */
  private static final int KEPT_BYTES = 16_384;

  private byte[] bytes = new byte[256];
  private int[] ends = new int[8];
  private int size;
  private int oversized;
  private int missed;

  /**
   * Replaces what was found before by the hashtags of this text.
   *
   * @param text well-formed UTF-8
   */
  public void scan(byte[] text, int offset, int length) {
    clear();
    int end = offset + length;
    int at = plain(text, offset, end);
    if (at < end) {
      any(text, at, end, isAfterWord(text, offset, at));
    }
  }

  /** Behind ASCII alone. */
  private static boolean isAfterWord(byte[] text, int begin, int at) {
    return at > begin && FOLDED[text[at - 1]] != NO_WORD;
  }

  /**
   * The hashtags up to the first character that is not ASCII, or the first URL: of most texts all.
   *
   * @return where {@link #any} goes on
   */
  private int plain(byte[] text, int begin, int end) {
    int i = nextMark(text, begin, end);
    while (i < end && text[i] >= 0) {
      if (text[i] == ':') {
        if (isUrl(text, i, end)) {
          return i;
        }
        i = nextMark(text, i + 1, end);
        continue;
      }
      boolean afterWord = isAfterWord(text, begin, i);
      int wordEnd = afterWord ? asciiWordEnd(text, i + 1, end) : asciiTag(text, i + 1, end);
      if (wordEnd < end && text[wordEnd] < 0) {
        return i; // it may be longer, or stand before an emoji
      }
      if (wordEnd > i + 1) {
        if (afterWord) {
          missed++;
        } else {
          found(wordEnd - i - 1);
        }
      }
      i = nextMark(text, afterWord ? i + 1 : wordEnd, end);
    }
    return i;
  }

  /** Up to the first '#', ':', or byte of a character beyond ASCII. */
  private static int nextMark(byte[] text, int from, int end) {
    int i = from;
    for (; i + Long.BYTES <= end; i += Long.BYTES) {
      long word = (long) LONGS.get(text, i);
      long hashes = word ^ ONES * '#';
      long colons = word ^ ONES * ':';
      // The lowest of these bits is right: what a borrow makes wrong lies above a right one.
      long found = ((hashes - ONES & ~hashes) | (colons - ONES & ~colons) | word) & HIGHS;
      if (found != 0) {
        return i + (Long.numberOfTrailingZeros(found) >>> 3);
      }
    }
    while (i < end && text[i] != '#' && text[i] != ':' && text[i] >= 0) {
      i++;
    }
    return i;
  }

  private static boolean isUrl(byte[] text, int colon, int end) {
    return colon + 2 < end && text[colon + 1] == '/' && text[colon + 2] == '/';
  }

  private static int asciiWordEnd(byte[] text, int from, int end) {
    int i = from;
    while (i < end && text[i] >= 0 && FOLDED[text[i]] != NO_WORD) {
      i++;
    }
    return i;
  }

  /** The same; folds the first bytes to where the next tag is to be. */
  private int asciiTag(byte[] text, int from, int end) {
    int at = begin(ASCII_BYTES_MAX);
    byte[] to = bytes;
    int limit = Math.min(end, from + ASCII_BYTES_MAX);
    int i = from;
    while (i < limit && text[i] >= 0) {
      byte folded = FOLDED[text[i]];
      if (folded == NO_WORD) {
        return i;
      }
      to[at++] = folded;
      i++;
    }
    return i < limit ? i : asciiWordEnd(text, i, end);
  }

  /** Takes a tag in ASCII that is folded already. */
  private void found(int length) {
    if (length > PostRules.MAX_HASHTAG_CODE_POINTS) {
      oversized++;
    } else {
      add(start() + length);
    }
  }

  /** The rest of a text, whatever it has. */
  private void any(byte[] text, int from, int end, boolean isAfterWord) {
    boolean afterWord = isAfterWord;
    boolean inUrl = false;
    int i = from;
    while (i < end) {
      int codePoint = Utf8.codePoint(text, i);
      int next = i + Utf8.size(text[i]);
      if ((codePoint == '#' || codePoint == '＃') && !inUrl) {
        int wordEnd = startsWord(text, next, end) ? wordEnd(text, next, end) : next;
        boolean isTag = !afterWord && wordEnd > next;
        if (isTag) {
          found(text, next, wordEnd);
        } else if (wordEnd > next || isSymbol(text, next, end)) {
          missed++;
        }
        i = isTag ? wordEnd : next;
        afterWord = isTag;
        continue;
      }
      if (codePoint == ':') {
        inUrl |= isUrl(text, i, end);
      } else if (codePoint <= ' ' || Character.isWhitespace(codePoint)) {
        inUrl = false;
      }
      afterWord = isWord(codePoint) && (afterWord || !isMark(codePoint));
      i = next;
    }
  }

  private static boolean startsWord(byte[] text, int at, int end) {
    return at < end && !isMark(Utf8.codePoint(text, at));
  }

  /** An emoji, most often. */
  private static boolean isSymbol(byte[] text, int at, int end) {
    return at < end && Character.getType(Utf8.codePoint(text, at)) == Character.OTHER_SYMBOL;
  }

  private static int wordEnd(byte[] text, int from, int end) {
    int i = from;
    while (i < end && isWord(Utf8.codePoint(text, i))) {
      i += Utf8.size(text[i]);
    }
    return i;
  }

  private static boolean isWord(int codePoint) {
    return codePoint < 128
        ? FOLDED[codePoint] != NO_WORD
        : (1 << Character.getType(codePoint) & WORD_TYPES) != 0;
  }

  private static boolean isMark(int codePoint) {
    return codePoint >= 128 && (1 << Character.getType(codePoint) & MARK_TYPES) != 0;
  }

  private void found(byte[] text, int from, int to) {
    // Bytes first: most tags need no counting, and one of a megabyte must not get it.
    if (to - from > PostRules.MAX_HASHTAG_CODE_POINTS
        && (to - from > BYTES_MAX
            || Utf8.count(text, from, to) > PostRules.MAX_HASHTAG_CODE_POINTS)) {
      oversized++;
      return;
    }
    if (isFolded(text, from, to)) {
      put(text, from, to - from);
    } else {
      byte[] folded = encode(new String(text, from, to - from, StandardCharsets.UTF_8));
      put(folded, 0, folded.length);
    }
  }

  /** As {@code String.toLowerCase} finds out that it has nothing to do. */
  private static boolean isFolded(byte[] text, int from, int to) {
    for (int i = from; i < to; i += Utf8.size(text[i])) {
      int codePoint = Utf8.codePoint(text, i);
      if (Character.toLowerCase(codePoint) != codePoint) {
        return false;
      }
    }
    return true;
  }

  private void put(byte[] tag, int offset, int length) {
    int at = begin(length);
    System.arraycopy(tag, offset, bytes, at, length);
    add(at + length);
  }

  private int start() {
    return size == 0 ? 0 : ends[size - 1];
  }

  /** Makes room for a tag; returns where it begins. */
  private int begin(int length) {
    int start = start();
    if (start + length > bytes.length) {
      bytes = Arrays.copyOf(bytes, bytes.length * 2 + length);
    }
    return start;
  }

  private void add(int end) {
    if (size == ends.length) {
      ends = Arrays.copyOf(ends, size * 2);
    }
    ends[size++] = end;
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
