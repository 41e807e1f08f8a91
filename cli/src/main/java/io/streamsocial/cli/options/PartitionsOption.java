package io.streamsocial.cli.options;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import picocli.CommandLine.Option;

/** Which partitions of the state. */
public final class PartitionsOption {
  @Option(names = "--partitions", paramLabel = "all|0,2", description = "Which of the state.")
  public String partitions = "all";

  public List<String> problems() {
    List<String> problems = new ArrayList<>();
    if (!partitions.matches("all|\\d{1,4}(,\\d{1,4})*")) {
      problems.add(
          "partitions is '%s': write all, or numbers with commas between as in 0,2"
              .formatted(partitions));
    }
    return problems;
  }

  /** Empty for all. */
  public SortedSet<Integer> chosen() {
    SortedSet<Integer> chosen = new TreeSet<>();
    if (!partitions.equals("all")) {
      for (String each : partitions.split(",", -1)) {
        chosen.add(Integer.parseInt(each));
      }
    }
    return chosen;
  }
}
