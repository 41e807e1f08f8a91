package io.streamsocial.processor.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.Guarantee;
import io.streamsocial.processor.group.GroupTable;
import io.streamsocial.processor.log.Changelog;
import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.processor.views.View;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A view counts nowhere for a while, which no record says: the account of the input does. */
final class ViewAwayTest {
  private static final View WORDS = TestViews.WORDS;
  private static final View LATEST = TestViews.LATEST;

  @TempDir Path stateDir;

  private LoopRig rig;

  @BeforeEach
  void count() {
    rig = LoopRig.withViews(stateDir);
    rig.run();
    post();
    assertThat(wasAway(WORDS)).isFalse();
  }

  @AfterEach
  void close() {
    rig.close();
  }

  /** In every partition, with a checkpoint. */
  private void post() {
    for (int i = 0; i < LoopRig.SHUFFLES; i++) {
      rig.post(0, "#" + LoopRig.tagOf(i));
    }
    rig.settle();
    for (int i = 0; i <= LoopRig.SHUFFLES; i++) {
      rig.turn(LoopRig.CHECKPOINT); // one a turn
    }
  }

  /** By the newest checkpoints of the hashtags; they agree. */
  private boolean wasAway(View view) {
    int away = 0;
    for (int i = 0; i < LoopRig.SHUFFLES; i++) {
      byte[] newest = null;
      for (ConsumerRecord<byte[], byte[]> each : rig.kafka.records(rig.changelog(i).topic())) {
        Header header = each.headers().lastHeader(Changelog.CHECKPOINT_HEADER);
        newest = each.partition() == i && header != null ? header.value() : newest;
      }
      if (newest == null) {
        throw new AssertionError("no checkpoint in partition " + i);
      }
      Changelog.Checkpoint checkpoint = Changelog.Checkpoint.decode(newest);
      away += InputProgress.decode(checkpoint.progress()).wasAway(view.id()) ? 1 : 0;
    }
    assertThat(away).isIn(0, LoopRig.SHUFFLES);
    return away > 0;
  }

  private void agree(int generation, List<String> lackWords) {
    List<GroupTable.AgreedView> agreed =
        TestViews.ALL.stream()
            .map(
                view ->
                    new GroupTable.AgreedView(view.name(), view == WORDS ? lackWords : List.of()))
            .toList();
    rig.membership.agreed(
        new GroupTable(
            LoopRig.POSTS, LoopRig.SHUFFLES, List.of(), -1, "", Optional.empty(), agreed),
        generation);
  }

  @Test
  void anInstanceThatHasItKnowsByTheGroup() {
    agree(1, List.of("1"));
    post();
    assertThat(wasAway(WORDS)).isTrue();
    assertThat(wasAway(LATEST)).isFalse();
    agree(2, List.of());
    post();
    assertThat(wasAway(WORDS)).as("that it was so stays true").isTrue();
    rig.crash();
    rig.run();
    post();
    assertThat(wasAway(WORDS)).isTrue();
    assertThat(wasAway(LATEST)).isFalse();
  }

  @Test
  void anInstanceThatLacksItKnowsByItself() {
    rig.with(List.of(LATEST, TestViews.BURSTS));
    rig.restart();
    rig.run();
    post();
    assertThat(wasAway(WORDS)).isTrue();
    assertThat(wasAway(LATEST)).isFalse();
    rig.with(TestViews.ALL);
    rig.restart();
    rig.run();
    post();
    assertThat(wasAway(WORDS)).isTrue();
    assertThat(rig.incidents.open().toString()).doesNotContain("words");
  }

  /** It has been away as long as it was not there: nothing of it is missing that was counted. */
  @Test
  void aViewThatIsNewWasNotAway() {
    rig.close();
    rig = new LoopRig(stateDir.resolve("new"), Guarantee.EXACTLY_ONCE);
    rig.run();
    post();
    rig.with(List.of(WORDS));
    rig.restart();
    rig.run();
    post();
    assertThat(wasAway(WORDS)).isFalse();
  }
}
