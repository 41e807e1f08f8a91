package io.streamsocial.http.questions;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.JsonFields;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.Trending;
import io.streamsocial.processor.trends.ViewEntry;
import io.streamsocial.processor.trends.ViewQueries;
import io.streamsocial.processor.trends.ViewSessions;
import io.streamsocial.processor.views.ViewKey;
import io.streamsocial.processor.views.ViewSchema;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/**
 * The sessions of a key.
 *
 * @param owner the partition that owns the key
 */
record SessionsQuestion(ViewSessions.Question question, int owner)
    implements ViewAsked<ViewSessions.Part> {
  static final String TYPE = "view_sessions";

  static SessionsQuestion read(JsonFields fields, ViewQueries views)
      throws JsonFields.MalformedException {
    ViewSchema view = ViewAsked.readView(fields, views);
    ViewKey key = PeerKeys.read(fields, "key");
    String group = ViewAsked.readGroup(fields);
    long toMs = fields.number("to", 1, Long.MAX_VALUE);
    long fromMs = fields.number("from", 0, toMs - 1);
    return ViewAsked.checked(
        () ->
            new SessionsQuestion(
                new ViewSessions.Question(view, group, key, fromMs, toMs), views.partition(key)));
  }

  @Override
  public List<Integer> partitions(List<Integer> all) {
    return List.of(owner);
  }

  @Override
  public ViewSessions.Part nothing() {
    return ViewSessions.Part.NOTHING;
  }

  @Override
  public ViewSessions.Part read(Queries queries, Collection<Integer> partitions) {
    return queries.views().sessions(question, partitions);
  }

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public void writeOwn(JsonGenerator json) throws IOException {
    writeView(json);
    json.writeStringField("key", question.key().toBase64Url());
    json.writeNumberField("from", question.fromMs());
    json.writeNumberField("to", question.toMs());
  }

  @Override
  public void writePart(JsonGenerator json, ViewSessions.Part part) throws IOException {
    PeerKeys.write(json, question.view(), part.entry().stream().toList());
  }

  @Override
  public ViewSessions.Part readPart(JsonFields fields, SortedMap<Integer, Trending.Held> answered)
      throws JsonFields.MalformedException {
    List<ViewEntry> entries = PeerKeys.readEntries(fields, question, 1);
    for (ViewEntry entry : entries) {
      if (!entry.key().equals(question.key()) || entry.rows().size() > ViewSessions.SESSIONS_MAX) {
        throw new JsonFields.MalformedException("it answers with more than it was asked for");
      }
    }
    if (entries.isEmpty() != answered.isEmpty()) {
      throw new JsonFields.MalformedException("the owner of a key answers with its sessions");
    }
    Optional<ViewEntry> entry = entries.stream().findFirst();
    return new ViewSessions.Part(entry, answered);
  }

  @Override
  public int rows(ViewSessions.Part part) {
    return part.entry().map(entry -> entry.rows().size()).orElse(0);
  }

  @Override
  public long replyBytesMax(int partitions) {
    long numbers = (1L + question.view().lanes().width()) * ViewSessions.SESSIONS_MAX;
    return ENVELOPE_BYTES
        + PeerKeys.KEY_BYTES_MAX
        + PeerKeys.NUMBER_BYTES_MAX * numbers
        + PeerKeys.bytesMax(question.view(), ViewSessions.SESSIONS_MAX);
  }
}
