package io.streamsocial.http.questions;

import com.fasterxml.jackson.core.JsonGenerator;
import io.streamsocial.http.JsonFields;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.RegionVolumes;
import io.streamsocial.processor.trends.Trending;
import io.streamsocial.processor.trends.ViewActive;
import io.streamsocial.processor.trends.ViewKeys;
import io.streamsocial.processor.trends.ViewQueries;
import io.streamsocial.processor.trends.ViewRange;
import io.streamsocial.processor.trends.ViewSessions;
import io.streamsocial.processor.trends.ViewTop;
import io.streamsocial.processor.views.ViewSchema;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeSet;

/**
 * A question that every holder of some partitions answers with a part. The partitions are given
 * beside it, because each holder is asked for others. Each kind of question is a class: it knows
 * how its part is read from this instance's state, and how both are written between instances.
 *
 * @param <P> the kind of part
 */
public sealed interface PartQuestion<P extends Trending.Part> permits TrendsQuestion, ViewAsked {
  /** The longest name of a kind. */
  int TYPE_CHARS_MAX = 20;

  static PartQuestion<Trending.TopPart> top(Trending.Question question) {
    return new TopQuestion(question);
  }

  static PartQuestion<Trending.TopPart> hashtag(Trending.Key key, Trending.Question question) {
    return new HashtagQuestion(key, question);
  }

  static PartQuestion<RegionVolumes.SlicesPart> slices(RegionVolumes.Question question) {
    return new SlicesQuestion(question);
  }

  static PartQuestion<ViewKeys.Part> keys(ViewKeys.Question question, ViewQueries views) {
    Collection<Integer> owners = new TreeSet<>();
    question.keys().forEach(key -> owners.add(views.partition(key)));
    return new KeysQuestion(question, List.copyOf(owners));
  }

  static PartQuestion<ViewRange.Part> range(ViewRange.Question question) {
    return new RangeQuestion(question);
  }

  static PartQuestion<ViewTop.Part> top(ViewTop.Question question) {
    return new RankingQuestion(question);
  }

  static PartQuestion<ViewSessions.Part> sessions(
      ViewSessions.Question question, ViewQueries views) {
    return new SessionsQuestion(question, views.partition(question.key()));
  }

  static PartQuestion<ViewActive.Part> active(ViewActive.Question question) {
    return new ActiveQuestion(question);
  }

  /** The view that is asked; empty for the questions about trends. */
  default Optional<ViewSchema> view() {
    return Optional.empty();
  }

  /** The partitions that can contribute to the answer, out of all of them, ascending. */
  default List<Integer> partitions(List<Integer> all) {
    return all;
  }

  /** The part of an instance that holds none of the partitions. */
  P nothing();

  /** Reads a part without blocking; empty where {@link #read} is needed. */
  default Optional<P> tryRead(Queries queries, Collection<Integer> partitions) {
    return Optional.empty();
  }

  /** Reads a part in the read pool, as RocksDB may be read. */
  P read(Queries queries, Collection<Integer> partitions);

  /** Names the kind of question in messages. */
  String type();

  /** Writes the fields that only this kind of question has. */
  void writeOwn(JsonGenerator json) throws IOException;

  /** Writes the fields that it shares with kinds like it. */
  default void writeShared(JsonGenerator json) throws IOException {}

  /** Writes the fields of a reply that hold the rows, or what the part has instead. */
  void writePart(JsonGenerator json, P part) throws IOException;

  /**
   * Reads a part, and refuses what could falsify the merge.
   *
   * @param answered the partitions that the reply says it is made of
   */
  P readPart(JsonFields fields, SortedMap<Integer, Trending.Held> answered)
      throws JsonFields.MalformedException;

  /** How many rows a part has, for the metric. */
  int rows(P part);

  /** The most bytes of a correct reply for so many partitions. */
  long replyBytesMax(int partitions);

  /**
   * Reads a question that another instance wrote.
   *
   * @param partitions that it asks for, one or more
   * @param windowsMax as many as the state keeps of hashtags
   * @param views those that this instance has
   */
  static PartQuestion<?> read(
      JsonFields fields, List<Integer> partitions, int windowsMax, ViewQueries views)
      throws JsonFields.MalformedException {
    String type = fields.text("type", TYPE_CHARS_MAX);
    if (type.equals(HashtagQuestion.TYPE) && partitions.size() == 1) {
      return HashtagQuestion.read(fields, partitions.get(0), windowsMax);
    }
    return switch (type) {
      case TopQuestion.TYPE -> TopQuestion.read(fields, windowsMax);
      case SlicesQuestion.TYPE -> SlicesQuestion.read(fields, windowsMax);
      case SessionsQuestion.TYPE -> SessionsQuestion.read(fields, views);
      case ActiveQuestion.TYPE -> ActiveQuestion.read(fields, views);
      case KeysQuestion.TYPE -> KeysQuestion.read(fields, List.copyOf(partitions), views);
      case RangeQuestion.TYPE -> RangeQuestion.read(fields, views);
      case RankingQuestion.TYPE -> RankingQuestion.read(fields, views);
      default ->
          throw new JsonFields.MalformedException(
              "'type' is no kind of question, nor hashtag with its one partition");
    };
  }
}
