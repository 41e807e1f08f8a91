package io.streamsocial.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What posts are generated, as options. */
final class GeneratorOptions {
  @Option(names = "--seed", description = "The same seed gives the same posts.")
  long seed = 1;

  @Option(names = "--tags", description = "How many different hashtags.")
  int tags = 500;

  @Option(names = "--rate", description = "Posts a second; 0 for as fast as Kafka takes them.")
  long rate = 100;

  @Option(names = "--burst", description = "A hashtag that suddenly everybody mentions.")
  @Nullable String burst;

  List<String> problems() {
    List<String> problems = new ArrayList<>();
    if (tags < 1 || tags > 10_000_000) {
      problems.add("tags is %d: allowed is 1 to 10000000".formatted(tags));
    }
    if (rate < 0 || rate > 10_000_000) {
      problems.add("rate is %d: allowed is 0 to 10000000".formatted(rate));
    }
    if (burst != null && !burst.matches("#?[\\p{L}\\p{M}\\p{Nd}_]{1,100}")) {
      problems.add(
          "burst is '%s': a hashtag is 1 to 100 letters, digits and underscores".formatted(burst));
    }
    return problems;
  }

  PostGenerator build() {
    Optional<String> tag =
        Optional.ofNullable(burst).map(b -> b.startsWith("#") ? b.substring(1) : b);
    return new PostGenerator(seed, tags, tag);
  }
}
