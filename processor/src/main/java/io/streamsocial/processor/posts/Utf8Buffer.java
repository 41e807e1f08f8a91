package io.streamsocial.processor.posts;

/** A bounded text in UTF-8, reused from text to text. Not thread-safe. */
public final class Utf8Buffer {
  private final byte[] bytes;
  private int length;

  /**
   * @param maxBytes a longer text leaves it empty
   */
  Utf8Buffer(int maxBytes) {
    this.bytes = new byte[maxBytes];
  }

  void clear() {
    length = 0;
  }

  /** Takes a text; empty afterwards when it is too long, or has half of a surrogate pair. */
  void set(char[] chars, int offset, int count) {
    length = 0;
    int at = 0;
    for (int i = offset; i < offset + count; i++) {
      int code = chars[i];
      if (Character.isSurrogate(chars[i])) {
        boolean isPair =
            i + 1 < offset + count && Character.isSurrogatePair(chars[i], chars[i + 1]);
        if (!isPair) {
          return;
        }
        code = Character.toCodePoint(chars[i], chars[++i]);
      }
      int size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
      if (at + size > bytes.length) {
        return;
      }
      at = Utf8.put(bytes, at, code);
    }
    length = at;
  }

  /** Takes a text in well-formed UTF-8; empty afterwards when it is too long. */
  void set(byte[] text, int offset, int count) {
    length = count <= bytes.length ? count : 0;
    System.arraycopy(text, offset, bytes, 0, length);
  }

  /** Holds the text from 0 on. */
  public byte[] bytes() {
    return bytes;
  }

  /** Bytes of the text; 0 for none. */
  public int length() {
    return length;
  }
}
