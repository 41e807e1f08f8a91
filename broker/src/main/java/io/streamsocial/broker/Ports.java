package io.streamsocial.broker;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The loopback ports of one cluster. Another process may take a free port before it is bound, so
 * the caller must be ready to choose again.
 *
 * @param clients where node i+1 serves clients
 * @param controllers where node i+1 talks to the other controllers
 * @param further where node i+1 serves the clients of each further listener, in their order
 */
record Ports(List<Integer> clients, List<Integer> controllers, List<List<Integer>> further) {

  static final String HOST = "127.0.0.1";

  static Ports free(int nodes, int listeners) {
    List<Integer> free = freePorts((2 + listeners) * nodes);
    return of(free.subList(0, nodes), free.subList(nodes, free.size()), listeners);
  }

  private static Ports of(List<Integer> clients, List<Integer> others, int listeners) {
    int nodes = clients.size();
    return new Ports(
        clients,
        others.subList(0, nodes),
        IntStream.rangeClosed(1, listeners)
            .mapToObj(i -> others.subList(i * nodes, (i + 1) * nodes))
            .toList());
  }

  /** Clients at {@code first}, first+1, ...; everything else wherever there is room. */
  static Ports from(int first, int nodes, int listeners) {
    List<Integer> clients = IntStream.range(first, first + nodes).boxed().toList();
    List<Integer> others =
        freePorts((2 + listeners) * nodes + nodes).stream()
            .filter(port -> !clients.contains(port))
            .toList();
    return of(clients, others, listeners);
  }

  /** The clients' ports that another process listens on. */
  List<Integer> taken() {
    return clients.stream().filter(port -> !isFree(port)).toList();
  }

  String bootstrap() {
    return bootstrap(clients);
  }

  static String bootstrap(List<Integer> ports) {
    return ports.stream().map(port -> HOST + ":" + port).collect(Collectors.joining(","));
  }

  String voters() {
    return IntStream.rangeClosed(1, controllers.size())
        .mapToObj(node -> node + "@" + HOST + ":" + controllers.get(node - 1))
        .collect(Collectors.joining(","));
  }

  static InetSocketAddress address(int port) throws IOException {
    return new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port);
  }

  /** Whether the port accepts connections. */
  static boolean accepts(int port) {
    try (Socket socket = new Socket()) {
      socket.connect(address(port), 1_000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = bind(port)) {
      return socket.isBound();
    } catch (IOException e) {
      return false;
    }
  }

  private static ServerSocket bind(int port) throws IOException {
    ServerSocket socket = new ServerSocket();
    try {
      // As Kafka binds: a port whose last connections are still in TIME_WAIT is free.
      socket.setReuseAddress(true);
      socket.bind(address(port));
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /** Binds all before it releases any, so that they differ. */
  private static List<Integer> freePorts(int count) {
    List<ServerSocket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        sockets.add(bind(0));
      }
      return sockets.stream().map(ServerSocket::getLocalPort).toList();
    } catch (IOException e) {
      throw new BrokerException("no free port on " + HOST, e);
    } finally {
      for (ServerSocket socket : sockets) {
        try {
          socket.close();
        } catch (IOException e) {
          // Then the port stays taken, and the node fails to start with that message.
        }
      }
    }
  }
}
