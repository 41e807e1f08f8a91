package io.streamsocial.http.questions;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.JsonFields;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.Trending;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * One hashtag, which only one partition can have.
 *
 * @param question its limit is not used
 */
record HashtagQuestion(Trending.Key key, Trending.Question question)
    implements TrendsQuestion<Trending.TopPart> {
  static final String TYPE = "hashtag";
  private static final int HASHTAG_CHARS_MAX = 1_000;

  static HashtagQuestion read(JsonFields fields, int partition, int windowsMax)
      throws JsonFields.MalformedException {
    return new HashtagQuestion(
        new Trending.Key(fields.text("hashtag", HASHTAG_CHARS_MAX), partition),
        TrendsQuestion.readCommon(fields, windowsMax));
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
  public List<Integer> partitions(List<Integer> all) {
    return List.of(key.partition());
  }

  @Override
  public Trending.TopPart nothing() {
    return Trending.TopPart.NOTHING;
  }

  @Override
  public Trending.TopPart read(Queries queries, Collection<Integer> partitions) {
    return queries.hashtagPart(key, question);
  }

  @Override
  public String type() {
    return TYPE;
  }

  @Override
  public void writeOwn(JsonGenerator json) throws IOException {
    json.writeStringField("hashtag", key.hashtag());
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
