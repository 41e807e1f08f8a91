package io.streamsocial.cli.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The repository's pages: those in its root, everything under docs, and how to deploy. */
final class DocPages {
  private DocPages() {}

  /** The repository's root: the directory above that knows all modules. */
  static Path root() {
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      if (Files.exists(at.resolve("trending")) && Files.exists(at.resolve("docs"))) {
        return at;
      }
    }
    throw new AssertionError("no repository above " + Path.of("").toAbsolutePath());
  }

  /** Every Markdown page, the README first. */
  static List<Path> all() throws IOException {
    List<Path> pages = new ArrayList<>();
    pages.add(root().resolve("README.md"));
    for (String name : List.of("ARCHITECTURE", "CONTRIBUTING", "CHANGELOG")) {
      pages.add(root().resolve(name + ".md"));
    }
    pages.add(root().resolve("deploy").resolve("README.md"));
    try (Stream<Path> files = Files.walk(root().resolve("docs"))) {
      files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(pages::add);
    }
    return pages;
  }

  /** As it is named in messages, from the root. */
  static String name(Path page) {
    return root().relativize(page).toString().replace('\\', '/');
  }
}
