package io.streamsocial.cli.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.http.ProblemType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What the pages quote exists: lines of the log stand in blocks of the language {@code log}, with
 * three dots for values; kinds of error answers and options by their names.
 */
class DocQuotesTest {
  private static final Pattern PROBLEM = Pattern.compile("/problems/([a-z-]+)");
  private static final Pattern OPTION = Pattern.compile("`(?:[^`\n]* )?(--[a-z][a-z-]+)[^`\n]*`");

  // Of other programs, which the pages speak of too.
  private static final List<String> FOREIGN =
      List.of(
          "--tags",
          "--posts",
          "--fast-posts",
          "--rounds",
          "--seconds",
          "--only",
          "--archive",
          "--no-archive",
          "--also-with",
          "--warm",
          "--cores",
          "--keys",
          "--java-options",
          "--jdk",
          "--command-config",
          "--build",
          "--create",
          "--profile",
          "--tmpfs",
          "--from-file");

  @Test
  void everyLineOfTheLogIsOneThatTheCodeWrites() throws IOException {
    String sources = sources();
    List<String> unknown = new ArrayList<>();
    int lines = 0;
    for (Path page : DocPages.all()) {
      for (DocBlock block : DocBlock.of(page)) {
        if (block.language().equals("log")) {
          for (String line : block.lines()) {
            lines++;
            Arrays.stream(line.split("\\.\\.\\.", -1))
                .map(String::strip)
                .filter(part -> part.length() > 6 && !sources.contains(part))
                .forEach(part -> unknown.add(block.page() + ": '" + part + "' of: " + line));
          }
        }
      }
    }
    assertThat(lines).as("quoted lines").isGreaterThan(10);
    assertThat(unknown).isEmpty();
  }

  @Test
  void everyKindOfErrorAnswerExists() throws IOException {
    List<String> known = Stream.of(ProblemType.values()).map(ProblemType::uri).toList();
    for (Path page : DocPages.all()) {
      assertThat(PROBLEM.matcher(Files.readString(page)).results().map(MatchResult::group))
          .as(DocPages.name(page))
          .isSubsetOf(known);
    }
  }

  @Test
  void everyOptionExists() throws IOException {
    String reference = ConfigurationPage.render();
    List<String> unknown = new ArrayList<>();
    for (Path page : DocPages.all()) {
      OPTION
          .matcher(Files.readString(page))
          .results()
          .map(option -> option.group(1))
          .filter(option -> !FOREIGN.contains(option) && !option.startsWith("--help"))
          .filter(option -> !option.equals("--kafka") && !reference.contains("`" + option + "`"))
          .forEach(option -> unknown.add(DocPages.name(page) + ": " + option));
    }
    assertThat(unknown).isEmpty();
  }

  /** All main sources, with constants that are broken over lines put together. */
  private static String sources() throws IOException {
    StringBuilder all = new StringBuilder();
    for (String module : List.of("store", "processor", "http", "cli")) {
      try (Stream<Path> files = Files.walk(DocPages.root().resolve(module).resolve("src/main"))) {
        files
            .filter(file -> file.toString().endsWith(".java"))
            .forEach(
                file -> {
                  try {
                    all.append(Files.readString(file));
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                });
      }
    }
    return all.toString().replaceAll("\"\\s*\\+\\s*\"", "");
  }
}
