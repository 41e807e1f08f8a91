package io.streamsocial.cli.state;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import picocli.CommandLine.Option;

/** Which partitions of the state a command works on. */
final class PartitionsOption {
  @Option(
      names = "--partitions",
      paramLabel = "all|0,2",
      description = "Partitions of the state to work on.")
  String partitions = "all";

  List<String> problems() {
    List<String> problems = new ArrayList<>();
    if (!partitions.matches("all|\\d{1,4}(,\\d{1,4})*")) {
      problems.add(
          "partitions is '%s': write all, or numbers with commas between as in 0,2"
              .formatted(partitions));
    }
    return problems;
  }

  /** The partitions that were named; empty for all. */
  SortedSet<Integer> chosen() {
    SortedSet<Integer> chosen = new TreeSet<>();
    if (!partitions.equals("all")) {
      for (String each : partitions.split(",", -1)) {
        chosen.add(Integer.parseInt(each));
      }
    }
    return chosen;
  }
}
