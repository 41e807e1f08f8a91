package io.streamsocial.bench;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What the comparisons of contenders have in common. */
final class RunOptions {
  @Option(names = "--rounds", description = "(${DEFAULT-VALUE})")
  int rounds = 3;

  @Option(names = "--json", description = "also write the medians to this file")
  @Nullable Path json;

  @Option(names = "--java-options", description = "for the contenders (${DEFAULT-VALUE})")
  String javaOptions = "-Xmx1g";

  @Option(names = "--seed", description = "(${DEFAULT-VALUE})")
  long seed = 1;
}
