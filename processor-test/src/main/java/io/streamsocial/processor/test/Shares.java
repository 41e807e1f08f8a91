package io.streamsocial.processor.test;

import io.streamsocial.processor.Role;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.Trending;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/** Which instance is asked for which partitions: the active of each, or else a standby. */
final class Shares {
  private final Supplier<List<Queries>> instances;
  private final Queries nobody;

  /**
   * @param instances those that are up, now
   * @param nobody is asked for what none of them holds
   */
  Shares(Supplier<List<Queries>> instances, Queries nobody) {
    this.instances = instances;
    this.nobody = nobody;
  }

  Queries holder(int partition) {
    Queries holder = nobody;
    for (Queries each : instances.get()) {
      Trending.Held held = each.held(List.of(partition)).get(partition);
      if (held != null && (held.role() == Role.ACTIVE || holder == nobody)) {
        holder = each;
      }
    }
    return holder;
  }

  /** What each holder answers for its share of these partitions. */
  <P> List<P> parts(Collection<Integer> asked, BiFunction<Queries, List<Integer>, P> part) {
    Map<Queries, List<Integer>> shares = new LinkedHashMap<>();
    for (int partition : asked) {
      shares.computeIfAbsent(holder(partition), q -> new ArrayList<>()).add(partition);
    }
    List<P> parts = new ArrayList<>();
    shares.forEach((holder, partitions) -> parts.add(part.apply(holder, partitions)));
    return parts;
  }

  /** The partitions of all these parts. */
  static SortedMap<Integer, Trending.Held> answered(List<? extends Trending.Part> parts) {
    SortedMap<Integer, Trending.Held> answered = new TreeMap<>();
    parts.forEach(part -> answered.putAll(part.answered()));
    return answered;
  }
}
