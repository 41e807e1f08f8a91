package io.streamsocial.processor.loop;

import static io.streamsocial.processor.loop.LoopRig.POSTS;
import static io.streamsocial.processor.loop.LoopRig.PUBLISH;
import static io.streamsocial.processor.loop.LoopRig.SHUFFLES;
import static io.streamsocial.processor.loop.LoopRig.START;
import static io.streamsocial.processor.loop.LoopRig.owner;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.InstanceAddress;
import io.streamsocial.processor.Role;
import io.streamsocial.processor.group.GroupTable;
import io.streamsocial.processor.group.MemberInfo;
import io.streamsocial.processor.group.MemberViews;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What follows for a loop from what the group agrees on. */
final class GroupMemberTest {
  private static final InstanceAddress HERE = new InstanceAddress("localhost", 8080);

  @TempDir Path directory;

  private LoopRig rig;
  private int generation;

  @BeforeEach
  void start() {
    rig = LoopRig.withViews(directory);
  }

  @AfterEach
  void end() {
    rig.close();
  }

  private static GroupTable.Member member(
      String id,
      InstanceAddress endpoint,
      Set<Integer> active,
      Set<Integer> standbys,
      Set<Integer> warm) {
    return new GroupTable.Member(
        id, new UUID(0, id.hashCode()), endpoint, "", 0, id, active, standbys, warm);
  }

  private static GroupTable.Member counting(String id, Integer... active) {
    return member(id, HERE, Set.of(active), Set.of(), Set.of());
  }

  /** The first member is the rig's own. */
  private void agree(Set<TopicPartition> assigned, GroupTable.Member... members) {
    agree(assigned, table(POSTS, SHUFFLES, members));
  }

  /** To the first member, which is this process. */
  private GroupTable table(int posts, int shuffles, GroupTable.Member... members) {
    return new GroupTable(
        posts, shuffles, List.of(members), 0, "", said(rig.process(), 0), List.of());
  }

  private GroupTable refusal(String why, UUID process) {
    return new GroupTable(POSTS, SHUFFLES, List.of(), -1, why, said(process, 0), List.of());
  }

  /** What a process of this instance says, and more standbys. */
  private Optional<MemberInfo.Said> said(UUID process, int more) {
    EngineConfig config = rig.config;
    Map<String, String> definitions = new HashMap<>();
    config.views().others().forEach(view -> definitions.put(view.name(), view.definition()));
    return Optional.of(
        new MemberInfo.Said(
            process,
            HERE,
            config.identity().zone(),
            new MemberInfo.Settings(
                POSTS,
                SHUFFLES,
                config.windows().window().toMillis(),
                config.windows().grace().toMillis(),
                config.windows().retention().toMillis(),
                config.tasks().standbys() + more,
                config.windows().maxRegions()),
            new MemberViews(true, definitions)));
  }

  private void agreeWithFormerProcess(int moreStandbys) {
    agree(
        rig.everything(),
        new GroupTable(
            POSTS,
            SHUFFLES,
            List.of(counting("0", 0, 1, 2)),
            0,
            "",
            said(new UUID(7, 7), moreStandbys),
            List.of()));
  }

  private void agree(Set<TopicPartition> assigned, GroupTable assignment) {
    int current = ++generation;
    rig.kafka.member().agreeInPoll(assigned, () -> rig.membership().assigned(assignment, current));
    rig.turn();
  }

  private void runEverything() {
    agree(rig.everything(), counting("0", 0, 1, 2));
    for (int i = 0; i < 100 && rig.running() < SHUFFLES; i++) {
      rig.turn();
    }
  }

  @Test
  void aRefusalEndsTheLoopWithItsText() {
    GroupTable refused = refusal("window 60000 here, 300000 there", rig.process());
    assertThatThrownBy(() -> agree(Set.of(), refused))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("window 60000 here, 300000 there");
  }

