package io.streamsocial.http.api;

import io.streamsocial.http.Parameter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;

/**
 * Where a page of keys ended; opaque to clients.
 *
 * @param key the last one of the page
 */
record KeyCursor(String key) {
  static Parameter<KeyCursor> parameter(String name) {
    return Parameter.of(name, KeyCursor.class, KeyCursor::decode, "'next' of the page before");
  }

  String encode() {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(key.getBytes(StandardCharsets.UTF_8));
  }

  /** Empty when it is none of ours. */
  static Optional<KeyCursor> decode(String text) {
    try {
      KeyCursor cursor =
          new KeyCursor(new String(Base64.getUrlDecoder().decode(text), StandardCharsets.UTF_8));
      return cursor.encode().equals(text) ? Optional.of(cursor) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** In the order of the stores, which is that of UTF-8 bytes. */
  static String later(String a, String b) {
    return compare(a, b) >= 0 ? a : b;
  }

  static String earlier(String a, String b) {
    return compare(a, b) <= 0 ? a : b;
  }

  private static int compare(String a, String b) {
    return Arrays.compareUnsigned(
        a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
  }
}
