package io.streamsocial.http;

import static org.awaitility.Awaitility.await;

import io.streamsocial.processor.Endpoint;
import io.streamsocial.processor.RoutingTable;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.IntFunction;

/** Several real servers over one recount, and a routing table made by hand. */
final class TestCluster implements AutoCloseable {
  /** Generous, as nothing should wait for it, or for its third, but where a test says so. */
  static final long TIMEOUT_MS = 30_000;

  final List<TestServer> servers = new ArrayList<>();
  private final List<RoutingTable.Instance> instances = new ArrayList<>();
  private int epoch;

  TestCluster(int size) {
    this(size, TestServer.peers(TIMEOUT_MS));
  }

  TestCluster(int size, PeerOptions peers) {
    this(size, peers, unused -> SecuritySettings.OPEN);
  }

  /** Each with rules of its own. */
  TestCluster(int size, IntFunction<SecuritySettings> security) {
    this(size, TestServer.peers(TIMEOUT_MS), security);
  }

  private TestCluster(int size, PeerOptions peers, IntFunction<SecuritySettings> security) {
    InMemoryTrends first = new InMemoryTrends(TestServer.WINDOW_MS);
    for (int i = 0; i < size; i++) {
      ServerOptions options =
          TestServer.options(Integer.toString(i), HttpLimits.defaults(), peers, security.apply(i));
      servers.add(new TestServer(options, i == 0 ? first : first.twin()));
    }
  }

  /** What one instance shall have; to be given to {@link #route}. */
  record Share(List<Integer> active, List<Integer> standby) {
    static Share of(List<Integer> active) {
      return new Share(active, List.of());
    }

    static Share of(List<Integer> active, List<Integer> standby) {
      return new Share(active, standby);
    }
  }

  TestServer server(int i) {
    return servers.get(i);
  }

  /** A rebalance: every server has its share, and knows those of all. */
  void route(Share... shares) {
    instances.clear();
    for (int i = 0; i < shares.length; i++) {
      add(i, new Endpoint("localhost", servers.get(i).server.port()), shares[i]);
    }
    settle();
  }

  private void add(int i, Endpoint endpoint, Share share) {
    instances.add(
        new RoutingTable.Instance(
            Integer.toString(i), process(i), endpoint, "", share.active(), share.standby()));
  }

  /** The last of the instances is this one, which is not a server of ours. */
  void routeWithStranger(int port, Share stranger, Share... shares) {
    instances.clear();
    for (int i = 0; i < shares.length; i++) {
      add(i, new Endpoint("localhost", servers.get(i).server.port()), shares[i]);
    }
    add(shares.length, new Endpoint("localhost", port), stranger);
    settle();
  }

  private void settle() {
    epoch++;
    for (int i = 0; i < Math.min(servers.size(), instances.size()); i++) {
      tell(i);
      hold(i, instances.get(i).active(), instances.get(i).standby());
    }
  }

  /** The server learns of the last table. */
  void tell(int i) {
    servers.get(i).status = Statuses.in(table(), Integer.toString(i), Set.of());
  }

  RoutingTable table() {
    return new RoutingTable(epoch, instances);
  }

  /** What a server can read, whatever the table says. */
  void hold(int i, List<Integer> active, List<Integer> standby) {
    Set<Integer> missing = new HashSet<>(Set.of(0, 1, 2, 3));
    active.forEach(missing::remove);
    standby.forEach(missing::remove);
    InMemoryTrends trends = servers.get(i).trends;
    trends.missing = List.copyOf(missing);
    trends.followed = Set.copyOf(standby);
  }

  /** It is dead when this returns: its loops may end some time after they were told to. */
  void stop(int i) {
    TestServer dead = servers.get(i);
    dead.close();
    await().atMost(TestServer.PATIENCE).until(() -> nobodyListens(dead));
  }

  private static boolean nobodyListens(TestServer server) throws IOException {
    try (Socket accepted = server.connect()) {
      return !accepted.isConnected();
    } catch (ConnectException e) {
      return true;
    }
  }

  static UUID process(int i) {
    return new UUID(7, i);
  }

  /** Tags in every partition, with counts from 1 up and some ties. */
  void addTags(int tags) {
    for (int i = 0; i < tags; i++) {
      String tag = "t".repeat(1 + i % 9) + i;
      String region = i % 3 == 0 ? "US-East" : "EU-West";
      servers.get(0).trends.add(tag, region, TestServer.W0 - (i % 3) * 300_000L, 1 + i / 3);
    }
  }

  /** A sum over all labels, or of one line when the name ends with a label. */
  static double metric(TestServer server, String name) {
    return server
        .get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(name))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  @Override
  public void close() {
    servers.forEach(TestServer::close);
  }
}