  @Test
  void morePostsPartitionsThanAtTheStartAreTakenIn() {
    runEverything();
    rig.post(0, "#one");
    rig.settle();
    Set<TopicPartition> grown = rig.everything();
    grown.add(rig.posts(POSTS));
    agree(grown, table(POSTS + 1, SHUFFLES, counting("0", 0, 1, 2)));
    rig.post(POSTS, "#one");
    rig.settle();
    assertThat(rig.count("one")).isEqualTo(2);
    assertThat(rig.status().postsPartitions()).containsExactly(0, 1, 2);
    assertThat(rig.membership().describe().settings().postsPartitions()).isEqualTo(POSTS + 1);
  }

  @Test
  void moreShufflePartitionsEndTheLoopBeforeATagIsCountedTwice() {
    GroupTable grown = table(POSTS, 6, counting("0", 0, 1, 2));
    assertThatThrownBy(() -> agree(rig.everything(), grown))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(rig.topics.shuffle())
        .hasMessageContaining("run reset");
  }

  /** As where it may not read one for a while: it is no reason to begin anything from nothing. */
  @Test
  void topicsThatTheLeaderDoesNotSeeAreWaitedFor() {
    runEverything();
    rig.post(0, "#java");
    rig.settle();
    agree(Set.of(), table(0, 0, counting("0")));
    rig.settle();
    runEverything();
    rig.post(0, "#java");
    rig.settle();
    assertThat(rig.count("java")).isEqualTo(2);
  }

  @Test
  void whatAVanishedMemberLeftOpenHoldsNobodyUp() {
    runEverything();
    agree(rig.everything(), counting("0", 0, 1, 2), counting("1"));
    Producer<byte[], byte[]> other = rig.kafka.client("1").producer(0);
    other.initTransactions();
    other.beginTransaction();
    for (int p = 0; p < SHUFFLES; p++) {
      var unused = other.send(new ProducerRecord<>(rig.topics.shuffle(), p, null, new byte[] {1}));
    }
    rig.post(0, "#java");
    rig.settle();
    assertThat(rig.count("java")).as("behind an open transaction").isZero();
    agree(rig.everything(), counting("0", 0, 1, 2));
    rig.settle();
    assertThat(rig.count("java")).isEqualTo(1);
  }

  @Test
  void ofTheSurvivorsOneFences() {
    runEverything();
    agree(rig.everything(), counting("0", 0), counting("00", 1), counting("1", 2));
    Producer<byte[], byte[]> other = rig.kafka.client("1").producer(0);
    other.initTransactions();
    other.beginTransaction();
    var unused = other.send(new ProducerRecord<>(rig.topics.shuffle(), 0, null, new byte[] {1}));
    long end = rig.kafka.end(rig.shuffle(0));
    // "0-0" comes before "00-0": it is ours to do.
    agree(rig.everything(), counting("0", 0, 1, 2), counting("00"));
    assertThat(rig.kafka.end(rig.shuffle(0))).as("with the marker of the abort").isGreaterThan(end);
  }

  @Test
  void aFormerProcessThatSaidSomethingElseAsksForARebalanceOnce() {
    runEverything();
    agreeWithFormerProcess(0);
    assertThat(rig.kafka.member().shouldRebalance()).as("it said the same").isFalse();
    agreeWithFormerProcess(1);
    assertThat(rig.kafka.member().shouldRebalance()).isTrue();
    assertThat(rig.running()).as("its tasks run meanwhile").isEqualTo(SHUFFLES);
    rig.kafka.member().resetShouldRebalance();
    rig.turn(PUBLISH);
    assertThat(rig.kafka.member().shouldRebalance()).isFalse();
  }

  @Test
  void aRefusalOfAnEarlierProcessIsNoneOfThisOne() {
    agree(Set.of(), refusal("window 60000 here, 300000 there", new UUID(7, 7)));
    assertThat(rig.kafka.member().shouldRebalance()).isTrue();
    runEverything();
    assertThat(rig.running()).isEqualTo(SHUFFLES);
  }

