package io.streamsocial.processor.loop;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.group.GroupTable;
import io.streamsocial.processor.group.InstanceMembership;
import io.streamsocial.processor.views.View;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * For which views, beside the hashtags, a loop makes emissions: those that every member of its
 * group can count. What the group agrees on takes effect between two publishes, so that a record
 * counts in a view as a whole. Owned by the loop.
 */
final class CountedViews {
  private static final Logger log = LoggerFactory.getLogger(CountedViews.class);
  // All loops of an instance say the same.
  private static final String SUBJECT = "group";

  private final String loop;
  private final List<String> own;
  private final InstanceMembership instance;
  private final Incidents incidents;
  private Optional<List<GroupTable.AgreedView>> agreed = Optional.empty();
  private Map<String, String> incomplete = Map.of();
  private Set<String> wanted = Set.of();
  private Set<String> counted = Set.of();
  private List<String> away = List.of();

  /**
   * @param loop its name
   */
  CountedViews(
      String loop, EngineConfig.Views own, InstanceMembership instance, Incidents incidents) {
    this.loop = loop;
    this.own = own.others().stream().map(View::name).toList();
    this.instance = instance;
    this.incidents = incidents;
  }

  /** Whether emissions are made for the view. */
  boolean counts(String view) {
    return counted.contains(view);
  }

  /** The views of its own that the group has agreed not to count. */
  List<String> away() {
    return away;
  }

  /** Whether the group has agreed on other views than those that are counted. */
  boolean areOutdated() {
    Optional<List<GroupTable.AgreedView>> now = instance.views();
    Map<String, String> lacking = instance.incomplete();
    if (!now.equals(agreed) || !lacking.equals(incomplete)) {
      agreed = now;
      incomplete = lacking;
      now.ifPresent(this::agree);
    }
    return !wanted.equals(counted);
  }

  private void agree(List<GroupTable.AgreedView> all) {
    wanted =
        all.stream()
            .filter(GroupTable.AgreedView::counts)
            .map(GroupTable.AgreedView::name)
            .filter(own::contains)
            .collect(Collectors.toUnmodifiableSet());
    away = own.stream().filter(view -> !wanted.contains(view)).toList();
    report(all);
  }

  /**
   * Counts what the group has agreed on; nothing that was read may be unpublished.
   *
   * @param offsets next one of each source of the loop, for the log
   */
  void change(List<String> offsets) {
    counted = wanted;
    log.info(
        "{}: counts the views {} beside the hashtags, from the offsets {} on",
        loop,
        own.stream().filter(counted::contains).toList(),
        offsets);
  }

  private void report(List<GroupTable.AgreedView> all) {
    SortedMap<String, List<String>> lackedBy = new TreeMap<>();
    all.forEach(view -> lackedBy.put(view.name(), view.lackedBy()));
    for (String view : own) {
      lackedBy.putIfAbsent(
          view, List.of("the group's leader, which is of a version without views"));
    }
    // Views that wait for the same instances, together.
    Map<String, List<String>> waiting = new TreeMap<>();
    List<String> reasons = new ArrayList<>();
    lackedBy.forEach(
        (view, instances) -> {
          String why = incomplete.get(view);
          if (why != null) {
            reasons.add(why);
          } else if (!instances.isEmpty()) {
            String names = String.join(", ", instances);
            waiting.computeIfAbsent(names, key -> new ArrayList<>()).add(view);
          }
        });
    waiting.forEach(
        (instances, views) ->
            reasons.add(
                "%s: start that with the same views, or the others without"
                    .formatted(waits(views, instances))));
    if (reasons.isEmpty()) {
      incidents.end(Incidents.Kind.VIEWS_WAITING, SUBJECT, "every instance counts the same views");
    } else {
      incidents.begin(
          Incidents.Kind.VIEWS_WAITING,
          SUBJECT,
          "a view counts only while every instance can count it; %s"
              .formatted(String.join("; ", reasons)));
    }
  }

  private static String waits(List<String> views, String instances) {
    return views.size() == 1
        ? "view %s waits for %s".formatted(views.get(0), instances)
        : "views %s wait for %s".formatted(String.join(", ", views), instances);
  }
}
