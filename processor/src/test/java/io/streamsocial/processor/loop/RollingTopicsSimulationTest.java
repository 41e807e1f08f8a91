package io.streamsocial.processor.loop;

import static io.streamsocial.processor.Property.utf8;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.Property;
import io.streamsocial.processor.log.ShuffleRecord;
import io.streamsocial.processor.task.CountTask;
import io.streamsocial.processor.views.Extractor;
import io.streamsocial.processor.views.View;
import io.streamsocial.store.WindowStore;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A cluster in one thread whose instances get views of a further topic, and lose them, by restarts
 * in any order, while they crash, hang, and fail to commit. The further topic is read from its
 * beginning, and each record of it counts once, whether the group stops to read it for a while or
 * not. The hashtags always equal a plain map of all posts.
 */
final class RollingTopicsSimulationTest {
  private static final Extractor NAMES =
      (record, out) ->
          out.emit(
              record.timestampMs(),
              "%s-%d-%d".formatted(record.topic(), record.partition(), record.offset()),
              1);

  private static final View ORDERS =
      View.named("orders").from(LoopRig.OTHER_TOPIC, NAMES).unwindowed().sum("times").build();

  private static final View BOTH =
      View.named("both")
          .from("social.posts", NAMES)
          .from(LoopRig.OTHER_TOPIC, NAMES)
          .unwindowed()
          .sum("times")
          .build();

  @TempDir Path directory;

  private final AtomicInteger cases = new AtomicInteger();

  /** A cluster, and what must hold of it. */
  private static final class Case extends RollingCluster {
    private final Set<String> orders = new HashSet<>();

    Case(SplittableRandom random, Path state) {
      super(random, state);
    }

    @Override
    List<View> views() {
      return List.of(ORDERS, BOTH);
    }

    @Override
    void postElsewhere() {
      if (kafka.topic(LoopRig.OTHER_TOPIC) == null) {
        return;
      }
      for (int i = random.nextInt(5); i > 0; i--) {
        int partition = random.nextInt(LoopRig.OTHERS);
        TopicPartition tp = new TopicPartition(LoopRig.OTHER_TOPIC, partition);
        orders.add(tp.topic() + "-" + partition + "-" + kafka.end(tp));
        kafka.append(tp, utf8("anything"), nowMs - random.nextLong(LoopRig.GRACE));
      }
    }

    @Override
    boolean isAtRest(int turns) {
      return super.isAtRest(turns) && (!wantsViews || logged(ORDERS).keySet().equals(orders));
    }

    /** How often each record was published to the shuffle for the view. */
    private Map<String, Long> logged(View view) {
      Map<String, Long> logged = new HashMap<>();
      ShuffleRecord.Reader reader = new ShuffleRecord.Reader();
      for (ByteBuffer shuffle : log()) {
        reader.begin(shuffle);
        while (reader.nextGroup()) {
          while (reader.viewId() == view.id() && reader.nextEntry()) {
            String record =
                new String(reader.array(), reader.keyOffset(), reader.keyLength(), UTF_8);
            logged.merge(record, reader.lanes()[1], Long::sum);
          }
        }
      }
      return logged;
    }

    /** In the live states. */
    private long counted(int view, String record) {
      for (CountTask task : active()) {
        if (task.partition() == LoopRig.owner(record)) {
          WindowStore store = (WindowStore) task.store(view);
          long[] row = store.rows(new long[] {0}, new byte[0], utf8(record))[0];
          return row == null ? 0 : row[1];
        }
      }
      throw new AssertionError("nobody counts " + record);
    }

    void verify() {
      assertThat(hashtags()).isEqualTo(expected);
      for (Instance instance : instances) {
        assertThat(instance.rig.incidents.open(Incidents.Kind.VIEWS_WAITING))
            .as("%s: %s", instance.id, instance.rig.incidents.open())
            .isZero();
      }
      assertThat(orders).isNotEmpty();
      for (int view = 1; view <= 2; view++) {
        Map<String, Long> logged = logged(views().get(view - 1));
        assertThat(logged.keySet()).containsAll(orders);
        for (Map.Entry<String, Long> each : logged.entrySet()) {
          assertThat(each.getValue()).as(each.getKey()).isEqualTo(1);
          assertThat(counted(view, each.getKey())).as(each.getKey()).isEqualTo(1);
        }
      }
      assertThat(logged(BOTH)).as("posts, too").hasSizeGreaterThan(orders.size());
    }
  }

  @Test
  void aTopicThatIsAddedIsCountedFromItsBeginning() {
    Property.holds(
        Integer.getInteger("cases", 1),
        random -> {
          try (Case one = new Case(random, directory.resolve("" + cases.incrementAndGet()))) {
            one.steps(random.nextInt(100));
            // None comes back without the views when the others may count them already: it would
            // pass over rows that no checkpoint tells of yet (decision 0011).
            one.roll(true, true);
            one.steps(random.nextInt(100, 300));
            one.rest();
            one.verify();
          }
        });
  }

  /** Its offsets stand in the log, where no view is there to move them. */
  @Test
  void aTopicThatIsReadAgainGoesOnWhereItWas() {
    Property.holds(
        Integer.getInteger("cases", 1),
        random -> {
          try (Case one = new Case(random, directory.resolve("" + cases.incrementAndGet()))) {
            one.roll(true, true);
            one.steps(random.nextInt(100, 300));
            one.rest();
            one.quiet(true);
            one.roll(false, false);
            one.rest(); // until the group has agreed, rows of the views would be passed over
            one.quiet(false);
            one.steps(random.nextInt(100));
            if (random.nextBoolean()) {
              for (int p = 0; p < LoopRig.OTHERS; p++) {
                one.kafka.forgetCommitted(new TopicPartition(LoopRig.OTHER_TOPIC, p));
              }
            }
            one.roll(true, true);
            one.steps(random.nextInt(100, 200));
            one.rest();
            one.verify();
          }
        });
  }
}
