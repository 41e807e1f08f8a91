package io.streamsocial.http.peers;

import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.InstanceAddress;
import io.streamsocial.processor.Role;
import io.streamsocial.processor.RoutingTable;
import io.streamsocial.processor.StatusTotals;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All instances of the application as this one knows them. Reads memory only; asks none of them.
 */
public final class Members {
  /** The routing table names it, but it has not sent its state yet. */
  static final String UNKNOWN = "UNKNOWN";

  /** It does not answer. */
  static final String UNREACHABLE = "UNREACHABLE";

  /** It answers, but is not used: see its problem. */
  static final String INCOMPATIBLE = "INCOMPATIBLE";

  private final ThisInstance self;
  private final Peers peers;
  private final Router router;
  private final LocalParts local;
  // For good: an instance that joins later must not make one unready that has served all the time.
  private volatile boolean isIntroduced;

  Members(ThisInstance self, Peers peers, Router router, LocalParts local) {
    this.self = self;
    this.peers = peers;
    this.router = router;
    this.local = local;
  }

  /**
   * @param state an engine's, or one of those above
   * @param lag posts not yet read; -1 when unknown
   * @param lastSeenMs when it last sent its state; 0 for never
   * @param problem why it is not used; empty when it is
   */
  public record Member(
      String instanceId,
      InstanceAddress endpoint,
      String state,
      List<Integer> active,
      List<Integer> standby,
      long lag,
      long lastSeenMs,
      String problem) {
    boolean isGone() {
      return state.equals(UNREACHABLE) || state.equals(INCOMPATIBLE);
    }
  }

  /**
   * The instances that share the partitions.
   *
   * @param isJoined whether this instance knows the routing table
   * @param isIntroduced whether each of the others has answered, or failed to, at least once:
   *     before that, queries would be the first to use the connections and the code that carries
   *     them
   * @param size instances in it, this one included
   * @param gone ids of those that do not answer or cannot be used
   * @param unowned partitions without an active instance; standbys may answer for them
   * @param unserved partitions that no known instance answers for
   */
  public record Group(
      boolean isJoined,
      boolean isIntroduced,
      int size,
      List<String> gone,
      List<Integer> unowned,
      List<Integer> unserved) {
    public static final Group NONE = new Group(false, false, 0, List.of(), List.of(), List.of());

    public boolean isWhole() {
      return gone.isEmpty() && unowned.isEmpty() && unserved.isEmpty();
    }

    public boolean servesAll() {
      return isJoined && unserved.isEmpty();
    }
  }

  /**
   * This instance first, then the others in the order of the routing table.
   *
   * @param port that this instance listens on
   */
  public List<Member> list(int port, long nowMs) {
    EngineStatus status = self.status();
    List<Member> members = new ArrayList<>();
    members.add(
        new Member(
            self.instanceId(),
            self.advertised(port),
            self.state().name(),
            held(status, Role.ACTIVE),
            held(status, Role.STANDBY),
            StatusTotals.postsLag(status),
            nowMs,
            ""));
    for (Peer peer : peers.in(status.routing())) {
      members.add(member(peer, status.routing()));
    }
    return members;
  }

  private static List<Integer> held(EngineStatus status, Role role) {
    return status.partitions().stream()
        .filter(each -> each.role() == role)
        .map(EngineStatus.Partition::partition)
        .toList();
  }

  private static Member member(Peer peer, RoutingTable table) {
    RoutingTable.Instance instance = peer.instance();
    Peer.Seen seen = peer.seen();
    PeerStatus status = seen.status();
    // Its own word counts where it knows a table as new as ours: it knows best what it holds.
    boolean isCurrent =
        status != null && seen.problem().isEmpty() && status.identity().epoch() >= table.epoch();
    return new Member(
        instance.instanceId(),
        instance.endpoint(),
        state(peer, seen, status),
        isCurrent ? held(status, Role.ACTIVE) : instance.active(),
        isCurrent ? held(status, Role.STANDBY) : instance.standby(),
        status == null ? -1 : status.postsLag(),
        seen.atMs(),
        seen.problem());
  }

  private static List<Integer> held(@Nullable PeerStatus status, Role role) {
    return status == null
        ? List.of()
        : status.partitions().entrySet().stream()
            .filter(each -> each.getValue().role() == role)
            .map(Map.Entry::getKey)
            .toList();
  }

  private static String state(Peer peer, Peer.Seen seen, @Nullable PeerStatus status) {
    if (!seen.problem().isEmpty()) {
      return INCOMPATIBLE;
    }
    if (peer.breaker().isSuspect() || !peer.instance().endpoint().isReachable()) {
      return UNREACHABLE;
    }
    return status == null ? UNKNOWN : status.state();
  }

  /** It has not sent its state, and has not failed to either. */
  private static boolean isUnheard(Peer peer) {
    Peer.Seen seen = peer.seen();
    return seen.status() == null
        && seen.problem().isEmpty()
        && !peer.breaker().isSuspect()
        && peer.instance().endpoint().isReachable();
  }

  /** The group as health and readiness judge it. */
  public Group group() {
    RoutingTable table = self.status().routing();
    List<String> gone =
        peers.in(table).stream()
            .map(peer -> member(peer, table))
            .filter(Member::isGone)
            .map(Member::instanceId)
            .toList();
    if (table.epoch() < 0) {
      return Group.NONE;
    }
    isIntroduced = isIntroduced || peers.in(table).stream().noneMatch(Members::isUnheard);
    Routes routes = router.routes();
    return new Group(
        true,
        isIntroduced,
        table.instances().size(),
        gone,
        routes.unowned(local.partitions()),
        routes.unserved(local.partitions()));
  }
}
