package io.streamsocial.cli;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Finds the word that somebody meant who wrote another one. */
final class Similar {
  private Similar() {}

  /**
   * The known word with the fewest edits to this one; empty when it takes more of them than a slip
   * of the hand makes: a third of the longer word.
   */
  static Optional<String> to(String word, Collection<String> known) {
    return known.stream()
        .filter(each -> 3 * edits(word, each) <= Math.max(word.length(), each.length()))
        .min(Comparator.comparingInt(each -> edits(word, each)));
  }

  /**
   * Insertions, deletions, substitutions, and transpositions of neighbours: the optimal string
   * alignment distance.
   */
  private static int edits(String a, String b) {
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          d[i][j] = i + j;
          continue;
        }
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        d[i][j] = Math.min(Math.min(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + change);
        boolean isSwapped =
            i > 1
                && j > 1
                && a.charAt(i - 1) == b.charAt(j - 2)
                && a.charAt(i - 2) == b.charAt(j - 1);
        if (isSwapped) {
          d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
        }
      }
    }
    return d[a.length()][b.length()];
  }
}
