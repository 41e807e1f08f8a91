package io.streamsocial.http.peers;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.Json;
import io.streamsocial.http.JsonFields;
import io.streamsocial.http.Parameter;
import io.streamsocial.processor.trends.KeyPage;
import io.streamsocial.processor.trends.RegionVolumes;
import io.streamsocial.processor.trends.Trending;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What one instance asks another: POST /internal/v1/query.
 *
 * @param epoch of the routing table by which the other was chosen
 * @param deadlineMs from now on; nobody waits for a later answer
 */
record PeerQuery(PartQuestion asked, List<Integer> partitions, int epoch, long deadlineMs) {
  private static final String TRENDING = "trending";
  private static final String HASHTAG = "hashtag";
  private static final String SLICES = "slices";
  private static final String PAGE = "page";
  private static final int PARTITIONS_MAX = 1_000;
  private static final int HASHTAG_CHARS_MAX = 1_000;
  private static final int TOKEN_CHARS_MAX = 20_000;
  private static final long DEADLINE_MAX_MS = 120_000;

  byte[] encode() {
    return Json.bytes(this::write);
  }

  private void write(JsonGenerator json) throws IOException {
    Trending.Question question = asked.question();
    ReadOptions options = asked.options();
    json.writeStartObject();
    Trending.Key key = asked.key();
    RegionVolumes.Question slices = asked.slices();
    KeyPage.Question page = asked.page();
    json.writeStringField("type", type());
    if (page != null) {
      json.writeStringField("from", page.from());
      if (page.to() != null) {
        json.writeStringField("to", page.to());
      }
    }
    if (slices != null) {
      json.writeNumberField("min_count", slices.minCount());
    }
    if (key != null) {
      json.writeStringField("hashtag", key.hashtag());
    }
    json.writeNumberField("epoch", epoch);
    json.writeArrayFieldStart("partitions");
    for (int partition : partitions) {
      json.writeNumber(partition);
    }
    json.writeEndArray();
    json.writeNumberField("limit", question.limit());
    json.writeNumberField("windows", question.windows());
    if (question.region() != null) {
      json.writeStringField("region", question.region());
    }
    json.writeNumberField("at", question.atMs());
    if (!options.after().isEmpty()) {
      json.writeStringField("after", PositionToken.of(options.after()).encode());
      json.writeNumberField("wait_ms", options.waitMs());
    }
    if (options.maxStalenessMs().isPresent()) {
      json.writeNumberField("max_staleness_ms", options.maxStalenessMs().getAsLong());
    }
    json.writeNumberField("deadline_ms", deadlineMs);
    json.writeEndObject();
  }

  private String type() {
    if (asked.page() != null) {
      return PAGE;
    }
    return asked.slices() != null ? SLICES : asked.key() == null ? TRENDING : HASHTAG;
  }

  /**
   * @param windowsMax as many as the state keeps
   */
  static PeerQuery read(byte[] body, int windowsMax) throws JsonFields.MalformedException {
    JsonFields fields = JsonFields.parse(body);
    List<Integer> partitions = fields.partitions("partitions");
    if (partitions.isEmpty() || partitions.size() > PARTITIONS_MAX) {
      throw new JsonFields.MalformedException(
          "'partitions' names none, or more than " + PARTITIONS_MAX);
    }
    Trending.Question question = question(fields, windowsMax);
    PartQuestion asked =
        switch (fields.text("type", HASHTAG_CHARS_MAX)) {
          case SLICES -> PartQuestion.of(slices(fields, question), options(fields));
          case PAGE -> PartQuestion.of(page(fields, question), options(fields));
          default -> new PartQuestion(key(fields, partitions), question, options(fields));
        };
    return new PeerQuery(
        asked,
        List.copyOf(partitions),
        fields.integer("epoch", -1, Integer.MAX_VALUE),
        fields.number("deadline_ms", 1, DEADLINE_MAX_MS));
  }

  private static Trending.@Nullable Key key(JsonFields fields, List<Integer> partitions)
      throws JsonFields.MalformedException {
    String type = fields.text("type", HASHTAG_CHARS_MAX);
    if (type.equals(HASHTAG) && partitions.size() == 1) {
      return new Trending.Key(fields.text("hashtag", HASHTAG_CHARS_MAX), partitions.get(0));
    }
    if (!type.equals(TRENDING)) {
      throw new JsonFields.MalformedException(
          "'type' is neither trending, slices, page, nor hashtag with its one partition");
    }
    return null;
  }

  private static RegionVolumes.Question slices(JsonFields fields, Trending.Question same)
      throws JsonFields.MalformedException {
    return new RegionVolumes.Question(
        same.windows(), same.region(), fields.number("min_count", 0, Long.MAX_VALUE), same.atMs());
  }

  private static KeyPage.Question page(JsonFields fields, Trending.Question same)
      throws JsonFields.MalformedException {
    return new KeyPage.Question(
        same.limit(),
        same.windows(),
        same.region(),
        same.atMs(),
        fields.text("from", HASHTAG_CHARS_MAX),
        fields.has("to") ? fields.text("to", HASHTAG_CHARS_MAX) : null);
  }

  private static Trending.Question question(JsonFields fields, int windowsMax)
      throws JsonFields.MalformedException {
    return new Trending.Question(
        fields.integer("limit", 1, Trending.Question.LIMIT_MAX),
        fields.integer("windows", 1, windowsMax),
        fields.has("region") ? fields.text("region", Parameter.MAX_REGION_BYTES) : null,
        fields.number("at", 0, Long.MAX_VALUE / 2));
  }

  private static ReadOptions options(JsonFields fields) throws JsonFields.MalformedException {
    Map<Integer, Long> after = Map.of();
    long waitMs = 0;
    if (fields.has("after")) {
      after =
          PositionToken.decode(fields.text("after", TOKEN_CHARS_MAX))
              .orElseThrow(() -> new JsonFields.MalformedException("'after' is not a token"))
              .next();
      waitMs = fields.number("wait_ms", 0, ReadOptions.WAIT_MAX_MS);
    }
    OptionalLong maxStalenessMs =
        fields.has("max_staleness_ms")
            ? OptionalLong.of(fields.number("max_staleness_ms", 0, Integer.MAX_VALUE))
            : OptionalLong.empty();
    return new ReadOptions(after, waitMs, maxStalenessMs, false);
  }
}
