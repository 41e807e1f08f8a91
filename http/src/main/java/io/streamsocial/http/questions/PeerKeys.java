package io.streamsocial.http.questions;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.JsonFields;
import io.streamsocial.processor.trends.ViewEntry;
import io.streamsocial.processor.trends.ViewQuestion;
import io.streamsocial.processor.trends.ViewRow;
import io.streamsocial.processor.views.ViewKey;
import io.streamsocial.processor.views.ViewSchema;
import io.streamsocial.store.table.Tail;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Keys of views and their rows between instances. A key is base64url of its bytes, whatever they
 * are; a row is its start among the starts and its longs among the lanes, as the store has them,
 * and where rows have bytes, their base64url among the bytes.
 */
final class PeerKeys {
  /** Of a key and what surrounds it. */
  static final int KEY_BYTES_MAX = 1_500;

  static final int NUMBER_BYTES_MAX = 21;
  private static final int KEY_CHARS_MAX = 1_400;
  private static final int TAIL_CHARS_MAX = (Tail.BYTES_MAX + 2) / 3 * 4;

  private PeerKeys() {}

  static ViewKey read(JsonFields fields, String name) throws JsonFields.MalformedException {
    return decode(fields.text(name, KEY_CHARS_MAX));
  }

  static ViewKey decode(String text) throws JsonFields.MalformedException {
    return ViewKey.ofBase64Url(text)
        .orElseThrow(() -> new JsonFields.MalformedException("a key is not base64url"));
  }

  static void write(JsonGenerator json, ViewSchema view, List<ViewEntry> entries)
      throws IOException {
    boolean hasBytes = view.bytes().isPresent();
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
      if (hasBytes) {
        writeBytes(json, entry);
      }
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void writeBytes(JsonGenerator json, ViewEntry entry) throws IOException {
    json.writeArrayFieldStart("bytes");
    for (ViewRow row : entry.rows()) {
      json.writeString(Base64.getUrlEncoder().withoutPadding().encodeToString(row.bytes()));
    }
    json.writeEndArray();
  }

  /** The most that the bytes of so many rows take in a message. */
  static long bytesMax(ViewSchema view, long rows) {
    return view.bytes().isPresent() ? rows * TAIL_CHARS_MAX : 0;
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
    List<String> tails = view.bytes().isPresent() ? tails(fields, starts.size()) : List.of();
    List<ViewRow> rows = new ArrayList<>();
    for (int i = 0; i < starts.size(); i++) {
      long[] row =
          lanes.subList(i * width, (i + 1) * width).stream().mapToLong(Long::longValue).toArray();
      rows.add(
          view.bytes().isPresent()
              ? ViewRow.of(view, starts.get(i), row, bytes(tails.get(i)))
              : new ViewRow(view, starts.get(i), row));
    }
    return rows;
  }

  private static List<String> tails(JsonFields fields, int rows)
      throws JsonFields.MalformedException {
    List<String> tails = fields.texts("bytes", rows);
    if (tails.size() != rows) {
      throw new JsonFields.MalformedException("a row lacks its bytes");
    }
    return tails;
  }

  private static byte[] bytes(String text) throws JsonFields.MalformedException {
    if (text.length() > TAIL_CHARS_MAX) {
      throw new JsonFields.MalformedException("a row has too many bytes");
    }
    try {
      return Base64.getUrlDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw new JsonFields.MalformedException("the bytes of a row are not base64url");
    }
  }
}
