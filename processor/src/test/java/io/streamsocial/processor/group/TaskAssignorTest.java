package io.streamsocial.processor.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.Property;
import io.streamsocial.processor.RoutingTable;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** {@link TaskAssignor} and {@link GroupPlan} in a group that behaves as Kafka's does. */
final class TaskAssignorTest {
  private final GroupRig group = new GroupRig(4, 8);

  @Test
  void oneMemberGetsAllAtOnce() {
    GroupRig.Loop loop = group.join("a", 0);
    group.rebalance();
    assertThat(loop.owned(GroupRig.POSTS)).containsExactly(0, 1, 2, 3);
    assertThat(loop.owned(GroupRig.SHUFFLE)).hasSize(8);
    assertThat(loop.table().postsPartitions()).isEqualTo(4);
    assertThat(loop.table().shufflePartitions()).isEqualTo(8);
    assertThat(loop.table().self().orElseThrow().transactionalId()).isEqualTo("app-a-0");
    assertThat(loop.ownedIn).isEqualTo(1);
  }

  @Test
  void aJoinerWarmsUpAndThenTakesOverInTwoSteps() {
    GroupRig.Loop a = group.join("a", 0);
    group.rest();
    GroupRig.Loop b = group.join("b", 0);
    group.settle();
    assertThat(b.owned(GroupRig.POSTS)).hasSize(2);
    assertThat(a.owned(GroupRig.SHUFFLE)).as("all stay where their state is").hasSize(8);
    assertThat(b.warmups).hasSize(4);
    assertThat(b.standbys).as("warm-ups, and what is left standby of").hasSize(8);
    Set<Integer> promised = Set.copyOf(b.warmups);
    group.catchUp();
    group.rebalance();
    assertThat(a.owned(GroupRig.SHUFFLE)).hasSize(4);
    assertThat(b.owned(GroupRig.SHUFFLE)).as("withheld until revoked").isEmpty();
    assertThat(b.standbys).as("goes on following meanwhile").containsAll(promised);
    RoutingTable between = a.table().routing(a.ownedIn);
    assertThat(promised).allSatisfy(p -> assertThat(between.active(p)).isEmpty());
    group.rebalance();
    assertThat(b.owned(GroupRig.SHUFFLE)).isEqualTo(promised);
    assertThat(b.table().routing(b.ownedIn).instance("b").orElseThrow().active())
        .containsExactlyElementsOf(new TreeSet<>(promised));
    assertThat(b.warmups).isEmpty();
    int before = group.rebalances;
    group.rest();
    assertThat(group.rebalances).as("at rest").isEqualTo(before + 1);
  }

  @Test
  void aTopicIsReadOnceAllMembersSubscribeToIt() {
    group.partitions("orders", 3);
    GroupRig.Loop a = group.join("a", 0);
    a.readsAlso("orders");
    group.rest();
    assertThat(a.owned(GroupRig.POSTS)).hasSize(4);
    assertThat(a.owned("orders")).hasSize(3);
    assertThat(a.table().inputs()).isEqualTo(Map.of(GroupRig.POSTS, 4, "orders", 3));
    GroupRig.Loop b = group.join("b", 0);
    group.rest();
    assertThat(b.table().isRefused()).isFalse();
    assertThat(a.owned("orders")).isEmpty();
    assertThat(b.owned(GroupRig.POSTS)).hasSize(2);
    assertThat(a.table().inputs()).isEqualTo(Map.of(GroupRig.POSTS, 4));
    b.readsAlso("orders");
    group.rest();
    assertThat(a.owned("orders").size() + b.owned("orders").size()).isEqualTo(3);
    int sources = a.owned("orders").size() + a.owned(GroupRig.POSTS).size();
    assertThat(sources).as("of 7").isBetween(3, 4);
    group.partitions("orders", 0);
    group.rest();
    assertThat(a.table().inputs()).as("it was deleted").isEqualTo(Map.of(GroupRig.POSTS, 4));
    assertThat(a.owned(GroupRig.POSTS).size() + b.owned(GroupRig.POSTS).size()).isEqualTo(4);
  }

  @Test
  void aGroupOfOneTopicNamesNone() {
    GroupRig.Loop a = group.join("a", 0);
    group.rest();
    assertThat(a.table().inputs()).isEmpty();
  }

