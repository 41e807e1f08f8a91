package io.streamsocial.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that all comparisons of contenders have. */
final class RunOptions {
  @Option(names = "--rounds", description = "(${DEFAULT-VALUE})")
  int rounds = 3;

  @Option(names = "--only", split = ",", description = "contenders, in this order")
  List<String> only;

  @Option(names = "--json", description = "also write the medians to this file")
  @Nullable Path json;

  @Option(names = "--java-options", description = "for the contenders (${DEFAULT-VALUE})")
  String javaOptions = "-Xmx1g";

  @Option(names = "--seed", description = "(${DEFAULT-VALUE})")
  long seed = 1;

  /**
   * @param contenders the default of {@code --only}
   */
  RunOptions(String... contenders) {
    this.only = List.of(contenders);
  }

  List<String> javaWords() {
    return Words.split(javaOptions);
  }

  /**
   * Writes the result file, if one is wanted.
   *
   * @param facts of this comparison
   * @param figures that each contender's row has
   */
  void write(Map<String, Object> facts, Medians results, List<String> figures) throws IOException {
    if (json != null) {
      ResultFile.write(json, result(facts, results, figures));
    }
  }

  Map<String, Object> result(Map<String, Object> facts, Medians results, List<String> figures) {
    Map<String, Object> all = new LinkedHashMap<>(facts);
    all.put("rounds", rounds);
    all.put("seed", seed);
    all.put("java_options", javaOptions);
    all.put("contenders", results.rows(figures));
    all.put("runs", results.runs());
    return all;
  }
}
