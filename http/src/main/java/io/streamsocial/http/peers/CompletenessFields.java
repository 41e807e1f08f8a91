package io.streamsocial.http.peers;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.trends.Completeness;
import java.io.IOException;
import java.util.Collection;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;

/** The fields in which an answer from several partitions says how complete and fresh it is. */
public final class CompletenessFields {
  private final Supplier<Uuid> postsTopic;

  /**
   * @param postsTopic the brokers' id of the posts topic now, which the tokens name
   */
  public CompletenessFields(Supplier<Uuid> postsTopic) {
    this.postsTopic = postsTopic;
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
    writeOffsets(json, completeness.asOf());
    json.writeStringField(
        "token", new PositionToken(postsTopic.get(), completeness.asOf()).encode());
  }

  public static void writePartitions(
      JsonGenerator json, String field, Collection<Integer> partitions) throws IOException {
    json.writeArrayFieldStart(field);
    for (int partition : partitions) {
      json.writeNumber(partition);
    }
    json.writeEndArray();
  }

  static void writeOffsets(JsonGenerator json, SortedMap<Integer, Long> asOf) throws IOException {
    json.writeObjectFieldStart("as_of");
    for (Map.Entry<Integer, Long> entry : asOf.entrySet()) {
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
