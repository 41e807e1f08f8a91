package io.streamsocial.http.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.InstanceAddress;
import io.streamsocial.processor.Role;
import io.streamsocial.processor.RoutingTable;
import io.streamsocial.processor.trends.Trending;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Every order of answers, failures, hedges and moves, drawn by a seed; no thread and no time. */
class GatheringTest {
  private static final List<Integer> ALL = List.of(0, 1, 2, 3, 4, 5);

  /** One gathering whose every event happens when the dice say so. */
  private static final class Table implements Gathering.Means<Trending.TopPart> {
    private final SplittableRandom random;
    private final List<Runnable> events = new ArrayList<>();
    private final PeerMetrics metrics = new PeerMetrics(new SimpleMeterRegistry());
    private final SortedMap<Integer, Trending.Held> local = new TreeMap<>();
    private final List<Peer> peers = new ArrayList<>();
    private final RoutingTable table;
    int asked;

    Table(SplittableRandom random) {
      this.random = random;
      List<RoutingTable.Instance> instances = new ArrayList<>();
      List<List<Integer>> active = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
      List<List<Integer>> standby =
          List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
      for (int partition : ALL) {
        int owner = random.nextInt(4);
        if (owner < 3) {
          active.get(owner).add(partition);
        } else {
          local.put(partition, held(Role.ACTIVE));
        }
        int follower = random.nextInt(5);
        if (follower < 3 && follower != owner) {
          standby.get(follower).add(partition);
        }
      }
      for (int i = 0; i < 3; i++) {
        instances.add(
            new RoutingTable.Instance(
                "p" + i,
                new UUID(0, i),
                new InstanceAddress("localhost", 1 + i),
                "",
                active.get(i),
                standby.get(i)));
      }
      table = new RoutingTable(1, instances);
      instances.forEach(instance -> peers.add(new Peer(instance, new Incidents())));
    }

    private static Trending.Held held(Role role) {
      return new Trending.Held(role, 1, 1, new TreeMap<>(Map.of(0, 1L)));
    }

    @Override
    public Routes routes() {
      return new Routes(table, local, peers);
    }

    @Override
    public CompletableFuture<Gathered<Trending.TopPart>> ask(
        Routes.Holder holder, List<Integer> partitions) {
      asked++;
      CompletableFuture<Gathered<Trending.TopPart>> answer = new CompletableFuture<>();
      assertThat(partitions).isNotEmpty().doesNotHaveDuplicates();
      events.add(() -> answer(answer, partitions));
      return answer;
    }

    private void answer(
        CompletableFuture<Gathered<Trending.TopPart>> answer, List<Integer> partitions) {
      int dice = random.nextInt(10);
      if (dice < 2) {
        answer.completeExceptionally(
            new PeerException(
                dice == 0 ? PeerException.Kind.FAILED : PeerException.Kind.OVERLOADED, "dice"));
        return;
      }
      SortedMap<Integer, Trending.Held> answered = new TreeMap<>();
      TreeSet<Integer> stale = new TreeSet<>();
      List<Trending.Row> rows = new ArrayList<>();
      for (int partition : partitions) {
        int fate = dice < 6 ? 9 : random.nextInt(10);
        if (fate == 0) {
          stale.add(partition);
        } else if (fate >= 3) {
          answered.put(partition, held(Role.ACTIVE));
          rows.add(Trending.Row.of("t" + partition, List.of(new Trending.WindowCount(0, 1))));
        }
      }
      answer.complete(
          new Gathered<>(partitions, List.of(new Trending.TopPart(rows, answered)), stale, true));
    }

    @Override
    public CompletableFuture<Void> lookAgain() {
      CompletableFuture<Void> looked = new CompletableFuture<>();
      events.add(() -> looked.complete(null));
      return looked;
    }

    @Override
    public Future<?> afterHedgeDelay(Runnable task) {
      events.add(task);
      return new CompletableFuture<Void>();
    }

    @Override
    public PeerMetrics metrics() {
      return metrics;
    }

    void step() {
      events.remove(random.nextInt(events.size())).run();
    }
  }

  @Test
  void everyPartitionIsUsedOnceWhateverComesFirst() {
    for (long seed = 0; seed < 3_000; seed++) {
      Table table = new Table(new SplittableRandom(seed));
      Gathering<Trending.TopPart> gathering = new Gathering<>(table, ALL, table.routes());
      CompletableFuture<Gathered<Trending.TopPart>> done = gathering.start();
      for (int steps = 0; !done.isDone() && !table.events.isEmpty(); steps++) {
        assertThat(steps).as("seed %d", seed).isLessThan(500);
        table.step();
      }
      assertThat(done).as("seed %d", seed).isDone();
      Gathered<Trending.TopPart> gathered = done.join();
      // Merging refuses a partition that comes twice.
      Trending.Answer answer = Trending.merge(100, ALL, gathered.parts());
      assertThat(answer.rows()).as("seed %d", seed).hasSize(answer.completeness().answered());
      assertThat(answer.rows()).extracting(Trending.Row::hashtag).doesNotHaveDuplicates();
      // What comes later changes nothing and asks nobody.
      int asked = table.asked;
      while (!table.events.isEmpty()) {
        table.step();
      }
      assertThat(table.asked).as("seed %d", seed).isEqualTo(asked);
    }
  }

  @Test
  void whatIsThereAtTheDeadlineIsTheAnswer() {
    for (long seed = 0; seed < 500; seed++) {
      Table table = new Table(new SplittableRandom(seed));
      Gathering<Trending.TopPart> gathering = new Gathering<>(table, ALL, table.routes());
      CompletableFuture<Gathered<Trending.TopPart>> done = gathering.start();
      for (int i = 0; i < seed % 5 && !table.events.isEmpty(); i++) {
        table.step();
      }
      gathering.expire();
      assertThat(done).isDone();
      int asked = table.asked;
      while (!table.events.isEmpty()) {
        table.step();
      }
      assertThat(table.asked).isEqualTo(asked);
    }
  }
}
