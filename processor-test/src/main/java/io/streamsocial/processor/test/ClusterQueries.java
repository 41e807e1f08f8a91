package io.streamsocial.processor.test;

import io.streamsocial.processor.Role;
import io.streamsocial.processor.task.LocalQueries;
import io.streamsocial.processor.task.ReadableTasks;
import io.streamsocial.processor.trends.Emerging;
import io.streamsocial.processor.trends.KeyPage;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.RegionVolumes;
import io.streamsocial.processor.trends.Trending;
import io.streamsocial.store.Windowing;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Answers from all instances that are up: for each partition the active is asked, or else a
 * standby, and their parts are merged as the server of the module {@code http} merges them.
 */
final class ClusterQueries implements Queries {
  private final Supplier<List<Queries>> instances;
  private final LongSupplier version;
  private final Windowing windowing;

  /** Holds nothing: knows what all instances know, and gives the part that is empty. */
  private final Queries nobody;

  /**
   * @param instances those that are up, now
   */
  ClusterQueries(
      Supplier<List<Queries>> instances,
      LongSupplier version,
      Windowing windowing,
      int maxRegions,
      int partitions) {
    this.instances = instances;
    this.version = version;
    this.windowing = windowing;
    this.nobody = new LocalQueries(windowing, maxRegions, partitions, new ReadableTasks());
  }

  /** Which partitions each instance is asked for. */
  private Map<Queries, List<Integer>> shares(Collection<Integer> asked) {
    Map<Queries, List<Integer>> shares = new LinkedHashMap<>();
    for (int partition : asked) {
      shares.computeIfAbsent(holder(partition), q -> new ArrayList<>()).add(partition);
    }
    return shares;
  }

  private Queries holder(int partition) {
    Queries holder = nobody;
    for (Queries each : instances.get()) {
      Trending.Held held = each.held(List.of(partition)).get(partition);
      if (held != null && (held.role() == Role.ACTIVE || holder == nobody)) {
        holder = each;
      }
    }
    return holder;
  }

  private <P extends Trending.Part> List<P> parts(
      Collection<Integer> asked, BiFunction<Queries, List<Integer>, P> part) {
    List<P> parts = new ArrayList<>();
    shares(asked).forEach((holder, partitions) -> parts.add(part.apply(holder, partitions)));
    return parts;
  }

  private static SortedMap<Integer, Trending.Held> answered(List<? extends Trending.Part> parts) {
    SortedMap<Integer, Trending.Held> answered = new TreeMap<>();
    parts.forEach(part -> answered.putAll(part.answered()));
    return answered;
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
    shares(partitions).forEach((holder, share) -> held.putAll(holder.held(share)));
    return held;
  }

  @Override
  public Optional<Trending.TopPart> tryPart(Trending.Question question, Collection<Integer> asked) {
    List<Optional<Trending.TopPart>> parts = new ArrayList<>();
    shares(asked).forEach((holder, partitions) -> parts.add(holder.tryPart(question, partitions)));
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
        parts(asked, (holder, partitions) -> holder.part(question, partitions)));
  }

  private static Trending.TopPart merge(
      int limit, Collection<Integer> asked, List<Trending.TopPart> parts) {
    return new Trending.TopPart(Trending.merge(limit, asked, parts).rows(), answered(parts));
  }

  @Override
  public Trending.TopPart hashtagPart(Trending.Key key, Trending.Question question) {
    return holder(key.partition()).hashtagPart(key, question);
  }

  @Override
  public RegionVolumes.SlicesPart slices(
      RegionVolumes.Question question, Collection<Integer> asked) {
    List<RegionVolumes.SlicesPart> parts =
        parts(asked, (holder, partitions) -> holder.slices(question, partitions));
    return new RegionVolumes.SlicesPart(
        parts.stream().flatMap(part -> part.slices().stream()).toList(), answered(parts));
  }

  @Override
  public KeyPage.PagePart page(KeyPage.Question question, Collection<Integer> asked) {
    List<KeyPage.PagePart> parts =
        parts(asked, (holder, partitions) -> holder.page(question, partitions));
    return new KeyPage.PagePart(
        KeyPage.merge(question.limit(), asked, parts).rows(), answered(parts));
  }

  @Override
  public Emerging.Answer emerging(Emerging.Question question) {
    RegionVolumes.SlicesPart part = slices(question.slices(windowing.windowsMax()), partitions());
    return Emerging.merge(question, partitions(), List.of(part));
  }
}
