package io.streamsocial.cli.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The pages lead somewhere, and hold nothing that is true on one machine only. */
class DocLinksTest {
  private static final Pattern LINK = Pattern.compile("\\[[^\\]]*\\]\\(([^)\\s]+)\\)");
  private static final Pattern HEADING = Pattern.compile("^#{1,6} (.*)$");
  private static final Pattern CODE = Pattern.compile("`[^`]*`");

  // Of a developer's machine or a build's: no installation that a page speaks of lies there.
  private static final Pattern MACHINE =
      Pattern.compile("(?<![\\w.])/(?:home|root|Users|work|tmp|mnt|workspace)/\\w+");

  @Test
  void everyLinkInsideTheRepositoryLeadsToSomething() throws IOException {
    List<String> broken = new ArrayList<>();
    for (Path page : DocPages.all()) {
      for (String target : links(page)) {
        if (!target.matches("(https?|mailto):.*") && !exists(page, target)) {
          broken.add(DocPages.name(page) + " -> " + target);
        }
      }
    }
    assertThat(broken).isEmpty();
  }

  @Test
  void noPageNamesAPlaceOnOneMachine() throws IOException {
    List<String> found = new ArrayList<>();
    for (Path page : DocPages.all()) {
      MACHINE
          .matcher(Files.readString(page))
          .results()
          .forEach(place -> found.add(DocPages.name(page) + ": " + place.group()));
    }
    assertThat(found).isEmpty();
  }

  @Test
  void everyPageCanBeReachedFromTheReadme() throws IOException {
    Path readme = DocPages.root().resolve("README.md");
    Set<Path> reached = new HashSet<>(Set.of(readme));
    List<Path> todo = new ArrayList<>(reached);
    while (!todo.isEmpty()) {
      Path page = todo.remove(todo.size() - 1);
      for (String target : links(page)) {
        Path file = file(page, target);
        if (file.toString().endsWith(".md") && Files.exists(file) && reached.add(file)) {
          todo.add(file);
        }
      }
    }
    assertThat(reached).containsAll(DocPages.all());
  }

  private static List<String> links(Path page) throws IOException {
    List<String> links = new ArrayList<>();
    for (String line : prose(page)) {
      Matcher link = LINK.matcher(CODE.matcher(line).replaceAll("code"));
      while (link.find()) {
        links.add(link.group(1));
      }
    }
    return links;
  }

  private static boolean exists(Path page, String target) throws IOException {
    Path file = file(page, target);
    int hash = target.indexOf('#');
    return Files.exists(file) && (hash < 0 || anchors(file).contains(target.substring(hash + 1)));
  }

  private static Path file(Path page, String target) {
    String path = target.replaceAll("#.*", "");
    return path.isEmpty() ? page : page.resolveSibling(path).normalize();
  }

  /** As GitHub makes them of headings. */
  private static Set<String> anchors(Path page) throws IOException {
    Set<String> anchors = new HashSet<>();
    for (String line : prose(page)) {
      Matcher heading = HEADING.matcher(line);
      if (heading.matches()) {
        anchors.add(
            heading
                .group(1)
                .strip()
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^\\p{L}\\p{N}\\- _]", "")
                .replace(' ', '-'));
      }
    }
    return anchors;
  }

  /** Without what stands in fenced blocks. */
  private static List<String> prose(Path page) throws IOException {
    List<String> prose = new ArrayList<>();
    boolean inside = false;
    for (String line : Files.readAllLines(page)) {
      if (line.strip().startsWith("```")) {
        inside = !inside;
      } else if (!inside) {
        prose.add(line);
      }
    }
    return prose;
  }
}
