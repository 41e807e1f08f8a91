package io.streamsocial.http.peers;

import io.streamsocial.processor.Role;
import io.streamsocial.processor.RoutingTable;
import io.streamsocial.processor.trends.Trending;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * The instances that can answer for each partition, best first, as known at one moment. Pure.
 *
 * <p>First the partition's active, then a standby: this instance before others, as it is nearest.
 * Last come other instances known to hold it, as the old owner does while a partition is handed
 * over. The table decides, unless an instance at a higher epoch says that it is active now. An
 * instance whose state is older than another's comes behind those, active or not: a client that
 * asks again must not read what was true before. How old is told by the newest input of any source:
 * a source whose publisher is gone makes all of them equally stale, those too that read no more. An
 * instance that did not answer last, or says that it cannot read the partition yet, comes behind
 * all others; one whose breaker is open, or whose messages cannot be used, is not asked at all.
 *
 * @param table as this instance knows it
 * @param local what this instance can read itself
 * @param peers all others in the table
 */
record Routes(RoutingTable table, SortedMap<Integer, Trending.Held> local, Collection<Peer> peers) {
  private static final int NOTHING = -1;
  private static final int NEWER_ACTIVE = 0;
  private static final int ACTIVE = 1;
  private static final int HERE = 2;
  private static final int STANDBY = 3;
  private static final int HOLDER = 4;
  private static final int BEHIND = 5;
  private static final int SUSPECT = 10;
  private static final int CANNOT_READ = 20;

  // What is known of another instance may be a second old, and an idle source says so once a
  // second.
  private static final long BEHIND_MS = 3_000;

  /**
   * An instance that can be asked.
   *
   * @param peer null for this instance
   */
  record Holder(@Nullable Peer peer) {
    static final Holder HERE = new Holder(null);
  }

  private record Ranked(Holder holder, int rank) {}

  /** Best first; empty when no holder is known. */
  List<Holder> holders(int partition) {
    List<Ranked> ranked = new ArrayList<>();
    Trending.Held held = local.get(partition);
    long newestMs = newestMs(partition);
    if (held != null) {
      boolean others = peers.stream().anyMatch(peer -> peer.isActive(partition));
      boolean active = held.role() == Role.ACTIVE && !others;
      int rank = (active ? ACTIVE : HERE) + behind(held.newestMs(), newestMs);
      ranked.add(new Ranked(Holder.HERE, rank));
    }
    for (Peer peer : peers) {
      int rank = rank(peer, partition, newestMs);
      if (rank != NOTHING && peer.isUsable()) {
        ranked.add(new Ranked(new Holder(peer), rank));
      }
    }
    ranked.sort(Comparator.comparingInt(Ranked::rank));
    return ranked.stream().map(Ranked::holder).toList();
  }

  /** The newest state that an instance has which can be asked. */
  private long newestMs(int partition) {
    Trending.Held held = local.get(partition);
    long newestMs = held == null ? PeerStatus.HeldPartition.UNSAID : held.newestMs();
    for (Peer peer : peers) {
      PeerStatus status = peer.seen().status();
      if (status != null && peer.isUsable() && !peer.breaker().isSuspect()) {
        newestMs = Math.max(newestMs, status.newestMs(partition));
      }
    }
    return newestMs;
  }

  private static int behind(long readMs, long newestMs) {
    boolean isSaid = readMs != PeerStatus.HeldPartition.UNSAID;
    return isSaid && readMs < newestMs - BEHIND_MS ? BEHIND : 0;
  }

  private int rank(Peer peer, int partition, long newestMs) {
    PeerStatus status = peer.seen().status();
    boolean canRead = status != null && status.canRead(partition);
    int rank;
    if (status != null && status.identity().epoch() > table.epoch() && status.isActive(partition)) {
      rank = NEWER_ACTIVE;
    } else if (peer.isActive(partition)) {
      rank = ACTIVE;
    } else if (peer.isStandby(partition)) {
      rank = STANDBY;
    } else if (canRead) {
      rank = HOLDER;
    } else {
      return NOTHING;
    }
    rank += status == null ? 0 : behind(status.newestMs(partition), newestMs);
    rank += peer.breaker().isSuspect() ? SUSPECT : 0;
    rank += status != null && !canRead ? CANNOT_READ : 0;
    return rank;
  }

  /** Whether this instance is the best to ask for all of them. */
  boolean isAllHere(Collection<Integer> partitions) {
    return partitions.stream()
        .allMatch(p -> local.containsKey(p) && holders(p).get(0).peer() == null);
  }

  /** Those of them without an active instance in the table, as while they are handed over. */
  List<Integer> unowned(Collection<Integer> partitions) {
    Set<Integer> owned = new HashSet<>();
    table.instances().forEach(instance -> owned.addAll(instance.active()));
    return partitions.stream().filter(p -> !owned.contains(p)).toList();
  }

  /** Those of them that no known instance answers for, in the order given. */
  List<Integer> unserved(Collection<Integer> partitions) {
    return partitions.stream().filter(p -> !isServed(p)).toList();
  }

  private boolean isServed(int partition) {
    if (local.containsKey(partition)) {
      return true;
    }
    for (Peer peer : peers) {
      PeerStatus status = peer.seen().status();
      if (peer.isUsable() && status != null && status.canRead(partition)) {
        return true;
      }
    }
    return false;
  }
}
