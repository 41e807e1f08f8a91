package io.streamsocial.http.peers;

import io.streamsocial.http.Trace;
import io.streamsocial.processor.trends.ViewActive;
import io.streamsocial.processor.trends.ViewKeys;
import io.streamsocial.processor.trends.ViewRange;
import io.streamsocial.processor.trends.ViewSessions;
import io.streamsocial.processor.trends.ViewTop;
import io.streamsocial.processor.trends.WindowSpan;
import io.streamsocial.processor.views.ViewKey;
import io.streamsocial.processor.views.ViewSchema;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * One view of the whole application, asked for one request, as {@link RoutedQueries} asks. Any
 * thread; never blocks.
 */
public final class RoutedView {
  private final AskedView view;
  private final Trace trace;

  RoutedView(AskedView view, Trace trace) {
    this.view = view;
    this.trace = trace;
  }

  /** Its name, windows and fields. */
  public ViewSchema schema() {
    return view.schema();
  }

  /** The key of a text: of the hashtags folded as at ingest, of other views its UTF-8. */
  public ViewKey key(String text) {
    return view.key(text);
  }

  /**
   * The rows of some keys; those whose partition no instance answers for are not in the answer.
   *
   * @param group one group, or empty for all together
   * @param keys 1 to {@link ViewKeys#KEYS_MAX}, no two equal
   */
  public CompletionStage<ViewKeys.Answer> get(String group, WindowSpan windows, ViewKey... keys) {
    return ask(new ViewKeys.Question(schema(), group, windows, List.of(keys)));
  }

  /** The rows of some keys. */
  public CompletionStage<ViewKeys.Answer> ask(ViewKeys.Question question) {
    return view.ask(trace, question, ReadOptions.NONE).thenApply(Answered::answer);
  }

  /** A page of keys in their order. */
  public CompletionStage<ViewRange.Answer> ask(ViewRange.Question question) {
    return view.ask(trace, question, ReadOptions.NONE).thenApply(Answered::answer);
  }

  /** The keys that have most, or why they cannot be told. */
  public CompletionStage<ViewTop.Answer> ask(ViewTop.Question question) {
    return view.ask(trace, question, ReadOptions.NONE).thenApply(Answered::answer);
  }

  /**
   * The keys that have most of the field that the view is ranked by, or else of its first sum.
   *
   * @param group one group, or empty for all together
   * @param windows how many windows back, the one that contains {@code atMs} included; 1 for a view
   *     without windows
   * @param atMs the instant asked for, epoch milliseconds
   * @param limit keys
   */
  public CompletionStage<ViewTop.Answer> top(String group, int windows, long atMs, int limit) {
    return ask(ViewTop.Question.of(schema(), group, windows, atMs, limit));
  }

  /** The sessions of a key. */
  public CompletionStage<ViewSessions.Answer> ask(ViewSessions.Question question) {
    return view.ask(trace, question, ReadOptions.NONE).thenApply(Answered::answer);
  }

  /** How many keys are active. */
  public CompletionStage<ViewActive.Answer> ask(ViewActive.Question question) {
    return view.ask(trace, question, ReadOptions.NONE).thenApply(Answered::answer);
  }
}
