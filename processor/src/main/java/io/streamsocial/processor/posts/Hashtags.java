package io.streamsocial.processor.posts;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * Finds the hashtags of one text. Reused from text to text; not thread-safe.
 *
 * <p>A hashtag is '#' (or the full-width '＃') and the word characters behind it: Unicode letters,
 * marks, numbers of all kinds and '_', and a zero-width joiner or non-joiner between two of them.
 * It does not start inside a word ({@code a#b}), nor behind an ampersand, where it is a character
 * reference, nor inside a URL, see {@link UrlEnd}. It is folded to lower case with the root locale
 * and composed (NFC), so that the same tag has the same bytes on every machine, however it was
 * typed. One text may name a tag twice; both count.
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
          | 1 << Character.DECIMAL_DIGIT_NUMBER
          | 1 << Character.LETTER_NUMBER
          | 1 << Character.OTHER_NUMBER;
  private static final int MARK_TYPES =
      1 << Character.NON_SPACING_MARK
          | 1 << Character.COMBINING_SPACING_MARK
          | 1 << Character.ENCLOSING_MARK;
  private static final int NON_JOINER = 0x200C;
  private static final int JOINER = 0x200D;
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

  // No character is made of more than 4 when it is composed: a longer tag stays too long.
  private static final int BYTES_MAX = 4 * 4 * PostRules.MAX_HASHTAG_CODE_POINTS;

  /** Room for the hashtags of any post that a person writes; more is given back. */
  private static final int KEPT_BYTES = 16_384;

  private final UrlEnd urls = new UrlEnd();
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
      urls.begin(offset);
      any(text, at, end, offset);
    }
  }

  /** Behind ASCII alone. */
  private static boolean isAfterWord(byte[] text, int begin, int at) {
    return at > begin && FOLDED[text[at - 1]] != NO_WORD;
  }

  private static boolean isReference(byte[] text, int begin, int at) {
    return at > begin && text[at] == '#' && text[at - 1] == '&';
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
      if (isReference(text, begin, i)) {
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
  private void any(byte[] text, int from, int end, int begin) {
    boolean afterWord = isAfterWord(text, begin, from);
    int i = from;
    while (i < end) {
      int codePoint = Utf8.codePoint(text, i);
      int next = i + Utf8.size(text[i]);
      if ((codePoint == '#' || codePoint == '＃') && !isReference(text, begin, i)) {
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
      if (codePoint == ':' && isUrl(text, i, end)) {
        i = urls.of(text, i, end);
        afterWord = isAfterWord(text, begin, i);
        continue;
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
    while (i < end) {
      int codePoint = Utf8.codePoint(text, i);
      int next = i + Utf8.size(text[i]);
      boolean joins =
          isJoiner(codePoint) && i > from && next < end && isWord(Utf8.codePoint(text, next));
      if (!joins && !isWord(codePoint)) {
        return i;
      }
      i = next;
    }
    return i;
  }

  private static boolean isWord(int codePoint) {
    return codePoint < 128
        ? FOLDED[codePoint] != NO_WORD
        : (1 << Character.getType(codePoint) & WORD_TYPES) != 0;
  }

  private static boolean isJoiner(int codePoint) {
    return codePoint == JOINER || codePoint == NON_JOINER;
  }

  private static boolean isMark(int codePoint) {
    return codePoint >= 128 && (1 << Character.getType(codePoint) & MARK_TYPES) != 0;
  }

  private void found(byte[] text, int from, int to) {
    if (to - from > BYTES_MAX) {
      oversized++; // one of a megabyte is neither folded nor counted
    } else if (isFolded(text, from, to)) {
      put(text, from, to - from);
    } else {
      byte[] folded = encode(new String(text, from, to - from, StandardCharsets.UTF_8));
      put(folded, 0, folded.length);
    }
  }

  /** Whether a look at each character for itself shows that folding would change none. */
  private static boolean isFolded(byte[] text, int from, int to) {
    for (int i = from; i < to; i += Utf8.size(text[i])) {
      int codePoint = Utf8.codePoint(text, i);
      if (!isComposed(codePoint) || Character.toLowerCase(codePoint) != codePoint) {
        return false;
      }
    }
    return true;
  }

  /**
   * Whether a character stays as it is when a text is composed, whatever stands beside it. Only of
   * the scripts that most tags are in: false says nothing.
   */
  static boolean isComposed(int codePoint) {
    return codePoint < 0x300
        || (codePoint >= 0x3041
            && codePoint <= 0x30FE
            && (codePoint < 0x3097 || codePoint > 0x30A0))
        || (codePoint >= 0x3400 && codePoint <= 0x9FFF)
        || (codePoint >= 0xAC00 && codePoint <= 0xD7A3)
        || (codePoint >= 0x388 && codePoint <= 0x3FF)
        || (codePoint >= 0x400 && codePoint <= 0x481)
        || (codePoint >= 0x5D0 && codePoint <= 0x5EA)
        || (codePoint >= 0x620 && codePoint <= 0x64A)
        || (codePoint >= 0x904 && codePoint <= 0x94D && codePoint != 0x93C)
        || (codePoint >= 0xE01 && codePoint <= 0xE30);
  }

  private void put(byte[] tag, int offset, int length) {
    // Bytes first: most tags need no counting.
    if (length > PostRules.MAX_HASHTAG_CODE_POINTS
        && Utf8.count(tag, offset, offset + length) > PostRules.MAX_HASHTAG_CODE_POINTS) {
      oversized++;
      return;
    }
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
    // In this order: a mark may compose with a small letter and not with its capital.
    String folded = tag.toLowerCase(Locale.ROOT);
    String composed =
        isComposed(folded) ? folded : Normalizer.normalize(folded, Normalizer.Form.NFC);
    return composed.getBytes(StandardCharsets.UTF_8);
  }

  /** The same of all characters; false where one is half of a pair. */
  private static boolean isComposed(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!isComposed(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  /** The bytes under which a tag that a person typed, with or without '#', is counted. */
  public static byte[] fold(String typed) {
    return encode(bare(typed));
  }

  private static String bare(String typed) {
    return typed.startsWith("#") || typed.startsWith("＃") ? typed.substring(1) : typed;
  }

  /** Why no post can have a tag that a person typed; empty when one can. */
  public static Optional<String> whyNone(String typed) {
    byte[] text = ("#" + bare(typed)).getBytes(StandardCharsets.UTF_8);
    Hashtags found = new Hashtags();
    found.any(text, 0, text.length, 0);
    int wordEnd = startsWord(text, 1, text.length) ? wordEnd(text, 1, text.length) : 1;
    if (text.length == 1) {
      return Optional.of("it is empty");
    }
    if (wordEnd < text.length) {
      return Optional.of(
          "U+%04X is no part of one: those are letters, with their marks, numbers and _"
              .formatted(Utf8.codePoint(text, wordEnd)));
    }
    return found.size() == 1
        ? Optional.empty()
        : Optional.of(
            "it has more than %d characters".formatted(PostRules.MAX_HASHTAG_CODE_POINTS));
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
