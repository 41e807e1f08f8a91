package io.streamsocial.cli.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The classes and metrics that pages name in backticks exist in the sources. {@link DocQuotesTest}
 * does the same for options, {@link DocCommandsIT} asks a running instance for the metrics.
 */
class DocNamesTest {
  private static final Pattern CODE = Pattern.compile("`([^`\n]+)`");

  // With a lower-case letter: RUNNING and APP_ID are no classes.
  private static final Pattern CLASS = Pattern.compile("[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*");
  private static final Pattern METRIC = Pattern.compile("(?:streamsocial|rocksdb)_[a-z_]+");

  // What the registry adds to a name for Prometheus, perhaps one behind the other.
  private static final Pattern SUFFIX =
      Pattern.compile("_(?:total|seconds|bytes|count|sum|max|bucket)$");

  // Of other programs, or of a header.
  private static final Set<String> FOREIGN =
      Set.of(
          "Authorization",
          "CompletedFetch",
          "Duration",
          "IllegalArgumentException",
          "KafkaClientMetrics",
          "List",
          "Map",
          "OutOfMemoryError",
          "Path",
          "SstFileManager",
          "String",
          "ValueAndTimestampSerde");

  @Test
  void everyClassExists() throws IOException {
    Set<String> classes = classes();
    List<String> unknown = new ArrayList<>();
    int found = 0;
    for (Path page : DocPages.all()) {
      for (String code : codes(page)) {
        String first = code.replaceAll("[.#(].*", "");
        if (CLASS.matcher(first).matches() && !FOREIGN.contains(first)) {
          found++;
          if (!classes.contains(first)) {
            unknown.add(DocPages.name(page) + ": " + code);
          }
        }
      }
    }
    assertThat(unknown).isEmpty();
    assertThat(found).as("classes that pages name").isGreaterThan(100);
  }

  @Test
  void everyMetricExists() throws IOException {
    String sources = sources();
    List<String> unknown = new ArrayList<>();
    for (Path page : DocPages.all()) {
      Matcher metric = METRIC.matcher(Files.readString(page));
      while (metric.find()) {
        if (!isMetric(metric.group(), sources)) {
          unknown.add(DocPages.name(page) + ": " + metric.group());
        }
      }
    }
    assertThat(unknown).isEmpty();
  }

  private static boolean isMetric(String served, String sources) {
    String name = served;
    while (true) {
      String dotted = name.replace('_', '.');
      String own = dotted.substring(dotted.indexOf('.') + 1);
      if (sources.contains('"' + own + '"') || sources.contains('"' + dotted + '"')) {
        return true;
      }
      Matcher suffix = SUFFIX.matcher(name);
      if (!suffix.find()) {
        return false;
      }
      name = name.substring(0, suffix.start());
    }
  }

  /** What stands in backticks in prose and tables; fenced blocks hold other languages. */
  private static List<String> codes(Path page) throws IOException {
    List<String> codes = new ArrayList<>();
    boolean inside = false;
    for (String line : Files.readAllLines(page)) {
      if (line.strip().startsWith("```")) {
        inside = !inside;
      } else if (!inside) {
        CODE.matcher(line).results().forEach(code -> codes.add(code.group(1)));
      }
    }
    return codes;
  }

  /** Simple names of all classes that have a file, those of tests included. */
  private static Set<String> classes() throws IOException {
    Set<String> names = new HashSet<>();
    for (Path file : javaFiles()) {
      names.add(file.getFileName().toString().replace(".java", ""));
    }
    return names;
  }

  /** All that makes meters. */
  private static String sources() throws IOException {
    StringBuilder all = new StringBuilder();
    for (Path file : javaFiles()) {
      if (file.toString().contains("main") && read(file).contains("micrometer")) {
        all.append(read(file));
      }
    }
    return all.toString();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Path> javaFiles() throws IOException {
    List<Path> files = new ArrayList<>();
    for (String module :
        List.of("store", "processor", "processor-test", "http", "cli", "broker", "bench")) {
      try (Stream<Path> all = Files.walk(DocPages.root().resolve(module).resolve("src"))) {
        all.filter(file -> file.toString().endsWith(".java")).forEach(files::add);
      }
    }
    return files;
  }
}
