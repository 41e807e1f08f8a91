package io.streamsocial.http.questions;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.JsonFields;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.Trending;
import io.streamsocial.processor.trends.ViewEntry;
import io.streamsocial.processor.trends.ViewQueries;
import io.streamsocial.processor.trends.ViewRange;
import io.streamsocial.processor.trends.WindowSpan;
import io.streamsocial.processor.views.ViewKey;
import io.streamsocial.processor.views.ViewSchema;
import io.streamsocial.store.ReadBudget;
import io.streamsocial.store.table.Tail;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** The first keys of a range of a view, in the order of keys. */
record RangeQuestion(ViewRange.Question question) implements ViewAsked<ViewRange.Part> {
  static final String TYPE = "view_range";

  static RangeQuestion read(JsonFields fields, ViewQueries views)
      throws JsonFields.MalformedException {
    ViewSchema view = ViewAsked.readView(fields, views);
    WindowSpan windows = ViewAsked.readWindows(fields);
    ViewKey from = PeerKeys.read(fields, "from_key");
    @Nullable ViewKey to = fields.has("to_key") ? PeerKeys.read(fields, "to_key") : null;
    int limit = fields.integer("limit", 1, Trending.Question.LIMIT_MAX);
    String group = ViewAsked.readGroup(fields);
    return ViewAsked.checked(
        () -> new RangeQuestion(new ViewRange.Question(view, group, windows, from, to, limit)));
  }

  @Override
  public ViewRange.Part nothing() {
    return ViewRange.Part.NOTHING;
  }

  @Override
  public ViewRange.Part read(Queries queries, Collection<Integer> partitions) {
    return queries.views().range(question, partitions);
  }

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public void writeOwn(JsonGenerator json) throws IOException {
    writeView(json);
    ViewAsked.writeWindows(json, question.windows());
    json.writeStringField("from_key", question.from().toBase64Url());
    ViewKey to = question.to();
    if (to != null) {
      json.writeStringField("to_key", to.toBase64Url());
    }
    json.writeNumberField("limit", question.limit());
  }

  @Override
  public void writePart(JsonGenerator json, ViewRange.Part part) throws IOException {
    PeerKeys.write(json, question.view(), part.stretch().entries());
    ViewKey end = part.stretch().end();
    if (end != null) {
      json.writeStringField("end", end.toBase64Url());
    }
  }

  @Override
  public ViewRange.Part readPart(JsonFields fields, SortedMap<Integer, Trending.Held> answered)
      throws JsonFields.MalformedException {
    List<ViewEntry> entries = PeerKeys.readEntries(fields, question, question.limit());
    @Nullable ViewKey end = fields.has("end") ? PeerKeys.read(fields, "end") : null;
    ViewKey last = null;
    for (ViewEntry entry : entries) {
      boolean isInOrder =
          last == null
              ? entry.key().compareTo(question.from()) >= 0
              : entry.key().compareTo(last) > 0;
      if (!isInOrder) {
        throw new JsonFields.MalformedException("its keys are not in the order of the range");
      }
      last = entry.key();
    }
    // An end that is not behind the beginning would ask for the same page again, for ever. There may
    // be no key before it: what was read may have expired.
    ViewKey read = last == null ? question.from() : last;
    if (end != null && read.compareTo(end) >= 0) {
      throw new JsonFields.MalformedException("its end is not behind its last key");
    }
    return new ViewRange.Part(new ViewRange.Stretch(entries, end), answered);
  }

  @Override
  public int rows(ViewRange.Part part) {
    return part.stretch().entries().size();
  }

  @Override
  public long replyBytesMax(int partitions) {
    // The last key may have all windows beyond the most rows of a page.
    long numbers =
        (1L + question.view().lanes().width()) * (ViewRange.ROWS_MAX + WindowSpan.WINDOWS_MAX);
    long keyBytes = (long) question.limit() * PeerKeys.KEY_BYTES_MAX;
    // Of a page the rows with bytes are as many as these may be, and the windows of the last key.
    long rows =
        2L * ViewRange.ROWS_MAX * ReadBudget.ROW_BYTES / Tail.BYTES_MAX
            + WindowSpan.WINDOWS_MAX
            + 1;
    return ENVELOPE_BYTES
        + keyBytes
        + PeerKeys.NUMBER_BYTES_MAX * numbers
        + PeerKeys.bytesMax(question.view(), rows)
        + 1_000L * partitions;
  }
}
