package io.streamsocial.processor.trends;

import io.streamsocial.processor.views.ViewKey;
import io.streamsocial.processor.views.ViewSchema;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * One view as this instance has it, for the program that embeds the engine. Each answer carries its
 * {@link Completeness}: partitions that other instances count and that this one does not follow are
 * missing in it. The HTTP server asks the other instances, too.
 *
 * <pre>{@code
 * ViewState revenue = engine.view("revenue-by-shop");
 * ViewKeys.Answer shop = revenue.get("", WindowSpan.upTo(revenue.schema().windowing(), now), ViewKey.of("shop-1"));
 * long cents = shop.entry(ViewKey.of("shop-1")).stream()
 *     .flatMap(entry -> entry.rows().stream())
 *     .mapToLong(row -> row.get("cents"))
 *     .sum();
 * }</pre>
 *
 * <p>For any thread, at any time, also while the engine is closed: then partitions are missing. All
 * methods but {@link #tryTop} may read RocksDB and so take milliseconds; none stops the counting. A
 * partition whose store turns out to be damaged is missing from the answer, and is rebuilt.
 *
 * <p>A question that the view cannot be asked throws {@link IllegalArgumentException} as it is
 * made: of a group in a view without, of more windows, keys or rows than one question may have.
 */
public final class ViewState {
  private final ViewSchema schema;
  private final ViewQueries queries;
  private final List<Integer> partitions;

  private ViewState(ViewSchema schema, ViewQueries queries, List<Integer> partitions) {
    this.schema = schema;
    this.queries = queries;
    this.partitions = partitions;
  }

  /**
   * One of the views that are asked by these queries.
   *
   * @throws IllegalArgumentException when there is no such view; the message names those that are
   */
  public static ViewState of(Queries queries, String name) {
    ViewQueries views = queries.views();
    return new ViewState(views.require(name), views, queries.partitions());
  }

  /** Its name, windows and fields. */
  public ViewSchema schema() {
    return schema;
  }

  /** The key of a text: of the hashtags folded as at ingest, of other views its UTF-8. */
  public ViewKey key(String text) {
    return queries.key(schema, text);
  }

  /** Why it counts nowhere now, so that no partition of it is answered; empty when it counts. */
  public Optional<String> waiting() {
    return queries.waiting(schema);
  }

  /**
   * The rows of some keys.
   *
   * @param group one group, or empty for all together
   * @param keys 1 to {@link ViewKeys#KEYS_MAX}, no two equal
   */
  public ViewKeys.Answer get(String group, WindowSpan windows, ViewKey... keys) {
    return ask(new ViewKeys.Question(schema, group, windows, List.of(keys)));
  }

  /** The rows of some keys. */
  public ViewKeys.Answer ask(ViewKeys.Question question) {
    Collection<Integer> owners = new TreeSet<>();
    question.keys().forEach(key -> owners.add(queries.partition(key)));
    return ViewKeys.merge(owners, List.of(queries.keys(question, owners)));
  }

  /** The sessions of a key. */
  public ViewSessions.Answer ask(ViewSessions.Question question) {
    List<Integer> owner = List.of(queries.partition(question.key()));
    return ViewSessions.merge(owner, List.of(queries.sessions(question, owner)));
  }

  /** How many keys are active. Never blocks. */
  public ViewActive.Answer ask(ViewActive.Question question) {
    return ViewActive.merge(question, partitions, List.of(queries.active(question, partitions)));
  }

  /** A page of keys in their order; {@link ViewRange.Answer#next} begins the next one. */
  public ViewRange.Answer ask(ViewRange.Question question) {
    return ViewRange.merge(
        question.limit(), partitions, List.of(queries.range(question, partitions)));
  }

  /**
   * The keys that have most. Where a scan would be needed that is too large, the answer has no rows
   * and says so.
   */
  public ViewTop.Answer ask(ViewTop.Question question) {
    return ViewTop.merge(question.limit(), partitions, List.of(queries.top(question, partitions)));
  }

  /**
   * The keys that have most of the field that the view is ranked by, or else of its first sum.
   *
   * @param group one group, or empty for all together
   * @param windows how many windows back, the one that contains {@code atMs} included, 1 to {@link
   *     WindowSpan#WINDOWS_MAX}; 1 for a view without windows
   * @param atMs the instant asked for, epoch milliseconds
   * @param limit keys, 1 to {@link Trending.Question#LIMIT_MAX}
   */
  public ViewTop.Answer top(String group, int windows, long atMs, int limit) {
    return ask(ViewTop.Question.of(schema, group, windows, atMs, limit));
  }

  /** The top from memory alone, without blocking; empty where that cannot prove the answer. */
  public Optional<ViewTop.Answer> tryTop(ViewTop.Question question) {
    return queries
        .tryTop(question, partitions)
        .map(part -> ViewTop.merge(question.limit(), partitions, List.of(part)));
  }
}