  @Test
  void aStandbyTakesOverInOneStep() {
    group.join("a", 0);
    GroupRig.Loop b = group.join("b", 0);
    group.rest();
    group.leave("a");
    group.rebalance();
    assertThat(b.owned(GroupRig.SHUFFLE)).hasSize(8);
  }

  @Test
  void anyChurnEndsInBalanceAndNeverGivesTwice() {
    Property.holds(
        300,
        random -> {
          int posts = random.nextInt(12);
          int shuffle = random.nextInt(1, 12);
          GroupRig churn = new GroupRig(posts, shuffle);
          int loops = random.nextInt(1, 3);
          for (int event = 0; event < 12; event++) {
            String instance = "i" + random.nextInt(6);
            if (random.nextInt(3) == 0 && churn.loops().size() > loops) {
              churn.leave(instance);
            } else if (churn.loops().stream()
                .noneMatch(l -> l.info.instanceId().equals(instance))) {
              for (int loop = 0; loop < loops; loop++) {
                churn.join(instance, loop);
              }
            }
            if (random.nextBoolean()) {
              churn.catchUp();
            }
            if (!churn.loops().isEmpty()) {
              churn.rebalance();
              assertTheTableIsTrue(churn);
            }
          }
          churn.join("last", 0);
          churn.rest();
          assertTheTableIsTrue(churn);
          List<Integer> counts = new ArrayList<>();
          int all = 0;
          for (GroupRig.Loop loop : churn.loops()) {
            counts.add(loop.owned(GroupRig.SHUFFLE).size());
            all += loop.owned.size();
          }
          counts.sort(null);
          assertThat(counts.get(counts.size() - 1) - counts.get(0)).isBetween(0, 1);
          assertThat(all).isEqualTo(posts + shuffle);
        });
  }

  /** All say the same, and it is what they have. */
  private static void assertTheTableIsTrue(GroupRig group) {
    RoutingTable table = group.loops().get(0).table().routing(1);
    for (GroupRig.Loop loop : group.loops()) {
      assertThat(loop.table().routing(1)).isEqualTo(table);
      GroupTable.Member self = loop.table().self().orElseThrow();
      assertThat(self.active()).isEqualTo(loop.owned(GroupRig.SHUFFLE));
      assertThat(self.active()).noneMatch(self.standbys()::contains);
      for (int p : loop.owned(GroupRig.SHUFFLE)) {
        assertThat(table.active(p).orElseThrow().instanceId()).isEqualTo(loop.info.instanceId());
        assertThat(table.standbys(p))
            .extracting(RoutingTable.Instance::instanceId)
            .doesNotContain(loop.info.instanceId());
      }
    }
  }

  @Test
  void theHigherGenerationOwnsWhatTwoClaim() {
    GroupRig.Loop a = group.join("a", 0);
    GroupRig.Loop b = group.join("b", 0);
    group.rest();
    TopicPartition contested = a.owned.iterator().next();
    b.owned.add(contested);
    b.ownedIn--;
    group.rebalance();
    assertThat(a.owned).contains(contested);
    assertThat(b.owned).doesNotContain(contested);
  }

  @Test
  void ofEqualGenerationsBothLetGo() {
    GroupRig.Loop a = group.join("a", 0);
    GroupRig.Loop b = group.join("b", 0);
    group.rest();
    TopicPartition contested = a.owned.iterator().next();
    b.owned.add(contested);
    group.rebalance();
    assertThat(a.owned).doesNotContain(contested);
    assertThat(b.owned).doesNotContain(contested);
    group.rebalance();
    assertThat(a.owned.contains(contested) ^ b.owned.contains(contested)).isTrue();
  }

  @Test
  void anUncontestedClaimOfAnOldGenerationIsKept() {
    GroupRig.Loop a = group.join("a", 0);
    group.join("b", 0);
    group.rest();
    Set<TopicPartition> before = Set.copyOf(a.owned);
    a.ownedIn--;
    group.rebalance();
    assertThat(a.owned).isEqualTo(before);
  }

