package io.streamsocial.processor.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.processor.InstanceAddress;
import io.streamsocial.processor.Property;
import io.streamsocial.processor.RoutingTable;
import io.streamsocial.processor.log.ByteReader;
import io.streamsocial.processor.log.ByteWriter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** {@link MemberInfo} and {@link GroupTable} on their way through Kafka. */
final class GroupCodecTest {
  private static final int CASES = 1_000;

  private static final MemberInfo.Said SAID =
      new MemberInfo.Said(
          new UUID(1, 2),
          new InstanceAddress("a", 1),
          "",
          new MemberInfo.Settings(1, 1, 300, 60, 600, 0, 9),
          MemberViews.HASHTAGS);

  @Test
  void aMemberComesBack() {
    Property.holds(
        CASES,
        random -> {
          MemberInfo member = member(random);
          ByteBuffer bytes = member.encode();
          assertThat(MemberInfo.decode(bytes)).isEqualTo(member);
          assertThat(MemberInfo.decode(bytes)).as("a second time").isEqualTo(member);
        });
  }

  @Test
  void anAssignmentComesBack() {
    Property.holds(
        CASES,
        random -> {
          GroupTable assignment = assignment(random);
          assertThat(GroupTable.decode(assignment.encode())).isEqualTo(assignment);
        });
  }

  @Test
  void whatWasCutOffIsRefused() {
    Property.holds(
        300,
        random -> {
          assertCutsAreRefused(member(random).encode(), MemberInfo::decode);
          assertCutsAreRefused(assignment(random).encode(), GroupTable::decode);
        });
  }

