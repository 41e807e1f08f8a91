package io.streamsocial.http.questions;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.JsonFields;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.Trending;
import io.streamsocial.processor.trends.ViewActive;
import io.streamsocial.processor.trends.ViewQueries;
import io.streamsocial.processor.views.ViewSchema;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** How many keys of a view of sessions are active. */
record ActiveQuestion(ViewActive.Question question) implements ViewAsked<ViewActive.Part> {
  static final String TYPE = "view_active";

  // A holder may have far more groups than an answer shows: all count for the order of them.
  private static final int GROUPS_MAX = 100_000;

  static ActiveQuestion read(JsonFields fields, ViewQueries views)
      throws JsonFields.MalformedException {
    ViewSchema view = ViewAsked.readView(fields, views);
    String group = ViewAsked.readGroup(fields);
    long atMs = fields.number("at", 0, Long.MAX_VALUE);
    return ViewAsked.checked(() -> new ActiveQuestion(new ViewActive.Question(view, group, atMs)));
  }

  @Override
  public ViewActive.Part nothing() {
    return ViewActive.Part.NOTHING;
  }

  @Override
  public Optional<ViewActive.Part> tryRead(Queries queries, Collection<Integer> partitions) {
    return Optional.of(read(queries, partitions));
  }

  @Override
  public ViewActive.Part read(Queries queries, Collection<Integer> partitions) {
    return queries.views().active(question, partitions);
  }

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public void writeOwn(JsonGenerator json) throws IOException {
    writeView(json);
    json.writeNumberField("at", question.atMs());
  }

  @Override
  public void writePart(JsonGenerator json, ViewActive.Part part) throws IOException {
    json.writeArrayFieldStart("groups");
    for (Map.Entry<String, Long> each : part.keys().entrySet()) {
      json.writeStartObject();
      json.writeStringField("group", each.getKey());
      json.writeNumberField("active", each.getValue());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  @Override
  public ViewActive.Part readPart(JsonFields fields, SortedMap<Integer, Trending.Held> answered)
      throws JsonFields.MalformedException {
    List<JsonFields> groups = fields.objects("groups");
    if (groups.size() > GROUPS_MAX) {
      throw new JsonFields.MalformedException("it answers with %d groups".formatted(groups.size()));
    }
    SortedMap<String, Long> keys = new TreeMap<>();
    for (JsonFields each : groups) {
      String group = each.text("group", GROUP_CHARS_MAX);
      if (keys.put(group, each.number("active", 0, Long.MAX_VALUE)) != null) {
        throw new JsonFields.MalformedException("it answers twice for a group");
      }
    }
    return new ViewActive.Part(keys, answered);
  }

  @Override
  public int rows(ViewActive.Part part) {
    return part.keys().size();
  }

  @Override
  public long replyBytesMax(int partitions) {
    return ENVELOPE_BYTES + GROUPS_MAX * (2L * GROUP_CHARS_MAX + 60);
  }
}
