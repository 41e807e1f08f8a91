package io.streamsocial.http.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.streamsocial.http.auth.SecuritySettings;
import io.streamsocial.store.snapshots.SnapshotException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An instance that is asked for its state by its address. */
@Timeout(60)
class NamedPeerTest {
  private static NamedPeer at(int port) {
    return new NamedPeer(
        URI.create("http://127.0.0.1:" + port + "/"), "app", 5_000, SecuritySettings.OPEN);
  }

  @Test
  void whereNothingListensItIsAskedOnce() throws Exception {
    int free;
    try (ServerSocket socket = new ServerSocket(0)) {
      free = socket.getLocalPort();
    }
    try (NamedPeer peer = at(free)) {
      assertThatThrownBy(() -> peer.holders(0).get(0).open(0))
          .isInstanceOf(SnapshotException.class)
          .hasMessageContaining("no process listens at its address")
          .hasMessageContaining("it is not asked again: is it running");
      assertThat(peer.holders(1)).isEmpty();
    }
  }

  /** It is one of the application and lacks this partition: it may have the next one. */
  @Test
  void oneThatAnswersIsAskedForEachPartition() throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(421, -1);
          exchange.close();
        });
    server.start();
    try (NamedPeer peer = at(server.getAddress().getPort())) {
      assertThatThrownBy(() -> peer.holders(0).get(0).open(0))
          .isInstanceOf(SnapshotException.class)
          .hasMessageContaining("421");
      assertThat(peer.holders(1)).hasSize(1);
    } finally {
      server.stop(0);
    }
  }
}
