package io.streamsocial.processor.loop;

import static io.streamsocial.processor.Property.utf8;
import static io.streamsocial.processor.loop.LoopRig.CHECKPOINT;
import static io.streamsocial.processor.loop.LoopRig.PUBLISH;
import static io.streamsocial.processor.loop.LoopRig.SHUFFLES;
import static io.streamsocial.processor.loop.LoopRig.START;
import static io.streamsocial.processor.loop.LoopRig.WINDOW;
import static io.streamsocial.processor.loop.LoopRig.tagOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.log.Changelog;
import io.streamsocial.processor.log.RowFormat;
import io.streamsocial.processor.test.memory.MemoryKafka.Transaction;
import io.streamsocial.store.Position;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** When a task is checkpointed, and what a checkpoint carries. */
final class CheckpointsTest extends OneLoop {
  private List<Transaction> checkpoints() {
    return kafka.transactions().stream()
        .filter(t -> !t.to(rig.topics.changelogs().get(0)).isEmpty())
        .toList();
  }

  @Test
  void checkpointsOfTheTasksAreSpreadOverTheInterval() {
    rig.run();
    for (int p = 0; p < SHUFFLES; p++) {
      rig.post(0, "#" + tagOf(p));
    }
    rig.settle();
    assertThat(checkpoints()).isEmpty();
    for (int i = 0; i < CHECKPOINT / PUBLISH; i++) {
      rig.turn(PUBLISH);
    }
    assertThat(checkpoints()).hasSize(SHUFFLES);
    for (int p = 0; p < SHUFFLES; p++) {
      assertThat(checkpoints().get(p).offsets()).containsKey(rig.shuffle(p));
    }
  }

  /** A checkpoint is one transaction: its turn cannot end in between, and shows that it gets on. */
  @Test
  void aTurnShowsItsProgressBeforeItEnds() {
    rig.run();
    rig.post(0, "#java");
    rig.settle();
    long took = 20;
    List<Long> beforeCommit = new ArrayList<>();
    kafka.only.whileCommitting =
        () -> {
          beforeCommit.add(rig.loop.lastSnapshot().loop().progressMs());
          Awaitility.await().pollDelay(Duration.ofMillis(took)).until(() -> true);
        };
    rig.turn(CHECKPOINT);
    long began = rig.now().steadyMs();
    assertThat(beforeCommit).hasSize(1).allMatch(ms -> ms >= began);
    assertThat(rig.loop.lastSnapshot().loop().progressMs()).isGreaterThanOrEqualTo(began + took);
  }

  @Test
  void aTaskWithoutChangesIsNotCheckpointed() {
    rig.run();
    rig.post(0, "#" + tagOf(1));
    rig.checkpoint();
    assertThat(checkpoints()).hasSize(1);
    for (int i = 0; i < 5; i++) {
      rig.turn(CHECKPOINT);
    }
    assertThat(checkpoints()).hasSize(1);
  }

  @Test
  void aCheckpointCarriesTheChangedRowsAndItsPositionOnTheLastOne() {
    rig.run();
    String tag = tagOf(1);
    rig.post(0, rig.nowMs, "EU", "#" + tag);
    rig.post(0, rig.nowMs, "US", "#" + tag);
    rig.settle();
    long folded = rig.task(1).liveOffset();
    rig.turn(CHECKPOINT);
    List<ProducerRecord<byte[], byte[]>> rows =
        checkpoints().get(0).to(rig.topics.changelogs().get(0));
    assertThat(rows).hasSize(3).extracting(ProducerRecord::partition).containsOnly(1);
    assertThat(rows.stream().map(ProducerRecord::key))
        .contains(RowFormat.TRENDING.key(START, utf8(""), utf8(tag), 0, tag.length()));
    for (int i = 0; i < 2; i++) {
      assertThat(rows.get(i).headers()).isEmpty();
    }
    Changelog.Checkpoint checkpoint =
        Changelog.Checkpoint.decode(
            rows.get(2).headers().lastHeader(Changelog.CHECKPOINT_HEADER).value());
    assertThat(checkpoint.windowSizeMs()).isEqualTo(WINDOW);
    assertThat(checkpoint.shuffleOffset()).isEqualTo(folded);
    assertThat(checkpoints().get(0).offsets()).containsEntry(rig.shuffle(1), folded);
  }

  @Test
  void theStoreMovesOnlyAfterTheCommit() {
    rig.run();
    rig.post(0, "#" + tagOf(1));
    rig.settle();
    List<Position> whileCommitting = new ArrayList<>();
    kafka.only.whileCommitting = () -> whileCommitting.add(rig.task(1).store().position());
    rig.turn(CHECKPOINT);
    kafka.only.whileCommitting = () -> {};
    assertThat(checkpoints()).hasSize(1);
    assertThat(whileCommitting).containsOnly(Position.NONE);
    Position after = rig.task(1).store().position();
    assertThat(after.inputOffset()).isEqualTo(kafka.committed(rig.shuffle(1)));
    // Behind the last row; the transaction's marker comes after it.
    assertThat(after.changelogOffset()).isEqualTo(kafka.end(rig.changelog(1)) - 1);
  }

  @Test
  void aHotTagCostsOneRowACheckpoint() {
    rig.run();
    for (int i = 0; i < 20; i++) {
      rig.post(0, "#java");
      rig.turn(PUBLISH);
    }
    rig.checkpoint();
    assertThat(checkpoints()).hasSize(1);
    assertThat(checkpoints().get(0).to(rig.topics.changelogs().get(0)))
        .hasSize(2); // EU and all regions
    assertThat(rig.count("java")).isEqualTo(20);
  }

  @Test
  void shuffleRecordsWellBehindTheCheckpointsAreDeleted() {
    rig.run();
    for (int i = 0; i < 1_400; i++) {
      rig.turn(1_000);
    }
    rig.post(0, START, "EU", "#" + tagOf(1));
    rig.checkpoint();
    rig.turn(30_000);
    assertThat(kafka.begin(rig.shuffle(1)))
        .isPositive()
        .isLessThanOrEqualTo(kafka.committed(rig.shuffle(1)) - 1_000);
    rig.crash();
    rig.run();
    rig.settle();
    assertThat(rig.count(tagOf(1))).isEqualTo(1);
  }

  /** A kill loses what is in no file; the changelog has it, which takes longer to read. */
  @Test
  void whatCheckpointsHaveWrittenGoesIntoFilesSoon() {
    rig.run();
    for (int i = 0; i < 60_000; i++) {
      rig.post(0, "#t" + i);
    }
    rig.checkpoint();
    rig.turn(CHECKPOINT);
    Awaitility.await()
        .until(
            () ->
                rig.running.values().stream().noneMatch(task -> task.store(0).tables().isEmpty()));
  }
}
