package io.streamsocial.cli.docs;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A fenced block of a page, and what the comment before it says of its commands:
 *
 * <pre>
 *   &lt;!-- not run: REASON --&gt;          none of them is run
 *   &lt;!-- run with WORDS: REASON --&gt;   WORDS are added to each
 *   &lt;!-- exit N: REASON --&gt;           each ends with N instead of 0
 * </pre>
 *
 * @param line of its fence, from 1
 * @param language as the fence says it; {@code sh} is commands only, {@code console} is commands
 *     behind a dollar sign with what they print
 * @param marker the comment, empty for none
 */
record DocBlock(String page, int line, String language, String marker, List<String> lines) {
  private static final Pattern FENCE = Pattern.compile("^\\s*```(\\w*)\\s*$");
  private static final Pattern MARKER =
      Pattern.compile("^\\s*<!-- ((?:not run|run with|exit \\d+)\\b.*) -->\\s*$");
  private static final Set<String> SHELLS = Set.of("sh", "console", "bash", "shell");

  /**
   * One command of a block.
   *
   * @param where page and line
   * @param shown what the page says that it prints; empty for nothing
   */
  record Command(String where, String text, List<String> shown) {}

  static List<DocBlock> of(Path page) throws java.io.IOException {
    List<DocBlock> blocks = new ArrayList<>();
    List<String> lines = Files.readAllLines(page);
    String marker = "";
    for (int i = 0; i < lines.size(); i++) {
      Matcher fence = FENCE.matcher(lines.get(i));
      Matcher comment = MARKER.matcher(lines.get(i));
      if (comment.matches()) {
        marker = comment.group(1);
      } else if (fence.matches()) {
        int end = i + 1;
        while (end < lines.size() && !FENCE.matcher(lines.get(end)).matches()) {
          end++;
        }
        blocks.add(
            new DocBlock(
                DocPages.name(page),
                i + 1,
                fence.group(1),
                marker,
                List.copyOf(lines.subList(i + 1, Math.min(end, lines.size())))));
        marker = "";
        i = end;
      } else if (!lines.get(i).isBlank()) {
        marker = "";
      }
    }
    return blocks;
  }

  boolean isShell() {
    return SHELLS.contains(language);
  }

  List<Command> commands() {
    List<Command> commands = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < lines.size(); i++) {
      String stripped = lines.get(i).strip();
      boolean isContinued = text.length() > 0;
      if (language.equals("console") && !isContinued) {
        if (!stripped.startsWith("$ ")) {
          if (commands.isEmpty()) {
            throw new AssertionError(at(i) + " shows what nothing has printed: " + stripped);
          }
          commands.get(commands.size() - 1).shown().add(lines.get(i));
          continue;
        }
        stripped = stripped.substring(2);
      } else if (!isContinued && (stripped.isEmpty() || stripped.startsWith("#"))) {
        continue;
      }
      if (stripped.endsWith("\\")) {
        text.append(stripped, 0, stripped.length() - 1);
        continue;
      }
      commands.add(new Command(at(i), text + stripped, new ArrayList<>()));
      text.setLength(0);
    }
    return commands;
  }

  private String at(int index) {
    return page + ":" + (line + 1 + index);
  }

  boolean isRun() {
    return !marker.startsWith("not run");
  }

  /** What the marker gives as its reason. */
  String reason() {
    int colon = marker.indexOf(':');
    return colon < 0 ? "" : marker.substring(colon + 1).strip();
  }

  /** Words that are added to each command; empty for none. */
  String added() {
    int colon = marker.indexOf(':');
    return marker.startsWith("run with") && colon > 0
        ? " " + marker.substring("run with".length(), colon).strip()
        : "";
  }

  int exitCode() {
    Matcher exit = Pattern.compile("^exit (\\d+)").matcher(marker);
    return exit.find() ? Integer.parseInt(exit.group(1)) : 0;
  }
}
