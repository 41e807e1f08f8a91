package io.streamsocial.cli.shell;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** Columns of text, as wide as their widest cell. */
public final class Table {
  private final List<String[]> rows = new ArrayList<>();

  public Table(String... titles) {
    rows.add(titles);
  }

  public void row(String... cells) {
    String[] clean = new String[cells.length];
    for (int i = 0; i < cells.length; i++) {
      clean[i] = clean(cells[i]);
    }
    rows.add(clean);
  }

  /** Replaces control characters: text from outside must not move the cursor or set colours. */
  public static String clean(String text) {
    return text.replaceAll("[\\p{Cntrl}\\p{Cf}]", "?");
  }

  public void print(PrintWriter out) {
    int[] widths = new int[rows.get(0).length];
    for (String[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        widths[i] = Math.max(widths[i], row[i].codePointCount(0, row[i].length()));
      }
    }
    for (String[] row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.length; i++) {
        line.append(row[i]);
        int pad = widths[i] - row[i].codePointCount(0, row[i].length()) + 2;
        line.append(i == row.length - 1 ? "" : " ".repeat(pad));
      }
      out.println(line);
    }
  }
}
