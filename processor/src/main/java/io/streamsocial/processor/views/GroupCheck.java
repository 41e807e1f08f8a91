package io.streamsocial.processor.views;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;

/**
 * Which bytes may be a group: one that text can show, and the state's keys can hold. Not
 * thread-safe.
 */
final class GroupCheck {
  private final CharsetDecoder utf8 = StandardCharsets.UTF_8.newDecoder();
  private final CharBuffer chars = CharBuffer.allocate(Emissions.GROUP_BYTES_MAX);

  boolean isAllowed(byte[] group, int offset, int length) {
    int bits = 0;
    for (int i = offset; i < offset + length; i++) {
      if (group[i] == 0) {
        return false;
      }
      bits |= group[i];
    }
    return bits >= 0 || isUtf8(ByteBuffer.wrap(group, offset, length));
  }

  private boolean isUtf8(ByteBuffer group) {
    utf8.reset();
    chars.clear();
    return !utf8.decode(group, chars, true).isError();
  }
}
