package io.streamsocial.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.processor.Completeness;
import java.io.IOException;
import java.util.Map;

/** The fields by which every answer from several partitions says what it is made of. */
final class CompletenessFields {
  private CompletenessFields() {}

  /** Into the object that is open. */
  static void write(JsonGenerator json, Completeness completeness) throws IOException {
    writeState(json, completeness);
    known(json, "staleness_ms", completeness.stalenessMs());
  }

  /** Those that do not move with the clock. */
  static void writeState(JsonGenerator json, Completeness completeness) throws IOException {
    json.writeBooleanField("partial", completeness.partial());
    json.writeObjectFieldStart("partitions");
    json.writeNumberField("answered", completeness.answered());
    json.writeNumberField("expected", completeness.expected());
    json.writeArrayFieldStart("missing");
    for (int partition : completeness.missing()) {
      json.writeNumber(partition);
    }
    json.writeEndArray();
    json.writeEndObject();
    json.writeObjectFieldStart("as_of");
    for (Map.Entry<Integer, Long> entry : completeness.asOf().entrySet()) {
      json.writeNumberField(entry.getKey().toString(), entry.getValue());
    }
    json.writeEndObject();
  }

  /** The engine says -1 for unknown; a client that adds such numbers up should stumble: null. */
  static void known(JsonGenerator json, String field, long value) throws IOException {
    if (value < 0) {
      json.writeNullField(field);
    } else {
      json.writeNumberField(field, value);
    }
  }
}
