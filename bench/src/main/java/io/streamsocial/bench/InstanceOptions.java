package io.streamsocial.bench;

import picocli.CommandLine.Option;

/** What the measurements of one instance have in common. */
public final class InstanceOptions {
  @Option(names = "--posts", description = "posts by Zipf's law before (${DEFAULT-VALUE})")
  long posts = 200_000;

  @Option(names = "--rounds", description = "(${DEFAULT-VALUE})")
  int rounds = 3;

  @Option(names = "--java-options", description = "for each server (${DEFAULT-VALUE})")
  String javaOptions = "-Xmx512m -XX:+ExitOnOutOfMemoryError";

  @Option(
      names = "--serve-options",
      description = "more options of the instance, to find causes; none: as a user has it")
  String serveOptions = "";
}
