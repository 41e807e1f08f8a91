package io.streamsocial.processor.group;

import io.streamsocial.processor.InstanceAddress;
import io.streamsocial.processor.RoutingTable;
import io.streamsocial.processor.log.ByteReader;
import io.streamsocial.processor.log.ByteWriter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/**
 * The tasks of all members, which the group's leader sends to each loop as the user data of its
 * assignment. All receivers get the same table except for receiver, refusal and said.
 *
 * <p>A static member that restarts within its session timeout gets its former assignment back
 * without a rebalance. Then the table answers what the process before the restart said. That is all
 * the same where the two say the same; where they do not, the member asks for a rebalance, see
 * {@link #answers}. Until then the others keep the old entry.
 *
 * @param postsPartitions of the topic that most members read, as the leader saw it; 0 when it does
 *     not exist
 * @param shufflePartitions likewise
 * @param members by instance and loop, without refused members
 * @param receiver index of the member that this table is sent to; -1 when the receiver is refused
 * @param refusal why the receiver is refused, and what to do; empty when it is accepted
 * @param said what the receiver said when it joined; empty when that is not known, as from a leader
 *     of an older version
 * @param views that some member has, beside the hashtags, by name; empty from a leader of an older
 *     version
 * @param inputs topics that the group reads, where a member reads several: the partitions of each,
 *     as the leader saw them; empty in a group whose members all read one, or that the leader of an
 *     older version leads
 */
