package io.streamsocial.http;

import java.util.List;

/**
 * The entity tags of an {@code If-None-Match} header: what the client has already (RFC 9110,
 * section 13.1.2). They are compared weakly, as a GET asks for it: {@code W/"a"} is {@code "a"}.
 */
public final class EntityTags {
  static final EntityTags NONE = new EntityTags("");

  private static final String WEAK = "W/";

  private final String value;

  private EntityTags(String value) {
    this.value = value;
  }

  /**
   * @param given all values of the header, which are one list
   */
  public static EntityTags of(List<String> given) {
    return given.isEmpty() ? NONE : new EntityTags(String.join(",", given));
  }

  /** Whether the answer with this tag is one of those; {@code *} stands for any. */
  public boolean contain(String etag) {
    if (value.isEmpty()) {
      return false;
    }
    return value.strip().equals("*") || contain(value, opaque(etag));
  }

  /** A comma may stand inside of a tag. What is no tag matches none, and ends the list. */
  private static boolean contain(String list, String opaque) {
    int i = 0;
    while (i < list.length()) {
      char c = list.charAt(i);
      if (c == ',' || c == ' ' || c == '\t') {
        i++;
        continue;
      }
      int quote = list.startsWith(WEAK, i) ? i + WEAK.length() : i;
      int end = quote < list.length() ? list.indexOf('"', quote + 1) + 1 : 0;
      if (end == 0 || list.charAt(quote) != '"') {
        return false;
      }
      if (list.substring(quote, end).equals(opaque)) {
        return true;
      }
      i = end;
    }
    return false;
  }

  private static String opaque(String etag) {
    return etag.startsWith(WEAK) ? etag.substring(WEAK.length()) : etag;
  }
}
