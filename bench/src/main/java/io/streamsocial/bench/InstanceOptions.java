package io.streamsocial.bench;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** The options that all measurements of one instance over some time have. */
final class InstanceOptions extends ServeOptions {
  @Option(names = "--posts", description = "posts by Zipf's law before (${DEFAULT-VALUE})")
  long posts = 200_000;

  @Option(names = "--seconds", description = "measured, each time (${DEFAULT-VALUE})")
  int seconds;

  @Option(names = "--warm-up", description = "seconds before measuring (${DEFAULT-VALUE})")
  int warmUp;

  /**
   * @param question names the result file
   * @param seconds the default of {@code --seconds}
   * @param warmUp the default of {@code --warm-up}
   */
  InstanceOptions(String question, int seconds, int warmUp) {
    super(question);
    this.seconds = seconds;
    this.warmUp = warmUp;
  }

  @Override
  void write(Map<String, Object> facts) throws IOException {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("posts", posts);
    all.put("seconds", seconds);
    all.put("warm_up_s", warmUp);
    all.putAll(facts);
    super.write(all);
  }
}
