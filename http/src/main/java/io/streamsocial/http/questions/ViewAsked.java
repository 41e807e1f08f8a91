package io.streamsocial.http.questions;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.JsonFields;
import io.streamsocial.processor.trends.Trending;
import io.streamsocial.processor.trends.ViewQueries;
import io.streamsocial.processor.trends.ViewQuestion;
import io.streamsocial.processor.trends.WindowSpan;
import io.streamsocial.processor.views.ViewSchema;
import java.io.IOException;
import java.util.Optional;

/**
 * A question to a view, as it is written between instances. Both know the view by its name. The
 * other may not have it, as in a rolling restart that adds or removes it.
 *
 * @param <P> the kind of part
 */
sealed interface ViewAsked<P extends Trending.Part> extends PartQuestion<P>
    permits KeysQuestion, RangeQuestion, RankingQuestion, SessionsQuestion, ActiveQuestion {
  /** What stands beside the rows in a reply. */
  int ENVELOPE_BYTES = 1 << 20;

  int VIEW_CHARS_MAX = 100;
  int GROUP_CHARS_MAX = 256;

  ViewQuestion question();

  @Override
  default Optional<ViewSchema> view() {
    return Optional.of(question().view());
  }

  /** Writes which view is asked, and for which group. */
  default void writeView(JsonGenerator json) throws IOException {
    json.writeStringField("view", question().view().name());
    json.writeStringField("group", question().group());
  }

  static ViewSchema readView(JsonFields fields, ViewQueries views)
      throws JsonFields.MalformedException {
    String name = fields.text("view", VIEW_CHARS_MAX);
    return views.find(name).orElseThrow(() -> new UnknownViewException(name));
  }

  static String readGroup(JsonFields fields) throws JsonFields.MalformedException {
    return fields.text("group", GROUP_CHARS_MAX);
  }

  static void writeWindows(JsonGenerator json, WindowSpan windows) throws IOException {
    json.writeNumberField("from", windows.fromMs());
    json.writeNumberField("to", windows.toMs());
  }

  static WindowSpan readWindows(JsonFields fields) throws JsonFields.MalformedException {
    long toMs = fields.number("to", 0, Long.MAX_VALUE);
    return new WindowSpan(fields.number("from", 0, toMs), toMs);
  }

  /** Makes a question of fields that are each in their bounds, but may not be together. */
  static <Q> Q checked(Checked<Q> question) throws JsonFields.MalformedException {
    try {
      return question.make();
    } catch (IllegalArgumentException e) {
      throw new JsonFields.MalformedException(String.valueOf(e.getMessage()));
    }
  }

  /** Makes a value that checks itself. */
  interface Checked<Q> {
    Q make() throws JsonFields.MalformedException;
  }
}
