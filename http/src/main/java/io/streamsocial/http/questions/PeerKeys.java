package io.streamsocial.http.questions;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.JsonFields;
import io.streamsocial.processor.trends.ViewEntry;
import io.streamsocial.processor.trends.ViewQuestion;
import io.streamsocial.processor.trends.ViewRow;
import io.streamsocial.processor.views.ViewKey;
import io.streamsocial.processor.views.ViewSchema;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Keys of views and their rows between instances. A key is base64url of its bytes, whatever they
 * are; a row is its start among the starts and its longs among the lanes, as the store has them.
 */
final class PeerKeys {
  /** Of a key and what surrounds it. */
  static final int KEY_BYTES_MAX = 1_500;

  static final int NUMBER_BYTES_MAX = 21;
  private static final int KEY_CHARS_MAX = 1_400;

  private PeerKeys() {}

  static ViewKey read(JsonFields fields, String name) throws JsonFields.MalformedException {
    return decode(fields.text(name, KEY_CHARS_MAX));
  }

  static ViewKey decode(String text) throws JsonFields.MalformedException {
    return ViewKey.ofBase64Url(text)
        .orElseThrow(() -> new JsonFields.MalformedException("a key is not base64url"));
  }

  static void write(JsonGenerator json, List<ViewEntry> entries) throws IOException {
    json.writeArrayFieldStart("entries");
    for (ViewEntry entry : entries) {
      json.writeStartObject();
      json.writeStringField("key", entry.key().toBase64Url());
      json.writeArrayFieldStart("starts");
      for (ViewRow row : entry.rows()) {
        json.writeNumber(row.windowStartMs());
      }
      json.writeEndArray();
      json.writeArrayFieldStart("lanes");
      for (ViewRow row : entry.rows()) {
        for (long lane : row.lanes()) {
          json.writeNumber(lane);
        }
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  /**
   * Refuses more entries than were asked for, and rows that are none of the view.
   *
   * @param limit the most entries
   */
  static List<ViewEntry> readEntries(JsonFields fields, ViewQuestion question, int limit)
      throws JsonFields.MalformedException {
    List<ViewEntry> entries = new ArrayList<>();
    for (JsonFields each : fields.objects("entries")) {
      entries.add(new ViewEntry(read(each, "key"), rows(each, question.view())));
    }
    if (entries.size() > limit) {
      throw new JsonFields.MalformedException("it answers with more than it was asked for");
    }
    return entries;
  }

  private static List<ViewRow> rows(JsonFields fields, ViewSchema view)
      throws JsonFields.MalformedException {
    List<Long> starts = fields.numbers("starts", 0, Long.MAX_VALUE);
    List<Long> lanes = fields.numbers("lanes", Long.MIN_VALUE, Long.MAX_VALUE);
    int width = view.lanes().width();
    if (lanes.size() != starts.size() * width) {
      throw new JsonFields.MalformedException(
          "rows of the view %s have %d numbers each".formatted(view.name(), width));
    }
    List<ViewRow> rows = new ArrayList<>();
    for (int i = 0; i < starts.size(); i++) {
      long[] row =
          lanes.subList(i * width, (i + 1) * width).stream().mapToLong(Long::longValue).toArray();
      rows.add(new ViewRow(view, starts.get(i), row));
    }
    return rows;
  }
}
