package io.streamsocial.http.questions;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.JsonFields;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.Trending;
import java.io.IOException;
import java.util.Collection;
import java.util.Optional;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** The most mentioned hashtags. */
record TopQuestion(Trending.Question question) implements TrendsQuestion<Trending.TopPart> {
  static final String TYPE = "trending";

  static TopQuestion read(JsonFields fields, int windowsMax) throws JsonFields.MalformedException {
    return new TopQuestion(TrendsQuestion.readCommon(fields, windowsMax));
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
  public Trending.TopPart nothing() {
    return Trending.TopPart.NOTHING;
  }

  @Override
  public Optional<Trending.TopPart> tryRead(Queries queries, Collection<Integer> partitions) {
    return queries.tryPart(question, partitions);
  }

  @Override
  public Trending.TopPart read(Queries queries, Collection<Integer> partitions) {
    return queries.part(question, partitions);
  }

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public void writeOwn(JsonGenerator json) {
    // All that it asks is common to every kind of question.
  }

  @Override
  public void writePart(JsonGenerator json, Trending.TopPart part) throws IOException {
    PeerRows.write(json, part.rows());
  }

  @Override
  public Trending.TopPart readPart(JsonFields fields, SortedMap<Integer, Trending.Held> answered)
      throws JsonFields.MalformedException {
    return new Trending.TopPart(PeerRows.read(fields, limit(), windows()), answered);
  }

  @Override
  public int rows(Trending.TopPart part) {
    return part.rows().size();
  }
}
