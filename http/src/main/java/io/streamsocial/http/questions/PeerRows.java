package io.streamsocial.http.questions;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.JsonFields;
import io.streamsocial.processor.trends.Trending;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The rows in a {@link PeerReply}: the windows' starts once, then the counts of each hashtag. */
final class PeerRows {
  private static final int TAG_CHARS_MAX = 400;

  private PeerRows() {}

  static void write(JsonGenerator json, List<Trending.Row> rows) throws IOException {
    json.writeArrayFieldStart("starts");
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
  }

  /**
   * Refuses more rows or windows than were asked for, and rows of another number of windows.
   *
   * @param limit the most rows
   * @param windowsMax the most windows
   */
  static List<Trending.Row> read(JsonFields fields, int limit, int windowsMax)
      throws JsonFields.MalformedException {
    List<Long> starts = fields.numbers("starts", 0, Long.MAX_VALUE);
    List<JsonFields> objects = fields.objects("rows");
    if (objects.size() > limit || starts.size() > windowsMax) {
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

  /** The most bytes of so many rows, and of what stands beside them. */
  static long bytesMax(long rows, int windows) {
    return (1 << 20) + rows * (1_000 + 21L * windows);
  }
}
