package io.streamsocial.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One measurement of {@link Query}.
 *
 * @param tags distinct hashtags
 * @param name the kind of request
 * @param load closed or open
 * @param ingest whether posts are ingested meanwhile
 */
record QueryStep(int tags, int round, String name, String load, boolean ingest) {
  QueryStep withLoad(String value) {
    return new QueryStep(tags, round, name, value, ingest);
  }

  QueryStep withRound(int value) {
    return new QueryStep(tags, value, name, load, ingest);
  }

  /** The fields of a run in the result file. */
  Map<String, Object> describe() {
    Map<String, Object> step = new LinkedHashMap<>();
    step.put("tags", tags);
    step.put("round", round);
    step.put("name", name);
    step.put("load", load);
    step.put("state", ingest ? "ingesting" : "idle");
    return step;
  }
}
