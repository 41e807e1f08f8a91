package io.streamsocial.processor.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.processor.views.View;
import io.streamsocial.store.Position;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.TaskStore;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A view joins a task whose hashtags have been counted for a while. */
final class NewViewTest {
  private static final Moment NOW = new Moment(1_763_000_000_000L, 1_000);

  @TempDir Path directory;

  private final View words =
      View.named("words")
          .from("social.posts", (record, out) -> {})
          .unwindowed()
          .sum("posts")
          .build();
  private final List<KeptView> kept =
      KeptView.of(EngineConfig.defaults().hashtags(true).view(words).build());

  /**
   * @param passedOver shuffle offset of the last record with rows of the view that was passed over
   */
  private CountTask task(Position stored, long passedOver, StoreMemory memory) {
    InputProgress progress = new InputProgress();
    progress.folded(words.id());
    progress.passedOver(words.id(), passedOver);
    return task(stored, progress, memory);
  }

  private CountTask task(Position stored, InputProgress progress, StoreMemory memory) {
    Position hashtags = new Position(10, 5, 1_000, progress.encode());
    TaskStore store = TaskStore.open(directory, kept.stream().map(KeptView::spec).toList(), memory);
    store.commit(List.of(hashtags, stored));
    return new CountTask(0, kept, store, new TaskCounters());
  }

  @Test
  void aNewViewCountsFromHereOn() {
    try (StoreMemory memory = new StoreMemory(8 << 20);
        CountTask task = task(Position.NONE, new InputProgress(), memory)) {
      assertThat(task.run(0, NOW)).isEqualTo(10);
      assertThat(task.incomplete()).isEmpty();
      // Not what its store says: the shuffle may be deleted up to there.
      assertThat(task.checkpointedOffset()).isEqualTo(10);
    }
  }

  @Test
  void aNewViewWhoseFirstRowsWerePassedOverTakesNoPart() {
    try (StoreMemory memory = new StoreMemory(8 << 20);
        CountTask task = task(Position.NONE, 7, memory)) {
      assertThat(task.run(0, NOW)).isEqualTo(10);
      assertThat(task.incomplete().get("words"))
          .contains("has no checkpoint", "up to offset 7", "run reset --view words");
    }
  }

  private InputProgress reset(long passedOver) {
    InputProgress progress = new InputProgress();
    progress.passedOver(words.id(), passedOver);
    progress.wasReset(words.id());
    return progress;
  }

  @Test
  void aViewThatWasResetCountsFromHereOnWhateverWasPassedOver() {
    try (StoreMemory memory = new StoreMemory(8 << 20);
        CountTask task = task(Position.NONE, reset(7), memory)) {
      assertThat(task.run(0, NOW)).isEqualTo(10);
      assertThat(task.incomplete()).isEmpty();
    }
  }

  @Test
  void rowsThatArePassedOverAfterAResetAreLacking() {
    InputProgress progress = reset(7);
    progress.passedOver(words.id(), 8);
    try (StoreMemory memory = new StoreMemory(8 << 20);
        CountTask task = task(Position.NONE, progress, memory)) {
      assertThat(task.run(0, NOW)).isEqualTo(10);
      assertThat(task.incomplete()).containsOnlyKeys("words");
    }
  }

  @Test
  void aStateThatAResetHasLeftSomewhereIsNoNewOne() {
    Position left = new Position(6, 3, 1_000, new InputProgress().encode());
    try (StoreMemory memory = new StoreMemory(8 << 20);
        CountTask task = task(left, reset(7), memory)) {
      assertThat(task.run(0, NOW)).isEqualTo(10);
      assertThat(task.incomplete()).containsOnlyKeys("words");
    }
  }

  @Test
  void aViewThatDidNotChangeStandsWhereTheOthersDo() {
    Position earlier = new Position(8, 3, 1_000, new InputProgress().encode());
    try (StoreMemory memory = new StoreMemory(8 << 20);
        CountTask task = task(earlier, 7, memory)) {
      assertThat(task.run(0, NOW)).isEqualTo(10);
      assertThat(task.incomplete()).isEmpty();
      assertThat(task.checkpointedOffset()).isEqualTo(10);
    }
  }

  @Test
  void aViewThatLacksRowsThatWerePassedOverTakesNoPart() {
    Position earlier = new Position(6, 3, 1_000, new InputProgress().encode());
    try (StoreMemory memory = new StoreMemory(8 << 20);
        CountTask task = task(earlier, 7, memory)) {
      assertThat(task.run(0, NOW)).isEqualTo(10);
      assertThat(task.incomplete()).containsOnlyKeys("words");
    }
  }
}
