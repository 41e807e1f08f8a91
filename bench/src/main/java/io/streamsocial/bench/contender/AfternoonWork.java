package io.streamsocial.bench.contender;

import io.streamsocial.bench.posts.Digest;
import io.streamsocial.bench.posts.PostSource;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** Streaming JSON, strings and hash maps. */
final class AfternoonWork implements FloorContender.Work<byte[]> {
  /** How far it goes. */
  enum Depth {
    POLL,
    PARSE,
    FOLD
  }

  private final Depth depth;
  private final StreamingParser parser = StreamingParser.ofHashtags();
  private final Map<Long, Map<String, Map<String, long[]>>> counts = new HashMap<>();

  AfternoonWork(Depth depth) {
    this.depth = depth;
  }

  @Override
  public void post(byte[] value) {
    if (depth != Depth.POLL) {
      parser.parse(value);
      if (depth == Depth.FOLD) {
        fold();
      }
    }
  }

  private void fold() {
    long start = parser.timestampMs() - parser.timestampMs() % PostSource.WINDOW_MS;
    Map<String, long[]> tags =
        counts
            .computeIfAbsent(start, w -> new HashMap<>())
            .computeIfAbsent(parser.region(), r -> new HashMap<>());
    for (String tag : parser.tags()) {
      tags.computeIfAbsent(tag, t -> new long[1])[0]++;
    }
  }

  @Override
  public Digest result() {
    Digest digest = new Digest();
    counts.forEach(
        (start, regions) ->
            regions.forEach(
                (region, tags) -> {
                  byte[] regionBytes = region.getBytes(StandardCharsets.UTF_8);
                  tags.forEach(
                      (tag, count) -> {
                        byte[] bytes = tag.getBytes(StandardCharsets.UTF_8);
                        digest.add(
                            start,
                            regionBytes,
                            regionBytes.length,
                            bytes,
                            0,
                            bytes.length,
                            count[0]);
                      });
                }));
    return digest;
  }
}
