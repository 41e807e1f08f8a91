package io.streamsocial.processor.test;

import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.ViewActive;
import io.streamsocial.processor.trends.ViewKeys;
import io.streamsocial.processor.trends.ViewQueries;
import io.streamsocial.processor.trends.ViewRange;
import io.streamsocial.processor.trends.ViewSessions;
import io.streamsocial.processor.trends.ViewTop;
import io.streamsocial.processor.views.ViewKey;
import io.streamsocial.processor.views.ViewSchema;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Answers of views from all instances that are up, as {@link ClusterQueries} does of hashtags. */
final class ClusterViews implements ViewQueries {
  private final Shares shares;
  private final ViewQueries nobody;

  ClusterViews(Shares shares, Queries nobody) {
    this.shares = shares;
    this.nobody = nobody.views();
  }

  @Override
  public List<ViewSchema> all() {
    return nobody.all();
  }

  /** Each instance's own part is empty then. */
  @Override
  public Optional<String> waiting(ViewSchema view) {
    return nobody.waiting(view);
  }

  @Override
  public ViewKey key(ViewSchema view, String text) {
    return nobody.key(view, text);
  }

  @Override
  public int partition(ViewKey key) {
    return nobody.partition(key);
  }

  @Override
  public ViewKeys.Part keys(ViewKeys.Question question, Collection<Integer> asked) {
    List<ViewKeys.Part> parts =
        shares.parts(asked, (holder, partitions) -> holder.views().keys(question, partitions));
    return new ViewKeys.Part(
        parts.stream().flatMap(part -> part.entries().stream()).toList(), Shares.answered(parts));
  }

  @Override
  public ViewRange.Part range(ViewRange.Question question, Collection<Integer> asked) {
    List<ViewRange.Part> parts =
        shares.parts(asked, (holder, partitions) -> holder.views().range(question, partitions));
    ViewRange.Stretch joined =
        ViewRange.join(question.limit(), parts.stream().map(ViewRange.Part::stretch).toList());
    return new ViewRange.Part(joined, Shares.answered(parts));
  }

  @Override
  public ViewSessions.Part sessions(ViewSessions.Question question, Collection<Integer> asked) {
    return shares.holder(partition(question.key())).views().sessions(question, asked);
  }

  @Override
  public ViewActive.Part active(ViewActive.Question question, Collection<Integer> asked) {
    List<ViewActive.Part> parts =
        shares.parts(asked, (holder, partitions) -> holder.views().active(question, partitions));
    SortedMap<String, Long> keys = new TreeMap<>();
    parts.forEach(part -> part.keys().forEach((of, count) -> keys.merge(of, count, Long::sum)));
    return new ViewActive.Part(keys, Shares.answered(parts));
  }

  @Override
  public Optional<ViewTop.Part> tryTop(ViewTop.Question question, Collection<Integer> asked) {
    List<Optional<ViewTop.Part>> parts =
        shares.parts(asked, (holder, partitions) -> holder.views().tryTop(question, partitions));
    return parts.stream().allMatch(Optional::isPresent)
        ? Optional.of(join(question, parts.stream().map(Optional::orElseThrow).toList()))
        : Optional.empty();
  }

  @Override
  public ViewTop.Part top(ViewTop.Question question, Collection<Integer> asked) {
    return join(
        question,
        shares.parts(asked, (holder, partitions) -> holder.views().top(question, partitions)));
  }

  private static ViewTop.Part join(ViewTop.Question question, List<ViewTop.Part> parts) {
    SortedSet<Integer> tooLarge = new TreeSet<>();
    SortedSet<Integer> tooSlow = new TreeSet<>();
    for (ViewTop.Part part : parts) {
      tooLarge.addAll(part.tooLarge());
      tooSlow.addAll(part.tooSlow());
    }
    List<ViewTop.Row> rows = parts.stream().flatMap(part -> part.rows().stream()).toList();
    return new ViewTop.Part(
        ViewTop.first(question.limit(), rows), tooLarge, tooSlow, Shares.answered(parts));
  }
}
