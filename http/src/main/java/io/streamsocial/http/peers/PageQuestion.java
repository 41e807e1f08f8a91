package io.streamsocial.http.peers;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.JsonFields;
import io.streamsocial.processor.trends.KeyPage;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.Trending;
import java.io.IOException;
import java.util.Collection;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** The first hashtags of a range, in the order of hashtags. */
record PageQuestion(KeyPage.Question question) implements PartQuestion<KeyPage.PagePart> {
  static final String TYPE = "page";

  static PageQuestion read(JsonFields fields, int windowsMax) throws JsonFields.MalformedException {
    Trending.Question common = PeerQuery.readCommon(fields, windowsMax);
    return new PageQuestion(
        new KeyPage.Question(
            common.limit(),
            common.windows(),
            common.region(),
            common.atMs(),
            fields.text("from", PeerQuery.HASHTAG_CHARS_MAX),
            fields.has("to") ? fields.text("to", PeerQuery.HASHTAG_CHARS_MAX) : null));
  }

  @Override
  public int limit() {
    return question.limit();
  }

  @Override
  public int windows() {
    return question.windows();
  }

  @Override
  public @Nullable String region() {
    return question.region();
  }

  @Override
  public long atMs() {
    return question.atMs();
  }

  @Override
  public KeyPage.PagePart nothing() {
    return KeyPage.PagePart.NOTHING;
  }

  @Override
  public KeyPage.PagePart read(Queries queries, Collection<Integer> partitions) {
    return queries.page(question, partitions);
  }

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public void writeOwn(JsonGenerator json) throws IOException {
    json.writeStringField("from", question.from());
    if (question.to() != null) {
      json.writeStringField("to", question.to());
    }
  }

  @Override
  public void writePart(JsonGenerator json, KeyPage.PagePart part) throws IOException {
    PeerRows.write(json, part.rows());
  }

  @Override
  public KeyPage.PagePart readPart(JsonFields fields, SortedMap<Integer, Trending.Held> answered)
      throws JsonFields.MalformedException {
    return new KeyPage.PagePart(PeerRows.read(fields, limit(), windows()), answered);
  }

  @Override
  public int rows(KeyPage.PagePart part) {
    return part.rows().size();
  }
}
