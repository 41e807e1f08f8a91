package io.streamsocial.cli.generator;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The generated posts as options. */
public final class GeneratorOptions {
  @Option(names = "--seed", description = "The same seed gives the same posts.")
  long seed = 1;

  @Option(names = "--tags", description = "How many different hashtags.")
  int tags = 500;

  @Option(names = "--rate", description = "Posts a second; 0 for as fast as Kafka takes them.")
  public long rate = 100;

  @Option(
      names = "--burst",
      description = "A hashtag in one post in a hundred of a region, and suddenly in far more.")
  public @Nullable String burst;

  @Option(names = "--burst-region", description = "Region of the burst.")
  public String burstRegion = PostGenerator.REGIONS.get(1);

  @Option(names = "--burst-factor", description = "How many times more often; 1 and more.")
  double burstFactor = 20;

  @Option(names = "--burst-after", description = "When the burst begins.")
  public Duration burstAfter = Duration.ofMinutes(1);

  public List<String> problems() {
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
    if (!PostGenerator.REGIONS.contains(burstRegion)) {
      problems.add(
          "burst-region is '%s': allowed is one of %s"
              .formatted(burstRegion, String.join(", ", PostGenerator.REGIONS)));
    }
    if (!(burstFactor >= 1 && burstFactor <= 1_000_000)) {
      problems.add("burst-factor is %s: allowed is 1 to 1000000".formatted(burstFactor));
    }
    if (burstAfter.isNegative()) {
      problems.add("burst-after is %d ms: allowed is 0 and more".formatted(burstAfter.toMillis()));
    }
    return problems;
  }

  public PostPump connect(String bootstrap, String topic, Map<String, String> kafka) {
    return PostPump.connect(build(Optional.ofNullable(burst), burstAfter), bootstrap, topic, kafka);
  }

  /**
   * Connects posts that always have a burst.
   *
   * @param tag that bursts if the options name none
   * @param past length of the story before the present, from where {@code --burst-after} counts
   */
  public PostPump connectStory(
      String tag, Duration past, String bootstrap, String topic, Map<String, String> kafka) {
    Optional<String> bursting = Optional.of(burst == null ? tag : burst);
    return PostPump.connect(build(bursting, burstAfter.plus(past)), bootstrap, topic, kafka);
  }

  private PostGenerator build(Optional<String> tag, Duration after) {
    Optional<PostGenerator.Burst> story =
        tag.map(b -> b.startsWith("#") ? b.substring(1) : b)
            .map(b -> new PostGenerator.Burst(b, burstRegion, burstFactor, after.toMillis()));
    return new PostGenerator(seed, tags, story, rate);
  }
}