  private static void assertCutsAreRefused(ByteBuffer data, Function<ByteBuffer, ?> decode) {
    byte[] bytes = new byte[data.remaining()];
    data.get(bytes);
    for (int length = 0; length < bytes.length; length++) {
      ByteBuffer cut = ByteBuffer.wrap(Arrays.copyOf(bytes, length));
      assertThatThrownBy(() -> decode.apply(cut)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void aDamagedByteIsRefusedOrReadAsSomethingElse() {
    Property.holds(
        CASES,
        random -> {
          assertNothingElseIsThrown(random, member(random).encode(), MemberInfo::decode);
          assertNothingElseIsThrown(random, assignment(random).encode(), GroupTable::decode);
        });
  }

  private static void assertNothingElseIsThrown(
      SplittableRandom random, ByteBuffer data, Function<ByteBuffer, ?> decode) {
    byte[] bytes = new byte[data.remaining()];
    data.get(bytes);
    for (int i = random.nextInt(1, 4); i > 0; i--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
    }
    try {
      assertThat(decode.apply(ByteBuffer.wrap(bytes))).isNotNull();
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageContaining("group");
    }
  }

  @Test
  void fieldsOfANewerMinorVersionArePassedOver() {
    Property.holds(
        CASES,
        random -> {
          MemberInfo member = member(random);
          assertThat(MemberInfo.decode(newer(random, member.encode(), 1))).isEqualTo(member);
          GroupTable assignment = assignment(random);
          assertThat(GroupTable.decode(newer(random, assignment.encode(), 12)))
              .isEqualTo(assignment);
        });
  }

  /** What came with the minors 1 and 2 stands last. */
  @Test
  void aMemberOfTheFirstMinorsBoundsNoRegionsAndCountsTheHashtags() {
    MemberInfo member = member(new SplittableRandom(1));
    ByteWriter views = new ByteWriter();
    member.views().put(views);
    ByteWriter field = new ByteWriter();
    field.putVarint(member.settings().maxRegions());
    MemberInfo second = MemberInfo.decode(older(member.encode(), 1, views));
    assertThat(second.views()).isEqualTo(MemberViews.HASHTAGS);
    assertThat(second.settings()).isEqualTo(member.settings());
    MemberInfo first = MemberInfo.decode(older(older(member.encode(), 1, views), 1, field));
    assertThat(first.views()).isEqualTo(MemberViews.HASHTAGS);
    assertThat(first.settings().maxRegions()).isZero();
    assertThat(first.positions()).isEqualTo(member.positions());
  }

  /** As a leader of the minor before would have written it. */
  @Test
  void anAssignmentOfTheMinorBeforeAgreesOnNoViewAndAnswersHashtagsAlone() {
    GroupTable.Member one = member("a", SAID.process(), 0, Set.of(0), Set.of());
    GroupTable table = GroupTable.of(1, 1, List.of(one), List.of()).to(0, SAID);
    ByteWriter fields = new ByteWriter();
    fields.putVarint(SAID.viewsDigest());
    fields.putVarint(0);
    ByteWriter inputs = new ByteWriter();
    inputs.putVarint(0);
    ByteBuffer second = older(table.encode(), 1, inputs);
    assertThat(GroupTable.decode(second)).isEqualTo(table);
    GroupTable read = GroupTable.decode(older(second, 1, fields));
    assertThat(read).isEqualTo(table);
    MemberViews more = new MemberViews(true, Map.of("users", "users by id"));
    assertThat(read.answers(said(SAID.endpoint(), "", SAID.settings(), more))).isFalse();
  }

  /** Without the fields at its end. */
  private static ByteBuffer older(ByteBuffer data, int minors, ByteWriter fields) {
    ByteReader in = new ByteReader();
    in.reset(data);
    int version = in.get();
    byte[] body = in.copy(in.getLength());
    int length = body.length - fields.toBytes().length;
    ByteWriter out = new ByteWriter();
    out.put(version - minors);
    out.putVarint(length);
    out.put(body, 0, length);
    return ByteBuffer.wrap(out.toBytes());
  }

  /** The same with fields appended, as a later build would write it. */
  private static ByteBuffer newer(SplittableRandom random, ByteBuffer data, int minor) {
    ByteReader in = new ByteReader();
    in.reset(data);
    int version = in.get();
    byte[] body = in.copy(in.getLength());
    byte[] more = Property.bytes(random, random.nextInt(200));
    ByteWriter out = new ByteWriter();
    out.put(version + minor);
    out.putVarint(body.length + more.length);
    out.put(body, 0, body.length);
    out.put(more, 0, more.length);
    return ByteBuffer.wrap(out.toBytes());
  }

  @Test
  void anotherMajorVersionIsRefusedByName() {
    ByteBuffer data = member(new SplittableRandom(1)).encode();
    data.put(0, (byte) 0x23);
    assertThatThrownBy(() -> MemberInfo.decode(data))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("speaks version 2.3")
        .hasMessageContaining("this build speaks 1.x");
  }

  @Test
  void aTableAnswersALaterProcessOnlyIfThatSaysTheSameAndWasNotRefused() {
    MemberInfo.Settings settings = SAID.settings();
    MemberInfo.Said again = said(SAID.endpoint(), "", settings, MemberViews.HASHTAGS);
    MemberInfo.Said moved = said(new InstanceAddress("b", 1), "", settings, MemberViews.HASHTAGS);
    MemberInfo.Said rezoned = said(SAID.endpoint(), "z", settings, MemberViews.HASHTAGS);
    MemberInfo.Said more =
        said(
            SAID.endpoint(),
            "",
            new MemberInfo.Settings(1, 1, 300, 60, 600, 1, 9),
            MemberViews.HASHTAGS);
    MemberInfo.Said withViews =
        said(SAID.endpoint(), "", settings, new MemberViews(true, Map.of("users", "users by id")));
    GroupTable all =
        GroupTable.of(
            1, 1, List.of(member("a", SAID.process(), 0, Set.of(0), Set.of())), List.of());
    GroupTable accepted = GroupTable.decode(all.to(0, SAID).encode());
    assertThat(List.of(SAID, again)).allMatch(accepted::answers);
    assertThat(List.of(moved, rezoned, more, withViews)).noneMatch(accepted::answers);
    GroupTable refused = GroupTable.decode(all.refusing("no", Optional.of(SAID)).encode());
    assertThat(refused.answers(SAID)).isTrue();
    assertThat(refused.answers(again)).isFalse();
    GroupTable unseen = GroupTable.of(0, 1, all.members(), List.of()).to(0, SAID);
    assertThat(unseen.answers(SAID)).isTrue();
    assertThat(unseen.answers(again)).isFalse();
    // A leader of an older version does not say whom it answers.
    assertThat(GroupTable.decode(all.encode()).answers(moved)).isTrue();
  }

  @Test
  void aReceiverIsOneOfTheMembers() {
    assertThatThrownBy(() -> new GroupTable(1, 1, List.of(), 0, "", Optional.empty(), List.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aLargeGroupFitsIntoARecordOfTheBroker() {
    List<GroupTable.Member> members = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      Set<Integer> active = new TreeSet<>();
      for (int p = i; p < 1_000; p += 100) {
        active.add(p);
      }
      members.add(
          new GroupTable.Member(
              "instance-" + i / 4,
              new UUID(i / 4, 1),
              new InstanceAddress("trending-" + i / 4 + ".trending.svc.cluster.local", 8080),
              "eu-west-1a",
              i % 4,
              "streamsocial-trending-instance-" + i / 4 + "-" + i % 4,
              active,
              active,
              Set.of()));
    }
    // In the middle of a rolling restart that adds as many views as there may be.
    List<GroupTable.AgreedView> views = new ArrayList<>();
    List<String> lackedBy = IntStream.range(0, 12).mapToObj(i -> "instance-" + i).toList();
    for (int i = 0; i < 16; i++) {
      views.add(new GroupTable.AgreedView("a-view-with-a-name-of-usual-length-" + i, lackedBy));
    }
    int bytes = GroupTable.of(100, 1_000, members, views).to(7, SAID).encode().remaining();
    assertThat(bytes * 100).as("for all receivers").isLessThan(800_000);
  }

  @Test
  void theRoutingTableHasOneInstanceAProcess() {
    UUID one = new UUID(0, 1);
    UUID two = new UUID(0, 2);
    UUID usurper = new UUID(0, 3);
    GroupTable assignment =
        GroupTable.of(
                4,
                6,
                List.of(
                    member("b", two, 0, Set.of(4), Set.of()),
                    member("a", one, 1, Set.of(3, 0), Set.of(4)),
                    member("a", usurper, 2, Set.of(2), Set.of(5)),
                    member("a", one, 0, Set.of(1), Set.of(2))),
                List.of())
            .to(1, SAID);
    RoutingTable table = assignment.routing(7);
    assertThat(table.epoch()).isEqualTo(7);
    assertThat(table.instances())
        .extracting(RoutingTable.Instance::process)
        .containsExactly(one, usurper, two);
    assertThat(table.instances().get(0).active()).containsExactly(0, 1, 3);
    assertThat(table.instances().get(0).standby()).containsExactly(2, 4);
    assertThat(table.active(2)).contains(table.instances().get(1));
    assertThat(table.active(5)).isEmpty();
    assertThat(table.standbys(5)).containsExactly(table.instances().get(1));
    assertThat(table.standbys(0)).isEmpty();
    assertThat(table.instance("b")).contains(table.instances().get(2));
    assertThat(table.instance(usurper)).contains(table.instances().get(1));
    assertThat(table).isEqualTo(new RoutingTable(7, table.instances()));
    assertThat(table).isNotEqualTo(RoutingTable.NONE);
    assertThat(assignment.self()).contains(assignment.members().get(1));
  }

  private static GroupTable.Member member(
      String instance, UUID process, int loop, Set<Integer> active, Set<Integer> standbys) {
    return new GroupTable.Member(
        instance, process, InstanceAddress.NONE, "", loop, "", active, standbys, Set.of());
  }

  private static MemberInfo member(SplittableRandom random) {
    Map<Integer, Long> positions = new HashMap<>();
    partitions(random).forEach(p -> positions.put(p, Property.magnitude(random)));
    return new MemberInfo(
        Property.tag(random),
        new UUID(random.nextLong(), random.nextLong()),
        new InstanceAddress(Property.tag(random), random.nextInt(65_536)),
        random.nextBoolean() ? "" : Property.tag(random),
        random.nextInt(64),
        random.nextBoolean() ? "" : Property.tag(random),
        new MemberInfo.Settings(
            random.nextInt(1_000),
            random.nextInt(Integer.MAX_VALUE),
            Property.magnitude(random),
            Property.magnitude(random),
            Property.magnitude(random),
            random.nextInt(11),
            random.nextInt(1_000)),
        partitions(random),
        partitions(random),
        positions,
        views(random));
  }

  private static MemberViews views(SplittableRandom random) {
    Map<String, String> others = new HashMap<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      others.put(Property.tag(random), Property.tag(random));
    }
    return new MemberViews(random.nextBoolean(), others);
  }

  private static MemberInfo.Said said(
      InstanceAddress endpoint, String zone, MemberInfo.Settings settings, MemberViews views) {
    return new MemberInfo.Said(new UUID(1, 3), endpoint, zone, settings, views);
  }

  private static GroupTable assignment(SplittableRandom random) {
    List<GroupTable.Member> members = new ArrayList<>();
    for (int i = random.nextInt(8); i > 0; i--) {
      MemberInfo process = member(random);
      for (int loop = random.nextInt(3); loop >= 0; loop--) {
        members.add(
            new GroupTable.Member(
                process.instanceId(),
                process.process(),
                process.endpoint(),
                process.zone(),
                loop,
                process.transactionalId() + loop + Property.tag(random),
                partitions(random),
                partitions(random),
                partitions(random)));
      }
    }
    return new GroupTable(
        random.nextInt(1_000),
        random.nextInt(1_000),
        members,
        random.nextInt(-1, members.size()),
        random.nextBoolean() ? "" : Property.tag(random),
        random.nextBoolean() ? Optional.empty() : Optional.of(member(random).said()),
        agreed(random, members),
        inputs(random));
  }

  private static SortedMap<String, Integer> inputs(SplittableRandom random) {
    SortedMap<String, Integer> inputs = new TreeMap<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      inputs.put(Property.tag(random), random.nextInt(1_000));
    }
    return inputs;
  }

  private static List<GroupTable.AgreedView> agreed(
      SplittableRandom random, List<GroupTable.Member> members) {
    List<GroupTable.AgreedView> views = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      List<String> lackedBy =
          members.stream()
              .map(GroupTable.Member::instanceId)
              .filter(id -> random.nextInt(3) == 0)
              .distinct()
              .sorted()
              .toList();
      views.add(new GroupTable.AgreedView(Property.tag(random), lackedBy));
    }
    return views;
  }

  private static Set<Integer> partitions(SplittableRandom random) {
    Set<Integer> partitions = new TreeSet<>();
    int bound = random.nextBoolean() ? 20 : Integer.MAX_VALUE;
    for (int i = random.nextInt(6); i > 0; i--) {
      partitions.add(random.nextInt(bound));
    }
    return partitions;
  }
}
