package io.streamsocial.http.questions;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.JsonFields;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.Trending;
import io.streamsocial.processor.trends.ViewQueries;
import io.streamsocial.processor.trends.ViewTop;
import io.streamsocial.processor.trends.WindowSpan;
import io.streamsocial.processor.views.ViewSchema;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeSet;

/** The keys of a view that have most of a sum. */
record RankingQuestion(ViewTop.Question question) implements ViewAsked<ViewTop.Part> {
  static final String TYPE = "view_top";
  private static final int FIELD_CHARS_MAX = 64;

  static RankingQuestion read(JsonFields fields, ViewQueries views)
      throws JsonFields.MalformedException {
    ViewSchema view = ViewAsked.readView(fields, views);
    OptionalInt by = view.field(fields.text("by", FIELD_CHARS_MAX));
    int windows = fields.integer("windows", 1, WindowSpan.WINDOWS_MAX);
    long atMs = fields.number("at", 0, Long.MAX_VALUE / 2);
    int limit = fields.integer("limit", 1, Trending.Question.LIMIT_MAX);
    String group = ViewAsked.readGroup(fields);
    return ViewAsked.checked(
        () ->
            new RankingQuestion(
                new ViewTop.Question(view, group, by.orElse(-1), windows, atMs, limit)));
  }

  @Override
  public ViewTop.Part nothing() {
    return ViewTop.Part.NOTHING;
  }

  @Override
  public Optional<ViewTop.Part> tryRead(Queries queries, Collection<Integer> partitions) {
    return queries.views().tryTop(question, partitions);
  }

  @Override
  public ViewTop.Part read(Queries queries, Collection<Integer> partitions) {
    return queries.views().top(question, partitions);
  }

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public void writeOwn(JsonGenerator json) throws IOException {
    writeView(json);
    json.writeStringField("by", question.view().fields().get(question.by()).name());
    json.writeNumberField("windows", question.windows());
    json.writeNumberField("at", question.atMs());
    json.writeNumberField("limit", question.limit());
  }

  @Override
  public void writePart(JsonGenerator json, ViewTop.Part part) throws IOException {
    json.writeArrayFieldStart("rows");
    for (ViewTop.Row row : part.rows()) {
      json.writeStartObject();
      json.writeStringField("key", row.key().toBase64Url());
      json.writeArrayFieldStart("values");
      for (long value : row.values()) {
        json.writeNumber(value);
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
    write(json, "too_large", part.tooLarge());
    write(json, "too_slow", part.tooSlow());
  }

  private static void write(JsonGenerator json, String name, Collection<Integer> partitions)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (int partition : partitions) {
      json.writeNumber(partition);
    }
    json.writeEndArray();
  }

  @Override
  public ViewTop.Part readPart(JsonFields fields, SortedMap<Integer, Trending.Held> answered)
      throws JsonFields.MalformedException {
    int windows = question.starts().length;
    List<ViewTop.Row> rows = new ArrayList<>();
    for (JsonFields each : fields.objects("rows")) {
      List<Long> values = each.numbers("values", Long.MIN_VALUE, Long.MAX_VALUE);
      if (values.size() != windows) {
        throw new JsonFields.MalformedException("a row has not one value a window");
      }
      rows.add(
          ViewTop.Row.of(
              PeerKeys.read(each, "key"), values.stream().mapToLong(Long::longValue).toArray()));
    }
    if (rows.size() > question.limit()) {
      throw new JsonFields.MalformedException("it answers with more than it was asked for");
    }
    return new ViewTop.Part(
        rows,
        new TreeSet<>(fields.partitions("too_large")),
        new TreeSet<>(fields.partitions("too_slow")),
        answered);
  }

  @Override
  public int rows(ViewTop.Part part) {
    return part.rows().size();
  }

  @Override
  public long replyBytesMax(int partitions) {
    long rowBytes = PeerKeys.KEY_BYTES_MAX + (long) PeerKeys.NUMBER_BYTES_MAX * question.windows();
    return ENVELOPE_BYTES + question.limit() * rowBytes + 1_000L * partitions;
  }
}
