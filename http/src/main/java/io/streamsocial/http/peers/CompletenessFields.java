package io.streamsocial.http.peers;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.trends.Completeness;
import io.streamsocial.processor.trends.InputOffsets;
import java.io.IOException;
import java.util.Collection;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.Supplier;

/** The fields in which an answer from several partitions says how complete and fresh it is. */
public final class CompletenessFields {
  private final Supplier<InputIds> input;

  /**
   * @param input the topics that are read now, which the tokens name
   */
  public CompletenessFields(Supplier<InputIds> input) {
    this.input = input;
  }

  /** Into the object that is open. */
  public void write(JsonGenerator json, Completeness completeness, Moment now) throws IOException {
    writeState(json, completeness);
    known(json, "staleness_ms", completeness.stalenessMs(now));
  }

  /** The fields that do not move with the clock. */
  public void writeState(JsonGenerator json, Completeness completeness) throws IOException {
    json.writeBooleanField("partial", completeness.partial());
    json.writeObjectFieldStart("partitions");
    json.writeNumberField("answered", completeness.answered());
    json.writeNumberField("expected", completeness.expected());
    writePartitions(json, "missing", completeness.missing());
    writePartitions(json, "standby", completeness.standby());
    json.writeEndObject();
    writeOffsets(json, completeness.offsets());
    json.writeStringField("token", PositionToken.of(completeness.offsets(), input.get()).encode());
  }

  public static void writePartitions(
      JsonGenerator json, String field, Collection<Integer> partitions) throws IOException {
    json.writeArrayFieldStart(field);
    for (int partition : partitions) {
      json.writeNumber(partition);
    }
    json.writeEndArray();
  }

  static void writeOffsets(JsonGenerator json, InputOffsets offsets) throws IOException {
    writeOffsets(json, "as_of", offsets.posts());
    writeOthers(json, "as_of_topics", offsets);
  }

  /** Nothing where one topic is read. */
  static void writeOthers(JsonGenerator json, String field, InputOffsets offsets)
      throws IOException {
    if (!offsets.others().isEmpty()) {
      json.writeObjectFieldStart(field);
      for (Map.Entry<String, SortedMap<Integer, Long>> topic : offsets.others().entrySet()) {
        writeOffsets(json, topic.getKey(), topic.getValue());
      }
      json.writeEndObject();
    }
  }

  private static void writeOffsets(
      JsonGenerator json, String field, SortedMap<Integer, Long> offsets) throws IOException {
    json.writeObjectFieldStart(field);
    for (Map.Entry<Integer, Long> entry : offsets.entrySet()) {
      json.writeNumberField(entry.getKey().toString(), entry.getValue());
    }
    json.writeEndObject();
  }

  /** The engine says -1 for unknown; a client that adds such numbers up should stumble: null. */
  public static void known(JsonGenerator json, String field, long value) throws IOException {
    if (value < 0) {
      json.writeNullField(field);
    } else {
      json.writeNumberField(field, value);
    }
  }
}