  @Test
  void otherSettingsAreRefusedWithBothValues() {
    group.join("a", 0);
    group.rest();
    GroupRig.Loop b =
        group.join(
            GroupRig.info(
                "b", 0, new MemberInfo.Settings(4, 8, 60_000, 3_600_000, 3_600_000, 1, 1_000)));
    GroupRig.Loop c = group.join("c", 0);
    group.rest();
    assertThat(b.owned).isEmpty();
    assertThat(b.table().isRefused()).isTrue();
    assertThat(b.table().self()).isEmpty();
    assertThat(b.table().refusal())
        .contains("instance b (b:8080)", "instance a (a:8080)")
        .contains("window (ms) is 300000 there and 60000 here")
        .contains("start it with the same values")
        .doesNotContain("grace", "retention", "shuffle");
    assertThat(c.table().isRefused()).isFalse();
    assertThat(c.table().routing(1).instance("b")).isEmpty();
  }

  @Test
  void whoReadsFromAnotherTopicIsRefusedWhoeverLeads() {
    group.partitions("mistaken", 5);
    GroupRig.Loop a = group.join("a", 0);
    group.rest();
    List<GroupRig.Loop> others = List.of(group.join("b", 0), group.join("c", 0));
    others.forEach(each -> each.readFrom("mistaken"));
    for (int leader = 0; leader < 3; leader++) {
      group.rebalance();
      assertThat(a.owned(GroupRig.POSTS)).hasSize(4);
      assertThat(a.owned(GroupRig.SHUFFLE)).hasSize(8);
      for (GroupRig.Loop other : others) {
        assertThat(other.owned).isEmpty();
        assertThat(other.table().refusal()).contains("from [mistaken]", "from " + GroupRig.POSTS);
      }
    }
  }

  @Test
  void whoOwnsPartitionsIsRightAgainstTheMajority() {
    GroupRig.Loop z = group.join("z", 0);
    group.rest();
    MemberInfo.Settings other = new MemberInfo.Settings(4, 9, 300_000, 1, 3_600_000, 1, 1_000);
    GroupRig.Loop a = group.join(GroupRig.info("a", 0, other));
    GroupRig.Loop b = group.join(GroupRig.info("b", 0, other));
    group.rebalance();
    assertThat(z.table().isRefused()).isFalse();
    assertThat(a.table().refusal()).contains("grace (ms)", "shuffle-partitions is 8 there and 9");
    assertThat(b.table().isRefused()).isTrue();
  }

  @Test
  void withoutOwnersTheMajorityIsRightAndThenTheSmallestId() {
    MemberInfo.Settings other = new MemberInfo.Settings(4, 8, 300_000, 1, 3_600_000, 1, 1_000);
    GroupRig.Loop a = group.join(GroupRig.info("a", 0, other));
    GroupRig.Loop b = group.join("b", 0);
    Map<String, MemberInfo> two = Map.of("a", a.describe(), "b", b.describe());
    assertThat(SettingsVote.refusals(two, Set.of())).containsOnlyKeys("b");
    Map<String, MemberInfo> three = Map.of("a", a.describe(), "b", b.describe(), "c", b.describe());
    assertThat(SettingsVote.refusals(three, Set.of())).containsOnlyKeys("a");
    assertThat(SettingsVote.refusals(Map.of(), Set.of())).isEmpty();
  }

  @Test
  void standbysAndPostsPartitionsMayDiffer() {
    group.join(
        GroupRig.info(
            "a", 0, new MemberInfo.Settings(0, 8, 300_000, 3_600_000, 3_600_000, 0, 1_000)));
    GroupRig.Loop b = group.join("b", 0);
    group.rest();
    assertThat(b.table().isRefused()).isFalse();
    assertThat(b.standbys).hasSize(4);
  }

  @Test
  void whoCannotBeReadGetsNothingAndLetsGo() {
    GroupRig.Loop a = group.join("a", 0);
    GroupRig.Loop b = group.join("b", 0);
    group.rest();
    b.says = Optional.of(ByteBuffer.wrap(new byte[] {0x20, 0}));
    group.rebalance();
    assertThat(b.owned).isEmpty();
    assertThat(b.table().refusal()).contains("member b-0", "version 2.0");
    assertThat(a.owned).as("not before b has revoked").hasSize(6);
    group.rebalance();
    assertThat(a.owned).hasSize(12);
    b.says = Optional.of(ByteBuffer.allocate(0));
    group.rebalance();
    assertThat(b.table().isRefused()).isTrue();
  }

