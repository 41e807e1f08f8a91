package io.streamsocial.http.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.InstanceAddress;
import io.streamsocial.processor.Role;
import io.streamsocial.processor.RoutingTable;
import io.streamsocial.processor.trends.Trending;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which holder of a partition is asked first: this instance, or the one that counts it. */
final class RoutesTest {
  private static final long NOW = 1_763_000_000_000L;
  // A publisher is gone: nobody has the posts of its sources.
  private static final long STALE = NOW - 8_000;

  private final RoutingTable.Instance active =
      new RoutingTable.Instance(
          "1", new UUID(0, 1), new InstanceAddress("localhost", 1), "", List.of(0), List.of());
  private final Peer peer = new Peer(active, new Incidents());

  /** Null stands for this instance, which follows the partition. */
  private @Nullable Peer first(long localNewestMs, long peerNewestMs) {
    RoutingTable table = new RoutingTable(1, List.of(active));
    PeerStatus.HeldPartition held =
        new PeerStatus.HeldPartition(Role.ACTIVE, false, 10, 0, 0, peerNewestMs);
    PeerIdentity identity =
        new PeerIdentity(PeerIdentity.FORMAT, "app", "1", active.process().toString(), 1);
    peer.heard(
        new PeerStatus(identity, "RUNNING", 1, 300_000, 0, new TreeMap<>(Map.of(0, held))), NOW);
    Trending.Held local = new Trending.Held(Role.STANDBY, STALE, localNewestMs, new TreeMap<>());
    return new Routes(table, new TreeMap<>(Map.of(0, local)), List.of(peer))
        .holders(0)
        .get(0)
        .peer();
  }

  @Test
  void theActiveIsAskedFirstWhileItIsAsFresh() {
    assertThat(first(NOW, NOW)).isSameAs(peer);
    // What is known of it may be a second old.
    assertThat(first(NOW, NOW - 2_000)).isSameAs(peer);
    assertThat(first(NOW - 60_000, NOW)).isSameAs(peer);
  }

  @Test
  void anActiveThatHasRestartedOrLagsIsNotPreferredToAFresherHolder() {
    assertThat(first(NOW, NOW - 10_000)).isNull();
    assertThat(first(NOW, 0)).as("it knows nothing new").isNull();
  }

  @Test
  void anOlderVersionThatDoesNotSayIsNotBehind() {
    assertThat(first(NOW, PeerStatus.HeldPartition.UNSAID)).isSameAs(peer);
  }

  @Test
  void aFresherHolderThatDoesNotAnswerIsNoBetter() {
    peer.breaker().failed();
    assertThat(first(NOW - 60_000, NOW)).isNull();
  }
}
