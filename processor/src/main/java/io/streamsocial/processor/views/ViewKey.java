package io.streamsocial.processor.views;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The key of a row: bytes, in the order of unsigned bytes, which for text is that of code points.
 * Immutable; for any thread.
 */
public final class ViewKey implements Comparable<ViewKey> {
  /** No bytes: before every key, and none itself. */
  public static final ViewKey FIRST = new ViewKey(new byte[0]);

  /** The most bytes that a key has. */
  public static final int BYTES_MAX = Emissions.KEY_BYTES_MAX;

  private final byte[] bytes;

  private ViewKey(byte[] bytes) {
    this.bytes = bytes;
  }

  /** The key of a text: its UTF-8. */
  public static ViewKey of(String text) {
    return new ViewKey(text.getBytes(UTF_8));
  }

  public static ViewKey of(byte[] bytes) {
    return new ViewKey(bytes.clone());
  }

  /** The key that {@link #toBase64Url} wrote; empty when the text is none of it. */
  public static Optional<ViewKey> ofBase64Url(String text) {
    try {
      ViewKey key = new ViewKey(Base64.getUrlDecoder().decode(text));
      return Optional.of(key).filter(read -> read.toBase64Url().equals(text));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Its bytes, whatever they are, as base64url without padding. */
  public String toBase64Url() {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** A copy. */
  public byte[] bytes() {
    return bytes.clone();
  }

  public int length() {
    return bytes.length;
  }

  /** Its text; empty when it is not UTF-8. */
  public Optional<String> text() {
    try {
      return Optional.of(UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }

  /** The first key after it. */
  public ViewKey next() {
    return new ViewKey(Arrays.copyOf(bytes, bytes.length + 1));
  }

  /** The first key after all that begin with it; empty when no key comes after them. */
  public Optional<ViewKey> behindPrefix() {
    int end = bytes.length;
    while (end > 0 && bytes[end - 1] == (byte) 0xFF) {
      end--;
    }
    if (end == 0) {
      return Optional.empty();
    }
    byte[] behind = Arrays.copyOf(bytes, end);
    behind[end - 1]++;
    return Optional.of(new ViewKey(behind));
  }

  @Override
  public int compareTo(ViewKey other) {
    return Arrays.compareUnsigned(bytes, other.bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ViewKey key && Arrays.equals(bytes, key.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  /** Its text, or its bytes in hexadecimal digits. */
  @Override
  public String toString() {
    return text().orElseGet(() -> "0x" + HexFormat.of().formatHex(bytes));
  }
}