  @Test
  void anAnswerThatCannotBeReadIsARefusal() {
    GroupRig.Loop a = group.join("a", 0);
    group.rebalance();
    a.assignor.onAssignment(
        new ConsumerPartitionAssignor.Assignment(List.of(), ByteBuffer.wrap(new byte[] {0x20})),
        GroupRig.metadata(2, a.id));
    assertThat(a.table().refusal()).contains("cannot read", "version 2.0");
    a.assignor.onAssignment(
        new ConsumerPartitionAssignor.Assignment(List.of()), GroupRig.metadata(2, a.id));
    assertThat(a.table().isRefused()).isTrue();
  }

  @Test
  void aTopicThatIsNotThereYetIsPlacedWhenItIs() {
    group.partitions(GroupRig.SHUFFLE, 0);
    group.partitions(GroupRig.POSTS, 0);
    GroupRig.Loop a = group.join("a", 0);
    group.rebalance();
    assertThat(a.owned).isEmpty();
    assertThat(a.table().shufflePartitions()).isZero();
    assertThat(a.table().isRefused()).isFalse();
    group.partitions(GroupRig.SHUFFLE, 3);
    group.rebalance();
    assertThat(a.owned(GroupRig.SHUFFLE)).containsExactly(0, 1, 2);
  }

  @Test
  void partitionsAreCountedOnTheTopicWhateverMembersSay() {
    group.partitions(GroupRig.SHUFFLE, 20);
    GroupRig.Loop a = group.join("a", 0);
    group.rest();
    assertThat(a.owned(GroupRig.SHUFFLE))
        .containsExactlyElementsOf(IntStream.range(0, 20).boxed().toList());
    group.partitions(GroupRig.SHUFFLE, 2);
    group.rebalance();
    assertThat(a.owned(GroupRig.SHUFFLE)).containsExactly(0, 1);
  }

  @Test
  void loopsOfOneInstanceHandOverWithoutWarmUp() {
    GroupRig.Loop a0 = group.join("a", 0);
    group.rest();
    GroupRig.Loop a1 = group.join("a", 1);
    group.rebalance();
    assertThat(a0.owned(GroupRig.SHUFFLE)).hasSize(4);
    assertThat(a1.standbys).as("its sibling still has the store open").isEmpty();
    group.rebalance();
    assertThat(a1.owned(GroupRig.SHUFFLE)).hasSize(4);
  }

  @Test
  void twoProcessesOfOneInstanceIdStayApartInTheTable() {
    GroupRig.Loop old = group.join("a", 0);
    MemberInfo next = GroupRig.info("a", 1, GroupRig.SETTINGS);
    group.join(
        new MemberInfo(
            "a",
            new UUID(1, 1),
            next.endpoint(),
            "",
            1,
            "",
            next.settings(),
            Set.of(),
            Set.of(),
            Map.of(),
            MemberViews.HASHTAGS));
    group.rest();
    RoutingTable table = old.table().routing(1);
    assertThat(table.instances()).hasSize(2);
    Set<Integer> all = new HashSet<>();
    table.instances().forEach(instance -> all.addAll(instance.active()));
    assertThat(all).hasSize(8);
  }

  @Test
  void kafkaCreatesItFromSettings() {
    GroupRig.Loop loop = group.join("a", 0);
    List<ConsumerPartitionAssignor> assignors =
        ConsumerPartitionAssignor.getAssignorInstances(
            List.of(TaskAssignor.class.getName()),
            Map.of(
                ConsumerConfig.GROUP_ID_CONFIG,
                "group",
                TaskAssignor.MEMBERSHIP_CONFIG,
                loop,
                TaskAssignor.POSTS_CONFIG,
                "posts",
                TaskAssignor.SHUFFLE_CONFIG,
                "shuffle"));
    assertThat(assignors).singleElement().isInstanceOf(TaskAssignor.class);
    assertThat(assignors.get(0).name()).isEqualTo("streamsocial");
    assertThat(assignors.get(0).supportedProtocols())
        .containsExactly(ConsumerPartitionAssignor.RebalanceProtocol.COOPERATIVE);
    assertThatThrownBy(() -> new TaskAssignor().configure(Map.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("streamsocial.membership");
    assertThatThrownBy(() -> new TaskAssignor().subscriptionUserData(Set.of()))
        .isInstanceOf(IllegalStateException.class);
  }
}
