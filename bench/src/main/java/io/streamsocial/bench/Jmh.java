package io.streamsocial.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.streamsocial.bench.machine.Machine;
import java.io.File;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.Main;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Unmatched;

/**
 * What does one part cost, in time and in bytes allocated? Run {@code bench/run jmh NAME}, where
 * NAME is a regular expression over the benchmarks' names; {@code bench/run jmh -l} lists them.
 *
 * <p>JMH's own options are passed on ({@code bench/run jmh -h}). Without {@code -prof} allocation
 * is measured.
 */
@Command(
    name = "jmh",
    customSynopsis = "bench/run jmh NAME... [--json=FILE] [JMH options; -h lists them]",
    description = "Time and allocation of single parts.")
final class Jmh implements Callable<Integer> {
  @Option(names = "--json", description = "also write the results to this file")
  @Nullable File json;

  @Option(names = "--help", usageHelp = true, description = "show this")
  boolean help;

  @Unmatched List<String> options = new ArrayList<>();

  @Override
  public Integer call() throws Exception {
    List<String> arguments = new ArrayList<>(options);
    if (!options.contains("-prof")) {
      arguments.addAll(List.of("-prof", "gc"));
    }
    File file = json;
    if (file != null) {
      arguments.addAll(List.of("-rf", "json", "-rff", file.getPath()));
    }
    Main.main(arguments.toArray(String[]::new)); // leaves the process when a benchmark fails
    if (file != null) {
      addMachine(file);
    }
    return 0;
  }

  private static void addMachine(File file) throws Exception {
    ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    JsonNode benchmarks = mapper.readTree(file);
    for (JsonNode benchmark : benchmarks) {
      ((ObjectNode) benchmark).remove("jvm"); // a path of this machine
    }
    Map<String, Object> all = new LinkedHashMap<>(Machine.describe());
    all.put("benchmarks", benchmarks);
    mapper.writeValue(file, all);
  }
}
