package io.streamsocial.http.peers;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.Json;
import io.streamsocial.http.JsonFields;
import io.streamsocial.http.questions.PartQuestion;
import io.streamsocial.processor.trends.InputOffsets;
import io.streamsocial.processor.trends.Trending;
import io.streamsocial.processor.trends.ViewQueries;
import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;

/**
 * The message that asks another instance for a part: POST /internal/v1/query.
 *
 * @param options its {@code requireComplete} is not sent
 * @param epoch of the routing table by which the other was chosen
 * @param deadlineMs from now on; a later answer is of no use
 */
record PeerQuery<P extends Trending.Part>(
    PartQuestion<P> question,
    ReadOptions options,
    List<Integer> partitions,
    int epoch,
    long deadlineMs) {
  private static final int PARTITIONS_MAX = 1_000;
  private static final int TOKEN_CHARS_MAX = 20_000;
  private static final long DEADLINE_MAX_MS = 120_000;

  byte[] encode() {
    return Json.bytes(this::write);
  }

  private void write(JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("type", question.type());
    question.writeOwn(json);
    json.writeNumberField("epoch", epoch);
    CompletenessFields.writePartitions(json, "partitions", partitions);
    question.writeShared(json);
    if (!options.after().isEmpty()) {
      json.writeStringField("after", PositionToken.of(options.after().posts()).encode());
      CompletenessFields.writeOthers(json, "after_topics", options.after());
      json.writeNumberField("wait_ms", options.waitMs());
    }
    if (options.maxStalenessMs().isPresent()) {
      json.writeNumberField("max_staleness_ms", options.maxStalenessMs().getAsLong());
    }
    json.writeNumberField("deadline_ms", deadlineMs);
    json.writeEndObject();
  }

  /**
   * @param windowsMax as many as the state keeps of hashtags
   * @param views those that this instance has
   */
  static PeerQuery<?> read(byte[] body, int windowsMax, ViewQueries views)
      throws JsonFields.MalformedException {
    JsonFields fields = JsonFields.parse(body);
    List<Integer> partitions = fields.partitions("partitions");
    if (partitions.isEmpty() || partitions.size() > PARTITIONS_MAX) {
      throw new JsonFields.MalformedException(
          "'partitions' names none, or more than " + PARTITIONS_MAX);
    }
    return new PeerQuery<>(
        PartQuestion.read(fields, partitions, windowsMax, views),
        readOptions(fields),
        List.copyOf(partitions),
        fields.integer("epoch", -1, Integer.MAX_VALUE),
        fields.number("deadline_ms", 1, DEADLINE_MAX_MS));
  }

  private static ReadOptions readOptions(JsonFields fields) throws JsonFields.MalformedException {
    InputOffsets after = InputOffsets.NONE;
    long waitMs = 0;
    if (fields.has("after")) {
      PositionToken posts =
          PositionToken.decode(fields.text("after", TOKEN_CHARS_MAX))
              .orElseThrow(() -> new JsonFields.MalformedException("'after' is not a token"));
      after = new InputOffsets(posts.next(), fields.offsetsByName("after_topics"));
      waitMs = fields.number("wait_ms", 0, ReadOptions.WAIT_MAX_MS);
    }
    OptionalLong maxStalenessMs =
        fields.has("max_staleness_ms")
            ? OptionalLong.of(fields.number("max_staleness_ms", 0, Integer.MAX_VALUE))
            : OptionalLong.empty();
    return new ReadOptions(after, waitMs, maxStalenessMs, false);
  }
}
