package io.streamsocial.http.questions;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.JsonFields;
import io.streamsocial.processor.posts.PostRules;
import io.streamsocial.processor.trends.Trending;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A question about hashtags: they all ask for some windows, of one region or of all.
 *
 * @param <P> the kind of part
 */
sealed interface TrendsQuestion<P extends Trending.Part> extends PartQuestion<P>
    permits TopQuestion, HashtagQuestion, SlicesQuestion {

  /** The most rows of a part; 1 where a part has no rows. */
  int limit();

  /** How many windows back, the one that contains {@link #atMs} included. */
  int windows();

  /** One region, or null for all together. */
  @Nullable String region();

  /** The instant asked for, epoch milliseconds. */
  long atMs();

  @Override
  default void writeShared(JsonGenerator json) throws IOException {
    json.writeNumberField("limit", limit());
    json.writeNumberField("windows", windows());
    String region = region();
    if (region != null) {
      json.writeStringField("region", region);
    }
    json.writeNumberField("at", atMs());
  }

  @Override
  default long replyBytesMax(int partitions) {
    return PeerRows.bytesMax(limit(), windows()) + 1_000L * partitions;
  }

  /** The fields that all of them have. */
  static Trending.Question readCommon(JsonFields fields, int windowsMax)
      throws JsonFields.MalformedException {
    return new Trending.Question(
        fields.integer("limit", 1, Trending.Question.LIMIT_MAX),
        fields.integer("windows", 1, windowsMax),
        fields.has("region") ? fields.text("region", PostRules.MAX_REGION_BYTES) : null,
        fields.number("at", 0, Long.MAX_VALUE / 2));
  }
}
