package io.streamsocial.bench;

import java.util.List;

/** Options that are given in one word of the command line. */
final class Words {
  private Words() {}

  /** Split at blanks, as in JAVA_OPTS. */
  static List<String> split(String options) {
    return options.isBlank() ? List.of() : List.of(options.trim().split("\\s+", -1));
  }
}
