package io.streamsocial.cli.faults;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The way from a port of the loopback interface to a server, that can be cut. A connection takes
 * two threads. Methods may be called from any thread.
 */
final class Link implements AutoCloseable {
  /** What becomes of bytes and connections. */
  enum State {
    WHOLE,
    /** Nothing gets through, and nobody is told: what was sent meanwhile arrives afterwards. */
    SILENT,
    /** Connections break, and new ones are refused. */
    BROKEN
  }

  private final ServerSocket door;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private State state = State.WHOLE;
  private int target;

  Link() throws IOException {
    door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    start("link-" + port(), this::accept);
  }

  /** Where clients come to. */
  int port() {
    return door.getLocalPort();
  }

  /** The port that it leads to from now on; until the first call it leads nowhere. */
  synchronized void leadTo(int port) {
    target = port;
  }

  void be(State next) {
    synchronized (this) {
      state = next;
      notifyAll();
    }
    if (next == State.BROKEN) {
      open.forEach(Link::end);
    }
  }

  /** Returns once something is to be done with a connection or bytes: 0 for to break it. */
  private synchronized int awaitWay() throws InterruptedException {
    while (state == State.SILENT) {
      wait();
    }
    return state == State.WHOLE ? target : 0;
  }

  private void accept() throws IOException, InterruptedException {
    while (true) {
      Socket client = door.accept();
      int way = awaitWay();
      if (way == 0) {
        end(client);
        continue;
      }
      try {
        Socket server = new Socket(InetAddress.getLoopbackAddress(), way);
        connect(client, server);
      } catch (IOException e) { // nobody listens there just now
        end(client);
      }
    }
  }

  private void connect(Socket client, Socket server) throws IOException {
    client.setTcpNoDelay(true);
    server.setTcpNoDelay(true);
    open.add(client);
    open.add(server);
    start("link-" + port() + "-there", () -> carry(client, server));
    start("link-" + port() + "-back", () -> carry(server, client));
  }

  private void carry(Socket from, Socket to) throws InterruptedException {
    byte[] bytes = new byte[64 << 10];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int n = in.read(bytes); n >= 0 && awaitWay() != 0; n = in.read(bytes)) {
        out.write(bytes, 0, n);
      }
    } catch (IOException e) {
      // One side is gone: the other one learns it below.
    } finally {
      end(from);
      end(to);
      open.remove(from);
      open.remove(to);
    }
  }

  private static void end(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // Then it is closed already.
    }
  }

  @FunctionalInterface
  private interface Work {
    void run() throws IOException, InterruptedException;
  }

  private static void start(String name, Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException e) { // closed
                return;
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            name);
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    door.close();
    be(State.BROKEN);
  }
}
