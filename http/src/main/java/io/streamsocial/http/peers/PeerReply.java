package io.streamsocial.http.peers;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.Json;
import io.streamsocial.http.JsonFields;
import io.streamsocial.processor.trends.Trending;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/** The message that answers a {@link PeerQuery}: one holder's part, and the partitions without. */
final class PeerReply {
  private PeerReply() {}

  /**
   * @param found what this instance holds of the partitions asked for
   */
  static <P extends Trending.Part> byte[] encode(
      PeerQuery<P> query, Gathered<P> found, PeerIdentity speaker) {
    return Json.bytes(json -> write(json, query.question(), found, speaker));
  }

  private static <P extends Trending.Part> void write(
      JsonGenerator json, PartQuestion<P> question, Gathered<P> found, PeerIdentity speaker)
      throws IOException {
    P part = found.parts().isEmpty() ? question.nothing() : found.parts().get(0);
    json.writeStartObject();
    speaker.write(json);
    question.writePart(json, part);
    json.writeArrayFieldStart("answered");
    for (Map.Entry<Integer, Trending.Held> entry : part.answered().entrySet()) {
      json.writeStartObject();
      json.writeNumberField("partition", entry.getKey());
      json.writeStringField("role", entry.getValue().role().name());
      json.writeNumberField("fresh_ms", entry.getValue().freshMs());
      CompletenessFields.writeOffsets(json, entry.getValue().asOf());
      json.writeEndObject();
    }
    json.writeEndArray();
    CompletenessFields.writePartitions(json, "stale", found.stale());
    CompletenessFields.writePartitions(json, "not_held", found.notHeld());
    json.writeEndObject();
  }

  /**
   * Reads an answer, and refuses what could falsify the merge: more rows than were asked for, or
   * other partitions.
   */
  static <P extends Trending.Part> Gathered<P> read(JsonFields fields, PeerQuery<P> query)
      throws JsonFields.MalformedException {
    SortedMap<Integer, Trending.Held> answered = new TreeMap<>();
    for (JsonFields each : fields.objects("answered")) {
      Trending.Held held =
          new Trending.Held(
              PeerStatus.role(each),
              each.number("fresh_ms", 0, Long.MAX_VALUE),
              each.offsets("as_of"));
      answered.put(each.integer("partition", 0, Integer.MAX_VALUE), held);
    }
    if (!query.partitions().containsAll(answered.keySet())) {
      throw new JsonFields.MalformedException(
          "it answers for partitions that it was not asked for");
    }
    TreeSet<Integer> stale = new TreeSet<>(fields.partitions("stale"));
    stale.retainAll(query.partitions());
    return new Gathered<>(
        query.partitions(), List.of(query.question().readPart(fields, answered)), stale, true);
  }
}
