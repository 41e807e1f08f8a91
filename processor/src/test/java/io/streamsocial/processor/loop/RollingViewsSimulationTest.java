package io.streamsocial.processor.loop;

import static io.streamsocial.processor.loop.LoopRig.POSTS;
import static io.streamsocial.processor.loop.LoopRig.START;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.Property;
import io.streamsocial.processor.log.ShuffleRecord;
import io.streamsocial.processor.trends.ViewActive;
import io.streamsocial.processor.trends.ViewQueries;
import io.streamsocial.processor.trends.ViewTop;
import io.streamsocial.processor.views.View;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A cluster in one thread whose instances get views, lose them and get them again, by restarts in
 * any order, while they crash, hang, and fail to commit. The hashtags always equal a plain map of
 * all posts. The views equal one of the posts that were counted for them: of each posts partition
 * all from some offset on. What was counted stands in the log: one more view has a row a post.
 */
final class RollingViewsSimulationTest {
  private static final List<String> GROUPS = List.of("", "EU", "US:a", "nowhere");
  private static final List<Integer> ALL_PARTITIONS =
      IntStream.range(0, LoopRig.SHUFFLES).boxed().toList();
  private static final long[] START_TIMES =
      SimulatedCluster.STARTS.stream().mapToLong(Long::longValue).toArray();

  @TempDir Path directory;

  private final AtomicInteger cases = new AtomicInteger();

  /** A cluster, and what must hold of it. */
  private static final class Case extends RollingCluster {
    Case(SplittableRandom random, Path state) {
      super(random, state);
    }

    /** The posts that the log has for the views. */
    private Set<String> seen() {
      Set<String> seen = new HashSet<>();
      ShuffleRecord.Reader reader = new ShuffleRecord.Reader();
      for (ByteBuffer shuffle : log()) {
        reader.begin(shuffle);
        addSeen(reader, seen);
      }
      return seen;
    }

    private static void addSeen(ShuffleRecord.Reader reader, Set<String> seen) {
      while (reader.nextGroup()) {
        while (reader.viewId() == SEEN.id() && reader.nextEntry()) {
          String post = new String(reader.array(), reader.keyOffset(), reader.keyLength(), UTF_8);
          assertThat(seen.add(post)).as("%s is counted twice", post).isTrue();
        }
      }
    }

    void verifyHashtags() {
      assertThat(hashtags()).isEqualTo(expected);
    }

    void verifyThatAllCount() {
      verifyHashtags();
      for (Instance instance : instances) {
        assertThat(instance.rig.incidents.open(Incidents.Kind.VIEWS_WAITING))
            .as("%s: %s", instance.id, instance.rig.incidents.open())
            .isZero();
        VIEWS.forEach(
            view -> assertThat(views(instance).waiting(view.schema())).as(view.name()).isEmpty());
      }
    }

    private static ViewQueries views(Instance instance) {
      return instance.rig.queries().views();
    }

    /** That none of its rows is in an answer which would look like a whole one. */
    private static void verifyThatNothingIsAnswered(Instance instance, View view) {
      assertThat(views(instance).waiting(view.schema()).orElseThrow()).contains(view.name());
      if (view.kind() == View.Kind.SESSION) {
        ViewActive.Question active = new ViewActive.Question(view.schema(), "", START);
        assertThat(views(instance).active(active, ALL_PARTITIONS).answered()).isEmpty();
      } else {
        ViewTop.Question top = ViewTop.Question.of(view.schema(), "", 1, START, 10);
        assertThat(views(instance).top(top, ALL_PARTITIONS).answered()).isEmpty();
      }
    }

    /** From some post on, all of a partition. */
    void verifyThatTheSeenAreTheLast() {
      Set<String> seen = seen();
      for (int p = 0; p < POSTS; p++) {
        boolean began = false;
        for (long offset = 0; offset < kafka.end(poster.posts(p)); offset++) {
          boolean isSeen = seen.contains(p + "-" + offset);
          assertThat(isSeen || !began).as("post %d of partition %d", offset, p).isTrue();
          began |= isSeen;
        }
      }
    }

