package io.streamsocial.http.questions;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.JsonFields;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.Trending;
import io.streamsocial.processor.trends.ViewEntry;
import io.streamsocial.processor.trends.ViewKeys;
import io.streamsocial.processor.trends.ViewQueries;
import io.streamsocial.processor.trends.ViewQuestion;
import io.streamsocial.processor.trends.WindowSpan;
import io.streamsocial.processor.views.ViewKey;
import io.streamsocial.processor.views.ViewSchema;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;

/**
 * The rows of some keys of a view.
 *
 * @param owners the partitions that own the keys
 */
record KeysQuestion(ViewKeys.Question question, List<Integer> owners)
    implements ViewAsked<ViewKeys.Part> {
  static final String TYPE = "view_keys";

  static KeysQuestion read(JsonFields fields, List<Integer> owners, ViewQueries views)
      throws JsonFields.MalformedException {
    ViewSchema view = ViewAsked.readView(fields, views);
    WindowSpan windows = ViewAsked.readWindows(fields);
    List<ViewKey> keys = new ArrayList<>();
    for (String text : fields.texts("keys", ViewKeys.KEYS_MAX)) {
      keys.add(PeerKeys.decode(text));
    }
    String group = ViewAsked.readGroup(fields);
    return ViewAsked.checked(
        () -> new KeysQuestion(new ViewKeys.Question(view, group, windows, keys), owners));
  }

  @Override
  public List<Integer> partitions(List<Integer> all) {
    return owners;
  }

  @Override
  public ViewKeys.Part nothing() {
    return ViewKeys.Part.NOTHING;
  }

  @Override
  public ViewKeys.Part read(Queries queries, Collection<Integer> partitions) {
    return queries.views().keys(question, partitions);
  }

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public void writeOwn(JsonGenerator json) throws IOException {
    writeView(json);
    ViewAsked.writeWindows(json, question.windows());
    json.writeArrayFieldStart("keys");
    for (ViewKey key : question.keys()) {
      json.writeString(key.toBase64Url());
    }
    json.writeEndArray();
  }

  @Override
  public void writePart(JsonGenerator json, ViewKeys.Part part) throws IOException {
    PeerKeys.write(json, question.view(), part.entries());
  }

  @Override
  public ViewKeys.Part readPart(JsonFields fields, SortedMap<Integer, Trending.Held> answered)
      throws JsonFields.MalformedException {
    List<ViewEntry> entries = PeerKeys.readEntries(fields, question, question.keys().size());
    Set<ViewKey> keys = new HashSet<>();
    for (ViewEntry entry : entries) {
      if (!question.keys().contains(entry.key()) || !keys.add(entry.key())) {
        throw new JsonFields.MalformedException("it answers for a key that it was not asked for");
      }
    }
    return new ViewKeys.Part(entries, answered);
  }

  @Override
  public int rows(ViewKeys.Part part) {
    return part.entries().size();
  }

  @Override
  public long replyBytesMax(int partitions) {
    long numbers = (1L + question.view().lanes().width()) * WindowSpan.WINDOWS_MAX;
    long keyBytes = PeerKeys.KEY_BYTES_MAX + PeerKeys.NUMBER_BYTES_MAX * numbers;
    return ENVELOPE_BYTES
        + question.keys().size() * keyBytes
        + PeerKeys.bytesMax(question.view(), ViewQuestion.ROWS_WITH_BYTES_MAX)
        + 1_000L * partitions;
  }
}
