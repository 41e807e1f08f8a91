package io.streamsocial.http.peers;

import io.streamsocial.processor.snapshots.SnapshotSource;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The instances of the routing table that have a partition's state, by their last status. */
final class PeerSnapshots implements SnapshotSource {
  // The round that runs may have begun before the table named them.
  private static final int ROUNDS = 3;

  private final ThisInstance self;
  private final Peers peers;
  private final Router router;
  private final StatusExchange exchange;
  private final SnapshotClient client;

  PeerSnapshots(
      ThisInstance self,
      Peers peers,
      Router router,
      StatusExchange exchange,
      SnapshotClient client) {
    this.self = self;
    this.peers = peers;
    this.router = router;
    this.exchange = exchange;
    this.client = client;
  }

  /** Asks all for their status before: one that has just come may not have heard of them. */
  @Override
  public List<Holder> holders(int partition) throws InterruptedException {
    for (int round = 0; round < ROUNDS; round++) {
      look();
      if (peers.in(self.status().routing()).stream().noneMatch(PeerSnapshots::isUnheard)) {
        break;
      }
    }
    return router.routes().holders(partition).stream()
        .map(Routes.Holder::peer)
        .filter(Objects::nonNull)
        .filter(peer -> canRead(peer, partition))
        .map(client::holder)
        .toList();
  }

  private void look() throws InterruptedException {
    CompletableFuture<Void> round = exchange.now().copy();
    try {
      Object unused = round.get(2 * self.options().statusMs(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      // One of them hangs: the others have answered.
    }
  }

  private static boolean isUnheard(Peer peer) {
    return peer.isUsable() && peer.seen().status() == null;
  }

  private static boolean canRead(Peer peer, int partition) {
    PeerStatus status = peer.seen().status();
    return status != null && status.canRead(partition);
  }
}
