package io.streamsocial.processor.test;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.task.LocalQueries;
import io.streamsocial.processor.task.LocalViews;
import io.streamsocial.processor.task.ReadableTasks;
import io.streamsocial.processor.trends.Emerging;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.RegionVolumes;
import io.streamsocial.processor.trends.Trending;
import io.streamsocial.processor.trends.ViewQueries;
import io.streamsocial.store.Windowing;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Answers from all instances that are up: for each partition the active is asked, or else a
 * standby, and their parts are merged as the server of the module {@code http} merges them.
 */
final class ClusterQueries implements Queries {
  private final Shares shares;
  private final LongSupplier version;
  private final Windowing windowing;

  /** Holds nothing: knows what all instances know, and gives the part that is empty. */
  private final Queries nobody;

  private final ViewQueries views;

  /**
   * @param instances those that are up, now
   */
  ClusterQueries(Supplier<List<Queries>> instances, LongSupplier version, EngineConfig config) {
    this.version = version;
    this.windowing = config.windows().windowing();
    int partitions = config.tasks().shufflePartitions();
    ReadableTasks none = new ReadableTasks(config.posts().topic());
    LocalViews noViews =
        new LocalViews(config.schemas(), partitions, none, view -> Optional.empty());
    this.nobody =
        new LocalQueries(windowing, config.windows().maxRegions(), partitions, none, noViews);
    this.shares = new Shares(instances, nobody);
    this.views = new ClusterViews(shares, nobody);
  }

  @Override
  public long version() {
    return version.getAsLong();
  }

  @Override
  public int maxRegions() {
    return nobody.maxRegions();
  }

  @Override
  public List<Integer> partitions() {
    return nobody.partitions();
  }

  @Override
  public Trending.Key key(String hashtag) {
    return nobody.key(hashtag);
  }

  @Override
  public SortedMap<Integer, Trending.Held> held(Collection<Integer> partitions) {
    SortedMap<Integer, Trending.Held> held = new TreeMap<>();
    shares.parts(partitions, Queries::held).forEach(held::putAll);
    return held;
  }

  @Override
  public Optional<Trending.TopPart> tryPart(Trending.Question question, Collection<Integer> asked) {
    List<Optional<Trending.TopPart>> parts =
        shares.parts(asked, (holder, partitions) -> holder.tryPart(question, partitions));
    return parts.stream().allMatch(Optional::isPresent)
        ? Optional.of(
            merge(question.limit(), asked, parts.stream().map(Optional::orElseThrow).toList()))
        : Optional.empty();
  }

  @Override
  public Trending.TopPart part(Trending.Question question, Collection<Integer> asked) {
    return merge(
        question.limit(),
        asked,
        shares.parts(asked, (holder, partitions) -> holder.part(question, partitions)));
  }

  private static Trending.TopPart merge(
      int limit, Collection<Integer> asked, List<Trending.TopPart> parts) {
    return new Trending.TopPart(Trending.merge(limit, asked, parts).rows(), Shares.answered(parts));
  }

  @Override
  public Trending.TopPart hashtagPart(Trending.Key key, Trending.Question question) {
    return shares.holder(key.partition()).hashtagPart(key, question);
  }

  @Override
  public RegionVolumes.SlicesPart slices(
      RegionVolumes.Question question, Collection<Integer> asked) {
    List<RegionVolumes.SlicesPart> parts =
        shares.parts(asked, (holder, partitions) -> holder.slices(question, partitions));
    return new RegionVolumes.SlicesPart(
        parts.stream().flatMap(part -> part.slices().stream()).toList(), Shares.answered(parts));
  }

  @Override
  public ViewQueries views() {
    return views;
  }

  @Override
  public Emerging.Answer emerging(Emerging.Question question) {
    RegionVolumes.SlicesPart part = slices(question.slices(windowing.windowsMax()), partitions());
    return Emerging.merge(question, partitions(), List.of(part));
  }
}