  @Test
  void aWarmUpThatHasCaughtUpAsksForARebalance() {
    int partition = owner("java");
    runEverything();
    rig.post(0, "#java");
    rig.checkpoint();
    Set<TopicPartition> rest = rig.everythingBut(rig.shuffle(partition));
    rig.crash();
    agree(
        rest,
        member("0", HERE, Set.of(), Set.of(partition), Set.of(partition)),
        counting("1", partition));
    for (int i = 0; i < 20 && !rig.kafka.member().shouldRebalance(); i++) {
      rig.turn(PUBLISH);
    }
    assertThat(rig.kafka.member().shouldRebalance()).isTrue();
    assertThat(rig.task(partition).status().role()).isEqualTo(Role.STANDBY);
    assertThat(rig.count("java")).isEqualTo(1);
  }

  @Test
  void aStandbyThatIsNotWantedAnyMoreIsClosedAfterAWhile() {
    int partition = owner("java");
    runEverything();
    Set<TopicPartition> rest = rig.everythingBut(rig.shuffle(partition));
    agree(rest, member("0", HERE, Set.of(), Set.of(partition), Set.of()), counting("1", partition));
    rig.turn(LoopRig.LINGER);
    rig.turn(LoopRig.LINGER);
    assertThat(rig.running).as("wanted").containsKey(partition);
    agree(rest, counting("0"), counting("1", partition));
    rig.turn(LoopRig.LINGER);
    assertThat(rig.running).doesNotContainKey(partition);
  }

  @Test
  void itTellsThePositionsOfWhatItHolds() {
    runEverything();
    rig.post(0, "#java");
    rig.settle();
    MemberInfo info = rig.membership().describe();
    List<Long> positions = new ArrayList<>(info.positions().values());
    assertThat(info.positions()).containsOnlyKeys(0, 1, 2);
    assertThat(positions).allSatisfy(position -> assertThat(position).isPositive());
    rig.checkpoint();
    rig.crash();
    assertThat(rig.membership().describe().positions())
        .as("at rest on disk")
        .containsKey(owner("java"));
  }

  /** The members agree on views; the first one is the rig's own. */
  private GroupTable views(GroupTable.AgreedView... views) {
    return new GroupTable(
        POSTS,
        SHUFFLES,
        List.of(counting("0", 0, 1, 2)),
        0,
        "",
        said(rig.process(), 0),
        List.of(views));
  }

  private long words() {
    return TestViews.rows(rig, new long[] {START}, List.of("", "EU")).keySet().stream()
        .filter(row -> row.startsWith("words"))
        .count();
  }

  @Test
  void aViewThatAnInstanceLacksCountsNowhereAndIsAnIncident() {
    runEverything();
    GroupTable.AgreedView lacked = new GroupTable.AgreedView("words", List.of("1", "2"));
    agree(rig.everything(), views(lacked));
    rig.post(0, "#one");
    rig.settle();
    assertThat(rig.count("one")).isEqualTo(1);
    assertThat(words()).isZero();
    assertThat(rig.incidents.open())
        .singleElement()
        .satisfies(
            incident -> {
              assertThat(incident.kind()).isEqualTo(Incidents.Kind.VIEWS_WAITING);
              assertThat(incident.what())
                  .contains("view words waits for 1, 2: start that with the same views")
                  .contains("views bursts, latest wait for the group's leader");
            });
    List<GroupTable.AgreedView> all = new ArrayList<>();
    TestViews.ALL.forEach(view -> all.add(new GroupTable.AgreedView(view.name(), List.of())));
    agree(rig.everything(), views(all.toArray(GroupTable.AgreedView[]::new)));
    rig.settle();
    rig.post(0, "#one");
    rig.settle();
    assertThat(words()).as("of all, and of the region").isEqualTo(2);
    assertThat(rig.incidents.open()).isEmpty();
  }
}
