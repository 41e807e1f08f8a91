package io.streamsocial.http.peers;

import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.RoutingTable;
import java.net.URI;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Another instance from its start to its end, and its state as far as known. Any thread. */
final class Peer {
  private final Breaker breaker;
  private volatile Placed placed;
  private volatile Seen seen = new Seen(null, 0, "");

  /**
   * @param incidents records when it cannot be reached any more, and when it can again
   */
  Peer(RoutingTable.Instance instance, Incidents incidents) {
    this.breaker = new Breaker(new Unreachable(instance, incidents));
    this.placed = new Placed(instance);
  }

  private record Unreachable(RoutingTable.Instance instance, Incidents incidents)
      implements Breaker.Listener {
    @Override
    public void opened() {
      incidents.begin(
          Incidents.Kind.PEER_UNREACHABLE,
          instance.instanceId(),
          "instance %s at %s does not answer and is not asked any more; it is looked for once a second"
              .formatted(instance.instanceId(), instance.endpoint()));
    }

    @Override
    public void closed() {
      incidents.end(
          Incidents.Kind.PEER_UNREACHABLE,
          instance.instanceId(),
          "instance %s answers again".formatted(instance.instanceId()));
    }
  }

  /** Where the routing table puts it, made for looking up. */
  private static final class Placed {
    private final RoutingTable.Instance instance;
    private final Set<Integer> active;
    private final Set<Integer> standby;

    Placed(RoutingTable.Instance instance) {
      this.instance = instance;
      this.active = new HashSet<>(instance.active());
      this.standby = new HashSet<>(instance.standby());
    }
  }

  /**
   * @param status the last that it sent; null before the first
   * @param atMs when that was, epoch milliseconds; 0 for never
   * @param problem why it is not used although it answers; empty when it is
   */
  record Seen(@Nullable PeerStatus status, long atMs, String problem) {}

  /** The same life in a newer routing table. */
  void placed(RoutingTable.Instance instance) {
    placed = new Placed(instance);
  }

  RoutingTable.Instance instance() {
    return placed.instance;
  }

  boolean isActive(int partition) {
    return placed.active.contains(partition);
  }

  boolean isStandby(int partition) {
    return placed.standby.contains(partition);
  }

  Breaker breaker() {
    return breaker;
  }

  Seen seen() {
    return seen;
  }

  void heard(PeerStatus status, long nowMs) {
    seen = new Seen(status, nowMs, "");
  }

  /** It answered, but with what cannot be used. */
  void rejected(String problem) {
    Seen before = seen;
    seen = new Seen(before.status(), before.atMs(), problem);
  }

  /** Whether it is worth a query now. */
  boolean isUsable() {
    return instance().endpoint().isReachable() && !breaker.isOpen() && seen.problem().isEmpty();
  }

  /**
   * @param scheme that all instances speak
   * @param path of an internal resource
   */
  URI uri(String scheme, String path) {
    return URI.create(scheme + "://" + instance().endpoint() + path);
  }

  /**
   * Why an answer does not come from the instance that the routing table names; else empty. Another
   * life of it is welcome: a static member that restarts gets its place back and no table changes.
   */
  String mismatch(PeerIdentity speaker, String appId) {
    if (!speaker.appId().equals(appId)) {
      return "it belongs to application " + speaker.appId();
    }
    if (!speaker.instanceId().equals(instance().instanceId())) {
      return "it is instance " + speaker.instanceId();
    }
    return "";
  }
}
