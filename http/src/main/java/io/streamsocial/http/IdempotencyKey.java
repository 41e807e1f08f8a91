package io.streamsocial.http;

import java.util.List;
import java.util.Optional;

/**
 * The header by which a client names a request that it may send again
 * (draft-ietf-httpapi-idempotency-key-header): a quoted string of structured fields, or the key
 * bare, as many clients send it.
 */
public final class IdempotencyKey {
  public static final String HEADER = "Idempotency-Key";

  private static final int CHARS_MAX = 255;
  private static final String ALLOWED =
      "once, with 1 to %d visible ASCII characters, bare or as a quoted string"
          .formatted(CHARS_MAX);

  private IdempotencyKey() {}

  /**
   * @param given all values of the header
   * @return the key, which is empty when there is none; nothing when it cannot be used
   */
  public static Optional<String> read(List<String> given) {
    if (given.isEmpty()) {
      return Optional.of("");
    }
    String value = given.get(0);
    String key = value.startsWith("\"") ? unquoted(value) : value;
    boolean isUsable =
        given.size() == 1
            && !key.isEmpty()
            && key.length() <= CHARS_MAX
            && key.chars().allMatch(c -> c > ' ' && c < 0x7f);
    return isUsable ? Optional.of(key) : Optional.empty();
  }

  /** Of a header that cannot be used. */
  public static Problem refusal(List<String> given) {
    return Problem.badParameters(
        Faults.of(new Fault.OfParameter(HEADER, String.join(", ", given), ALLOWED, null)));
  }

  /** Empty when it is no string of structured fields. */
  private static String unquoted(String value) {
    StringBuilder key = new StringBuilder();
    int last = value.length() - 1;
    for (int i = 1; i < last; i++) {
      char c = value.charAt(i);
      if (c == '"') {
        return "";
      }
      if (c == '\\') {
        i++;
        c = value.charAt(i);
        if (i == last || (c != '"' && c != '\\')) {
          return "";
        }
      }
      key.append(c);
    }
    return last > 0 && value.charAt(last) == '"' ? key.toString() : "";
  }
}
