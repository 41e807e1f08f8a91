package io.streamsocial.processor.task;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.log.Changelog;
import io.streamsocial.processor.log.RowFormat;
import io.streamsocial.processor.log.ShuffleRecord;
import io.streamsocial.processor.views.View;
import io.streamsocial.store.TaskStore;
import io.streamsocial.store.WindowStore;
import io.streamsocial.store.Windowing;
import io.streamsocial.store.table.Lanes;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * A view as its tasks keep it: what its rows are, and where they go. The hashtags are one.
 *
 * @param id names it in the shuffle
 * @param name of its store
 * @param changelog its topic
 * @param format of the records there
 * @param windowing of sessions: the gap as the size, see {@link View#windowing}
 * @param headSize keys that a ranked head keeps; 0 for a view that is not ranked
 * @param maxGroups groups that a window counts by their names
 * @param isGrouped whether its rows have a group, and with it a row of all groups
 * @param rowDefinition what its rows are, see {@link View#rowDefinition}; empty for the hashtags
 */
public record KeptView(
    int id,
    String name,
    String changelog,
    RowFormat format,
    TaskStore.Kind kind,
    Windowing windowing,
    Lanes lanes,
    int headSize,
    int maxGroups,
    boolean isGrouped,
    String rowDefinition) {
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
              TaskStore.Kind.WINDOWS,
              config.windows().windowing(),
              Lanes.COUNT,
              HEAD_SIZE,
              config.windows().maxRegions(),
              true,
              ""));
    }
    for (View view : config.views().others()) {
      kept.add(
          new KeptView(
              view.id(),
              view.name(),
              TopicNames.changelog(config.identity().appId(), view.name()),
              RowFormat.of(view),
              view.kind() == View.Kind.SESSION ? TaskStore.Kind.SESSIONS : TaskStore.Kind.WINDOWS,
              view.windowing(),
              view.lanes(),
              view.ranked().isPresent() ? HEAD_SIZE : 0,
              config.windows().maxRegions(),
              view.isGrouped(),
              view.rowDefinition()));
    }
    return List.copyOf(kept);
  }

  /** The topics of their changelogs, in the same order. */
  public static List<String> changelogs(EngineConfig config) {
    return of(config).stream().map(KeptView::changelog).toList();
  }

  /** What a task opens to keep it. */
  public TaskStore.Spec spec() {
    return new TaskStore.Spec(
        name,
        kind,
        windowing.sizeMs(),
        lanes,
        new WindowStore.Bounds(headSize, maxGroups),
        windowing.timeToLiveMs(),
        rowDefinition);
  }

  /**
   * @param checkpoint the last record of one, in the view's changelog
   * @throws ConfigException when its rows are of another definition of the view
   */
  public void requireRows(ConsumerRecord<?, ?> checkpoint) {
    String found = Changelog.rowDefinition(checkpoint.headers());
    if (!found.isEmpty() && !found.equals(rowDefinition)) {
      throw new ConfigException(
          "%s-%d has rows of another definition of view %s: '%s' by the checkpoint at offset %d, and here '%s'. They would be misread; give the changed view another name, go back to the former definition, or count it from now on: stop all instances and run reset --view %s on each"
              .formatted(
                  checkpoint.topic(),
                  checkpoint.partition(),
                  name,
                  found,
                  checkpoint.offset(),
                  rowDefinition,
                  name));
    }
  }

  /** Whether a checkpoint may take a row away. */
  boolean hasTombstones() {
    return kind == TaskStore.Kind.SESSIONS || hasTimeToLive();
  }

  /** Whether each row expires by its own last event. */
  public boolean hasTimeToLive() {
    return windowing.timeToLiveMs() > 0;
  }

  /**
   * Start of the oldest window that is not expired, end of the oldest session, or last event of the
   * oldest row with a time to live; not positive when none can be.
   */
  public long firstKeptMs(long streamTimeMs) {
    if (hasTimeToLive()) {
      return windowing.firstLivingMs(streamTimeMs);
    }
    if (kind == TaskStore.Kind.WINDOWS) {
      return windowing.firstReadableStart(streamTimeMs);
    }
    // An event that is not late may still be as old as gap and grace, and meet a session that ended
    // a gap before it.
    long kept = windowing.retentionMs() + 2 * windowing.sizeMs();
    return streamTimeMs < kept ? 0 : streamTimeMs - kept;
  }
}