public record GroupTable(
    int postsPartitions,
    int shufflePartitions,
    List<Member> members,
    int receiver,
    String refusal,
    Optional<MemberInfo.Said> said,
    List<AgreedView> views,
    SortedMap<String, Integer> inputs) {

  /**
   * A view as the members have agreed on it.
   *
   * @param lackedBy ids of the instances that cannot count it, ascending: it counts when there are
   *     none
   */
  public record AgreedView(String name, List<String> lackedBy) {
    public AgreedView {
      lackedBy = List.copyOf(lackedBy);
    }

    public boolean counts() {
      return lackedBy.isEmpty();
    }
  }

  /** No receiver. */
  static final int NO_RECEIVER = -1;

  /**
   * One loop and its tasks.
   *
   * @param active shuffle partitions that it counts from this generation on: a partition that moves
   *     has no active until its former member has revoked it
   * @param standbys shuffle partitions that it follows, warm-ups included
   * @param warmups the standbys that it will count: it asks for a rebalance as soon as it has
   *     caught up
   */
  public record Member(
      String instanceId,
      UUID process,
      InstanceAddress endpoint,
      String zone,
      int loop,
      String transactionalId,
      Set<Integer> active,
      Set<Integer> standbys,
      Set<Integer> warmups) {

    public Member {
      active = Set.copyOf(active);
      standbys = Set.copyOf(standbys);
      warmups = Set.copyOf(warmups);
    }
  }

  public GroupTable {
    members = List.copyOf(members);
    views = List.copyOf(views);
    inputs = Collections.unmodifiableSortedMap(new TreeMap<>(inputs));
    if (receiver < NO_RECEIVER || receiver >= members.size()) {
      throw new IllegalArgumentException(
          "the group has no receiver %d: it has %d members".formatted(receiver, members.size()));
    }
  }

  /** Of a group that reads one topic. */
  public GroupTable(
      int postsPartitions,
      int shufflePartitions,
      List<Member> members,
      int receiver,
      String refusal,
      Optional<MemberInfo.Said> said,
      List<AgreedView> views) {
    this(
        postsPartitions,
        shufflePartitions,
        members,
        receiver,
        refusal,
        said,
        views,
        Collections.emptySortedMap());
  }

  /** The table of a loop that cannot read the leader's data. */
  static GroupTable refused(String why) {
    return of(0, 0, List.of(), List.of()).refusing(why, Optional.empty());
  }

  /** The table before it is addressed to a member. */
  static GroupTable of(
      int postsPartitions, int shufflePartitions, List<Member> members, List<AgreedView> views) {
    return new GroupTable(
        postsPartitions, shufflePartitions, members, NO_RECEIVER, "", Optional.empty(), views);
  }

  /** The same of a group that reads several topics. */
  GroupTable reading(SortedMap<String, Integer> topics) {
    return new GroupTable(
        postsPartitions, shufflePartitions, members, receiver, refusal, said, views, topics);
  }

  GroupTable to(int member, MemberInfo.Said joined) {
    return new GroupTable(
        postsPartitions,
        shufflePartitions,
        members,
        member,
        "",
        Optional.of(joined),
        views,
        inputs);
  }

  GroupTable refusing(String why, Optional<MemberInfo.Said> joined) {
    return new GroupTable(
        postsPartitions, shufflePartitions, members, NO_RECEIVER, why, joined, views, inputs);
  }

  /**
   * Whether it answers what the receiver says now, as far as that is known. What an earlier process
   * was refused, or could not be given because the leader saw no topic, is no answer to this one.
   */
  public boolean answers(MemberInfo.Said now) {
    if (said.isEmpty() || said.get().process().equals(now.process())) {
      return true;
    }
    MemberInfo.Said before = said.get();
    return !isRefused()
        && postsPartitions > 0
        && shufflePartitions > 0
        && before.endpoint().equals(now.endpoint())
        && before.zone().equals(now.zone())
        && before.settings().equals(now.settings())
        && before.viewsDigest() == now.viewsDigest();
  }

  public boolean isRefused() {
    return !refusal.isEmpty();
  }

  /** The receiver's own tasks; empty when it was refused. */
  public Optional<Member> self() {
    return receiver == NO_RECEIVER ? Optional.empty() : Optional.of(members.get(receiver));
  }

  /**
   * The same table by instance. Two processes with one instance id, one of which is fenced or gone,
   * stay two entries.
   *
   * @param epoch the group's generation
   */
  public RoutingTable routing(int epoch) {
    Map<UUID, List<Member>> processes = new LinkedHashMap<>();
    for (Member member : members) {
      processes.computeIfAbsent(member.process, process -> new ArrayList<>()).add(member);
    }
    List<RoutingTable.Instance> instances = new ArrayList<>();
    for (List<Member> loops : processes.values()) {
      Member first = loops.get(0);
      SortedSet<Integer> active = new TreeSet<>();
      SortedSet<Integer> standby = new TreeSet<>();
      for (Member loop : loops) {
        active.addAll(loop.active);
        standby.addAll(loop.standbys);
      }
      instances.add(
          new RoutingTable.Instance(
              first.instanceId,
              first.process,
              first.endpoint,
              first.zone,
              List.copyOf(active),
              List.copyOf(standby)));
    }
    instances.sort(
        Comparator.comparing(RoutingTable.Instance::instanceId)
            .thenComparing(RoutingTable.Instance::process));
    return new RoutingTable(epoch, instances);
  }

  /**
   * The broker keeps all assignments of a group in one record of at most a megabyte, and each
   * assignment holds the whole table. So each process is written once, and each transactional id as
   * its difference from the one before.
   */
  ByteBuffer encode() {
    Map<UUID, Member> processes = new LinkedHashMap<>();
    members.forEach(member -> processes.putIfAbsent(member.process, member));
    List<UUID> numbers = new ArrayList<>(processes.keySet());
    ByteWriter out = new ByteWriter();
    out.putVarint(postsPartitions);
    out.putVarint(shufflePartitions);
    out.putVarint(numbers.size());
    for (Member first : processes.values()) {
      UserData.putText(out, first.instanceId);
      UserData.putUuid(out, first.process);
      UserData.putEndpoint(out, first.endpoint);
      UserData.putText(out, first.zone);
    }
    out.putVarint(members.size());
    String last = "";
    for (Member member : members) {
      out.putVarint(numbers.indexOf(member.process));
      out.putVarint(member.loop);
      int shared = shared(last, member.transactionalId);
      out.putVarint(shared);
      UserData.putText(out, member.transactionalId.substring(shared));
      last = member.transactionalId;
      UserData.putPartitions(out, member.active);
      UserData.putPartitions(out, member.standbys);
      UserData.putPartitions(out, member.warmups);
    }
    out.putVarint(receiver + 1);
    UserData.putText(out, refusal);
    out.put(said.isPresent() ? 1 : 0);
    said.ifPresent(joined -> joined.put(out));
    out.putVarint(said.map(MemberInfo.Said::viewsDigest).orElse(0L));
    putViews(out, List.copyOf(processes.values()));
    out.putVarint(inputs.size());
    inputs.forEach(
        (topic, partitions) -> {
          UserData.putText(out, topic);
          out.putVarint(partitions);
        });
    return UserData.frame(out);
  }

  private void putViews(ByteWriter out, List<Member> processes) {
    out.putVarint(views.size());
    for (AgreedView view : views) {
      UserData.putText(out, view.name);
      Set<Integer> lacking = new TreeSet<>();
      for (int i = 0; i < processes.size(); i++) {
        if (view.lackedBy.contains(processes.get(i).instanceId)) {
          lacking.add(i);
        }
      }
      UserData.putPartitions(out, lacking);
    }
  }

  private static List<AgreedView> views(ByteReader in, List<Member> processes) {
    List<AgreedView> views = new ArrayList<>();
    for (int left = in.getLength(); left > 0; left--) {
      String name = UserData.text(in);
      SortedSet<String> lackedBy = new TreeSet<>();
      UserData.partitions(in).forEach(process -> lackedBy.add(processes.get(process).instanceId));
      views.add(new AgreedView(name, List.copyOf(lackedBy)));
    }
    return views;
  }

  private static SortedMap<String, Integer> inputs(ByteReader in) {
    SortedMap<String, Integer> inputs = new TreeMap<>();
    for (int left = in.getLength(); left > 0; left--) {
      inputs.put(UserData.text(in), UserData.number(in));
    }
    return inputs;
  }

  private static int shared(String a, String b) {
    int length = Math.min(a.length(), b.length());
    for (int i = 0; i < length; i++) {
      // A lone surrogate has no UTF-8 encoding: the pair stays together, in the part that differs.
      if (a.charAt(i) != b.charAt(i) || Character.isSurrogate(b.charAt(i))) {
        return i;
      }
    }
    return length;
  }

  /**
   * Does not move the buffer's position.
   *
   * @throws IllegalArgumentException when the data is damaged or of another major version
   */
  public static GroupTable decode(ByteBuffer data) {
    return UserData.read(data, GroupTable::fields);
  }

  private static GroupTable fields(ByteReader in) {
    int posts = UserData.number(in);
    int shuffle = UserData.number(in);
    List<Member> processes = new ArrayList<>();
    for (int left = in.getLength(); left > 0; left--) {
      processes.add(
          new Member(
              UserData.text(in),
              UserData.uuid(in),
              UserData.endpoint(in),
              UserData.text(in),
              0,
              "",
              Set.of(),
              Set.of(),
              Set.of()));
    }
    List<Member> members = new ArrayList<>();
    String last = "";
    for (int left = in.getLength(); left > 0; left--) {
      Member process = processes.get(UserData.number(in));
      int loop = UserData.number(in);
      last = last.substring(0, UserData.number(in)) + UserData.text(in);
      members.add(
          new Member(
              process.instanceId,
              process.process,
              process.endpoint,
              process.zone,
              loop,
              last,
              UserData.partitions(in),
              UserData.partitions(in),
              UserData.partitions(in)));
    }
    int receiver = UserData.number(in) - 1;
    String refusal = UserData.text(in);
    Optional<MemberInfo.Said> said =
        in.hasRemaining() && in.get() == 1
            ? Optional.of(MemberInfo.Said.read(in))
            : Optional.empty();
    if (!in.hasRemaining()) {
      return new GroupTable(posts, shuffle, members, receiver, refusal, said, List.of());
    }
    long digest = UserData.magnitude(in);
    List<AgreedView> views = views(in, processes);
    return new GroupTable(
        posts,
        shuffle,
        members,
        receiver,
        refusal,
        said.map(joined -> joined.withViews(digest)),
        views,
        in.hasRemaining() ? inputs(in) : Collections.emptySortedMap());
  }
}
