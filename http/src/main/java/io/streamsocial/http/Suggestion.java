package io.streamsocial.http;

import java.util.Collection;
import java.util.Optional;

/** Guesses which known name was meant by an unknown one. */
final class Suggestion {
  private Suggestion() {}

  /** The known name with the fewest edits, when they are few enough to be a slip. */
  static Optional<String> closest(String name, Collection<String> known) {
    String best = null;
    int fewest = Integer.MAX_VALUE;
    // A long name costs its length times the known one's: no client means a name of 40 characters.
    if (name.length() <= 40) {
      for (String candidate : known) {
        int edits = edits(name, candidate);
        if (edits < fewest && edits <= Math.max(2, candidate.length() / 3)) {
          fewest = edits;
          best = candidate;
        }
      }
    }
    return Optional.ofNullable(best);
  }

  /** Levenshtein distance: insertions, deletions and replacements from one to the other. */
  static int edits(String from, String to) {
    int[] row = new int[to.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int replace = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replace, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[to.length()];
  }
}
