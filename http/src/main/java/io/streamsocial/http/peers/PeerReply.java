package io.streamsocial.http.peers;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.Json;
import io.streamsocial.http.JsonFields;
import io.streamsocial.http.questions.PartQuestion;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.trends.InputOffsets;
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
   * @param now not later than the state was read: ages count from here
   */
  static <P extends Trending.Part> byte[] encode(
      PeerQuery<P> query, Gathered<P> found, PeerIdentity speaker, Moment now) {
    return Json.bytes(json -> write(json, query.question(), found, speaker, now));
  }

  private static <P extends Trending.Part> void write(
      JsonGenerator json,
      PartQuestion<P> question,
      Gathered<P> found,
      PeerIdentity speaker,
      Moment now)
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
      json.writeNumberField("age_ms", age(entry.getValue(), now));
      CompletenessFields.writeOffsets(json, entry.getValue().offsets());
      json.writeEndObject();
    }
    json.writeEndArray();
    CompletenessFields.writePartitions(json, "stale", found.stale());
    CompletenessFields.writePartitions(json, "not_held", found.notHeld());
    json.writeEndObject();
  }

  /** An age means the same on every machine, whatever their clocks say; -1 when unknown. */
  private static long age(Trending.Held held, Moment now) {
    return held.freshMs() == 0 ? -1 : Math.max(0, now.steadyMs() - held.freshMs());
  }

  private static long fresh(JsonFields fields, Moment asked) throws JsonFields.MalformedException {
    long ageMs = fields.number("age_ms", -1, Long.MAX_VALUE);
    return ageMs < 0 ? 0 : Math.max(1, asked.steadyMs() - ageMs);
  }

  /**
   * Reads an answer, and refuses what could falsify the merge: more rows than were asked for, or
   * other partitions.
   *
   * @param asked when the question was sent
   */
  static <P extends Trending.Part> Gathered<P> read(
      JsonFields fields, PeerQuery<P> query, Moment asked) throws JsonFields.MalformedException {
    SortedMap<Integer, Trending.Held> answered = new TreeMap<>();
    for (JsonFields each : fields.objects("answered")) {
      long freshMs = fresh(each, asked);
      Trending.Held held =
          new Trending.Held(
              PeerStatus.role(each),
              freshMs,
              freshMs,
              new InputOffsets(each.offsets("as_of"), each.offsetsByName("as_of_topics")));
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
