package io.streamsocial.http.peers;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.Json;
import io.streamsocial.http.JsonFields;
import io.streamsocial.processor.trends.KeyPage;
import io.streamsocial.processor.trends.RegionVolumes;
import io.streamsocial.processor.trends.Trending;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a holder answers to one {@link PartQuestion}: a part, and what is not in it.
 *
 * @param stale held, but staler than was asked for
 * @param notHeld not there, or not readable yet; ascending
 */
record PeerReply(Trending.Part part, SortedSet<Integer> stale, Set<Integer> notHeld) {
  private static final int TAG_CHARS_MAX = 400;

  /** Of this instance's own state. */
  static PeerReply of(LocalParts.Local local, Collection<Integer> asked) {
    SortedSet<Integer> notHeld = new TreeSet<>(asked);
    notHeld.removeAll(local.stale());
    notHeld.removeAll(local.part().answered().keySet());
    return new PeerReply(local.part(), local.stale(), notHeld);
  }

  /** Of a holder that holds none of it. */
  static PeerReply misdirected(Collection<Integer> asked) {
    return new PeerReply(Trending.TopPart.NOTHING, new TreeSet<>(), new TreeSet<>(asked));
  }

  /** An answer of at most so many bytes is read; a correct one is always shorter. */
  static long bytesMax(PeerQuery query) {
    Trending.Question question = query.asked().question();
    long rowBytes = 1_000 + 21L * question.windows();
    if (query.asked().slices() != null) {
      return (1 << 20) + query.partitions().size() * (long) RegionVolumes.ROWS_MAX * rowBytes;
    }
    return (1 << 20) + question.limit() * rowBytes + 1_000L * query.partitions().size();
  }

  byte[] encode(PeerIdentity speaker) {
    return Json.bytes(json -> write(json, speaker));
  }

  private void write(JsonGenerator json, PeerIdentity speaker) throws IOException {
    json.writeStartObject();
    speaker.write(json);
    json.writeArrayFieldStart("starts");
    List<Trending.Row> rows = rows();
    if (!rows.isEmpty()) {
      for (Trending.WindowCount each : rows.get(0).windows()) {
        json.writeNumber(each.windowStartMs());
      }
    }
    json.writeEndArray();
    json.writeArrayFieldStart("rows");
    for (Trending.Row row : rows) {
      json.writeStartObject();
      json.writeStringField("hashtag", row.hashtag());
      json.writeArrayFieldStart("counts");
      for (Trending.WindowCount each : row.windows()) {
        json.writeNumber(each.count());
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
    if (part instanceof RegionVolumes.SlicesPart slices && !slices.slices().isEmpty()) {
      PeerSlices.write(json, slices.slices());
    }
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
    CompletenessFields.writePartitions(json, "stale", stale);
    CompletenessFields.writePartitions(json, "not_held", notHeld);
    json.writeEndObject();
  }

  /**
   * Reads an answer, and refuses what could falsify the merge: more rows than were asked for, or
   * other partitions.
   */
  static PeerReply read(JsonFields fields, PeerQuery query) throws JsonFields.MalformedException {
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
    SortedSet<Integer> stale = new TreeSet<>(fields.partitions("stale"));
    SortedSet<Integer> notHeld = new TreeSet<>(query.partitions());
    notHeld.removeAll(answered.keySet());
    stale.retainAll(notHeld);
    notHeld.removeAll(stale);
    return new PeerReply(part(fields, query, answered), stale, notHeld);
  }

  private static Trending.Part part(
      JsonFields fields, PeerQuery query, SortedMap<Integer, Trending.Held> answered)
      throws JsonFields.MalformedException {
    List<Trending.Row> rows = rows(fields, query.asked().question());
    if (query.asked().slices() != null) {
      return new RegionVolumes.SlicesPart(PeerSlices.read(fields, query, answered), answered);
    }
    return query.asked().page() != null
        ? new KeyPage.PagePart(rows, answered)
        : new Trending.TopPart(rows, answered);
  }

  /** Those of a ranking or a page; other parts have none. */
  List<Trending.Row> rows() {
    if (part instanceof Trending.TopPart top) {
      return top.rows();
    }
    return part instanceof KeyPage.PagePart page ? page.rows() : List.of();
  }

  private static List<Trending.Row> rows(JsonFields fields, Trending.Question question)
      throws JsonFields.MalformedException {
    List<Long> starts = fields.numbers("starts", 0, Long.MAX_VALUE);
    List<JsonFields> objects = fields.objects("rows");
    if (objects.size() > question.limit() || starts.size() > question.windows()) {
      throw new JsonFields.MalformedException("it answers with more than it was asked for");
    }
    List<Trending.Row> rows = new ArrayList<>(objects.size());
    for (JsonFields each : objects) {
      List<Long> counts = each.numbers("counts", 0, Long.MAX_VALUE);
      if (counts.size() != starts.size()) {
        throw new JsonFields.MalformedException("a row has not one count a window");
      }
      List<Trending.WindowCount> windows = new ArrayList<>(counts.size());
      for (int i = 0; i < counts.size(); i++) {
        windows.add(new Trending.WindowCount(starts.get(i), counts.get(i)));
      }
      rows.add(Trending.Row.of(each.text("hashtag", TAG_CHARS_MAX), windows));
    }
    return rows;
  }
}
