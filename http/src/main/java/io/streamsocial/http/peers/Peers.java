package io.streamsocial.http.peers;

import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.RoutingTable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/**
 * The other instances. They come from the routing table alone: no message adds an address. Keyed by
 * process, so that a restarted instance begins without the past of the one before it. Any thread.
 */
final class Peers {
  private final String selfId;
  private final Incidents incidents;
  private volatile Known known = new Known(RoutingTable.NONE, Map.of());

  Peers(String selfId, Incidents incidents) {
    this.incidents = incidents;
    this.selfId = selfId;
  }

  private record Known(RoutingTable table, Map<UUID, Peer> byProcess) {}

  /** All others in this table; a peer that was in the last table too keeps its state. */
  Collection<Peer> in(RoutingTable table) {
    Known now = known;
    return (now.table().equals(table) ? now : renewed(table)).byProcess().values();
  }

  private synchronized Known renewed(RoutingTable table) {
    if (known.table().equals(table)) {
      return known;
    }
    Map<UUID, Peer> byProcess = new LinkedHashMap<>();
    for (RoutingTable.Instance instance : table.instances()) {
      if (!instance.instanceId().equals(selfId)) {
        Peer peer = known.byProcess().get(instance.process());
        if (peer == null || !peer.instance().endpoint().equals(instance.endpoint())) {
          peer = new Peer(instance, incidents);
        } else {
          peer.placed(instance);
        }
        byProcess.put(instance.process(), peer);
      }
    }
    for (Peer gone : known.byProcess().values()) {
      if (!byProcess.containsValue(gone)) {
        incidents.end(
            Incidents.Kind.PEER_UNREACHABLE,
            gone.instance().instanceId(),
            "the group has given it up, or it has started anew");
      }
    }
    known = new Known(table, byProcess);
    return known;
  }

  /** The others in the table that was asked for last. */
  Collection<Peer> all() {
    return new ArrayList<>(known.byProcess().values());
  }
}