    void verifyViews() {
      TestViews.Expected ofViews = new TestViews.Expected();
      Set<String> seen = seen();
      posts.forEach(
          (name, post) -> {
            if (seen.contains(name)) {
              ofViews.post(post.timeMs(), post.region(), post.tags());
            }
          });
      Map<String, String> rows = ofViews.rows();
      Map<String, String> found = new HashMap<>();
      active().forEach(task -> found.putAll(TestViews.rows(task, START_TIMES, GROUPS)));
      assertThat(found).isEqualTo(rows);
      for (Instance instance : instances) {
        instance.rig.running.forEach(
            (p, task) ->
                assertThat(TestViews.rows(task, START_TIMES, GROUPS))
                    .as("partition %s as %s of %s", p, task.status().role(), instance.id)
                    .isEqualTo(of(p, rows)));
      }
      // The changelogs and the shuffle alone make the same state on another disk.
      try (LoopRig other = other()) {
        other.with(VIEWS).crash();
        runAlone(other);
        assertThat(other.counts(STARTS, REGIONS)).isEqualTo(expected);
        assertThat(TestViews.rows(other, START_TIMES, GROUPS)).isEqualTo(rows);
      }
    }

    private static Map<String, String> of(int partition, Map<String, String> rows) {
      Map<String, String> own = new HashMap<>(rows);
      own.keySet()
          .removeIf(row -> LoopRig.owner(row.substring(row.lastIndexOf(' ') + 1)) != partition);
      return own;
    }

    void verifyThatTheyAreExactOrNoneCounts() {
      Set<String> incomplete = incomplete();
      if (!incomplete.isEmpty()) {
        verifyThatNoneCounts(incomplete);
      } else {
        verifyThatAllCount();
        verifyViews();
      }
    }

    void verifyThatNoneCounts(Set<String> views) {
      verifyHashtags();
      int before = rowsInLog(views);
      for (int i = 0; i < 20; i++) {
        post();
      }
      rest();
      verifyHashtags();
      assertThat(rowsInLog(views)).isEqualTo(before);
      for (Instance instance : instances) {
        assertThat(instance.rig.incidents.open().toString()).contains(views);
        VIEWS.stream()
            .filter(view -> views.contains(view.name()))
            .forEach(view -> verifyThatNothingIsAnswered(instance, view));
      }
    }

    private int rowsInLog(Set<String> views) {
      ShuffleRecord.Reader reader = new ShuffleRecord.Reader();
      int rows = 0;
      for (ByteBuffer shuffle : log()) {
        reader.begin(shuffle);
        while (reader.nextGroup()) {
          int id = reader.viewId();
          boolean counts =
              VIEWS.stream().anyMatch(view -> view.id() == id && views.contains(view.name()));
          while (reader.nextEntry()) {
            rows += counts ? 1 : 0;
          }
        }
      }
      return rows;
    }
  }

  @Test
  void viewsWhoseFirstRowsWerePassedOverSayThatTheyLackThem() {
    Property.holds(
        Integer.getInteger("cases", 3),
        random -> {
          try (Case one = newCase(random)) {
            one.steps(random.nextInt(50));
            one.lapse(true);
            one.roll(true, true);
            one.steps(random.nextInt(100));
            one.lapse(false);
            one.roll(true, true);
            one.rest();
            one.verifyThatTheyAreExactOrNoneCounts();
          }
        });
  }

  private Case newCase(SplittableRandom random) {
    return new Case(random, directory.resolve("" + cases.incrementAndGet()));
  }

  @Test
  void viewsThatAreAddedCountFromOnePostOnInEachPartition() {
    Property.holds(
        Integer.getInteger("cases", 3),
        random -> {
          try (Case one = newCase(random)) {
            one.steps(random.nextInt(100));
            one.roll(true, true);
            one.steps(random.nextInt(200));
            one.rest();
            one.verifyThatAllCount();
            one.verifyThatTheSeenAreTheLast();
            one.verifyViews();
          }
        });
  }

  @Test
  void viewsThatGoAndComeBackAreExactOrSayThatTheyAreNot() {
    Property.holds(
        Integer.getInteger("cases", 3),
        random -> {
          try (Case one = newCase(random)) {
            one.roll(true, true);
            one.steps(random.nextInt(100));
            if (random.nextBoolean()) { // then no row is passed over, or few are
              one.rest();
              one.quiet(true);
            }
            one.roll(false, false);
            one.quiet(false);
            one.steps(random.nextInt(100));
            one.rest();
            one.verifyHashtags();
            one.roll(true, false);
            one.steps(random.nextInt(200));
            one.rest();
            one.verifyThatTheyAreExactOrNoneCounts();
          }
        });
  }
}
