package io.streamsocial.http.net;

/**
 * A request target, cut but not decoded.
 *
 * @param path never empty
 * @param query what follows the question mark, or empty
 */
record Target(String path, String query) {

  /** Origin form, or absolute form, of which only path and query count. */
  static Target parse(String uri) {
    String rest = uri;
    int scheme = uri.indexOf("://");
    if (!uri.startsWith("/") && scheme > 0) {
      int slash = uri.indexOf('/', scheme + 3);
      rest = slash < 0 ? "/" : uri.substring(slash);
    }
    int hash = rest.indexOf('#');
    if (hash >= 0) {
      rest = rest.substring(0, hash);
    }
    int mark = rest.indexOf('?');
    return mark < 0
        ? new Target(rest, "")
        : new Target(rest.substring(0, mark), rest.substring(mark + 1));
  }
}
