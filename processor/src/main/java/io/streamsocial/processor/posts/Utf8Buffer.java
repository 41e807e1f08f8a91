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
      put(at, size, code);
      at += size;
    }
    length = at;
  }

  private void put(int at, int size, int code) {
    if (size == 1) {
      bytes[at] = (byte) code;
      return;
    }
    int rest = code;
    for (int i = size - 1; i > 0; i--) {
      bytes[at + i] = (byte) (0x80 | (rest & 0x3F));
      rest >>>= 6;
    }
    bytes[at] = (byte) ((0xF00 >>> size) | rest);
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
