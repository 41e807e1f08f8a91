package io.streamsocial.bench;

import io.streamsocial.bench.machine.Machine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** The options that all measurements of whole instances have. */
class ServeOptions {
  @Option(names = "--rounds", description = "(${DEFAULT-VALUE})")
  int rounds = 3;

  @Option(names = "--java-options", description = "for each server (${DEFAULT-VALUE})")
  String javaOptions = "-Xmx512m -XX:+ExitOnOutOfMemoryError -XX:PerfDataSamplingInterval=1000";

  @Option(
      names = "--serve-options",
      description = "more options of the instance, to find causes; none: as a user has it")
  String serveOptions = "";

  @Option(names = "--json", description = "the result file (${DEFAULT-VALUE})")
  Path json;

  private final String question;

  /**
   * @param question names the result file
   */
  ServeOptions(String question) {
    this.question = question;
    this.json = Path.of("bench", "results", question + ".json");
  }

  List<String> javaWords() {
    return Words.split(javaOptions);
  }

  List<String> serveWords() {
    return Words.split(serveOptions);
  }

  /** Writes the result file: the machine, these options, and the facts of this measurement. */
  void write(Map<String, Object> facts) throws IOException {
    Map<String, Object> all = new LinkedHashMap<>(Machine.describe());
    all.put("question", question);
    all.put("rounds", rounds);
    all.put("java_options", javaOptions);
    all.put("serve_options", serveOptions);
    all.putAll(facts);
    ResultFile.write(json, all);
  }
}
