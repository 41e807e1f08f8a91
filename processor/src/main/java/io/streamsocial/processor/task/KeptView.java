package io.streamsocial.processor.task;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.log.RowFormat;
import io.streamsocial.processor.log.ShuffleRecord;
import io.streamsocial.processor.views.View;
import io.streamsocial.store.Lanes;
import io.streamsocial.store.TaskStore;
import io.streamsocial.store.WindowStore;
import io.streamsocial.store.Windowing;
import java.util.ArrayList;
import java.util.List;

/**
 * A view as its tasks keep it: what its rows are, and where they go. The hashtags are one.
 *
 * @param id names it in the shuffle
 * @param name of its store
 * @param changelog its topic
 * @param format of the records there
 * @param headSize keys that a ranked head keeps; 0 for a view that is not ranked
 * @param maxGroups groups that a window counts by their names
 * @param isGrouped whether its rows have a group, and with it a row of all groups
 */
public record KeptView(
    int id,
    String name,
    String changelog,
    RowFormat format,
    Windowing windowing,
    Lanes lanes,
    int headSize,
    int maxGroups,
    boolean isGrouped) {
  private static final int HEAD_SIZE = 1000;

  /** All views of an engine; the hashtags first, where it counts them. */
  public static List<KeptView> of(EngineConfig config) {
    List<KeptView> kept = new ArrayList<>();
    if (config.views().hashtags()) {
      kept.add(
          new KeptView(
              ShuffleRecord.TRENDING,
              TopicNames.STORE,
              TopicNames.changelog(config.identity().appId(), TopicNames.STORE),
              RowFormat.TRENDING,
              config.windows().windowing(),
              Lanes.COUNT,
              HEAD_SIZE,
              config.windows().maxRegions(),
              true));
    }
    for (View view : config.views().others()) {
      kept.add(
          new KeptView(
              view.id(),
              view.name(),
              TopicNames.changelog(config.identity().appId(), view.name()),
              RowFormat.of(view),
              view.windowing(),
              view.lanes(),
              view.ranked().isPresent() ? HEAD_SIZE : 0,
              config.windows().maxRegions(),
              view.isGrouped()));
    }
    return List.copyOf(kept);
  }

  /** The topics of their changelogs, in the same order. */
  public static List<String> changelogs(EngineConfig config) {
    return of(config).stream().map(KeptView::changelog).toList();
  }

  /** What a task opens to keep it. */
  TaskStore.Spec spec() {
    return new TaskStore.Spec(
        name, windowing.sizeMs(), lanes, new WindowStore.Bounds(headSize, maxGroups));
  }
}
