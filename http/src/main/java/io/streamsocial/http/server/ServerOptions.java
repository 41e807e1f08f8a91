package io.streamsocial.http.server;

import io.streamsocial.http.auth.SecuritySettings;
import io.streamsocial.http.net.HttpLimits;
import io.streamsocial.http.peers.PeerOptions;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.store.Windowing;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;

/**
 * The settings of the server, complete before it starts.
 *
 * @param host address to bind
 * @param port to bind; 0 for a free one
 * @param instanceId this instance's name in the answers
 * @param window size of the windows that the state is counted in
 * @param grace how long after its end a window still counts
 * @param retention how long a closed window stays readable
 * @param maxFuture a post dated further ahead of the wall clock is refused, as at ingest
 * @param maxPostBytes a larger post is refused, as at ingest
 * @param limits what clients may take
 * @param peers how it meets other instances
 * @param security the rights of callers
 */
public record ServerOptions(
    String host,
    int port,
    String instanceId,
    Duration window,
    Duration grace,
    Duration retention,
    Duration maxFuture,
    int maxPostBytes,
    HttpLimits limits,
    PeerOptions peers,
    SecuritySettings security) {

  /** Where nothing else is said. */
  public static final int PORT = 8080;

  /**
   * For the server of an engine. Others reach it by a name that fits the host.
   *
   * @param port 0 for a free one
   */
  public static ServerOptions of(
      EngineConfig engine, String host, int port, HttpLimits limits, SecuritySettings security) {
    PeerOptions peers =
        new PeerOptions(
            reachableHost(host),
            0,
            PeerOptions.TIMEOUT_MS,
            engine.cadence().publishMs(),
            PeerOptions.WAITERS_MAX,
            PeerOptions.QUERIES_MAX);
    return of(engine, host, port, limits, peers, security);
  }

  /**
   * The same for one that others reach in some other way.
   *
   * @param port 0 for a free one
   */
  public static ServerOptions of(
      EngineConfig engine,
      String host,
      int port,
      HttpLimits limits,
      PeerOptions peers,
      SecuritySettings security) {
    return new ServerOptions(
        host,
        port,
        engine.identity().instanceId(),
        engine.windows().window(),
        engine.windows().grace(),
        engine.windows().retention(),
        engine.posts().maxFuture(),
        engine.posts().maxPostBytes(),
        limits,
        peers,
        security);
  }

  /** A host name by which other instances probably reach one that listens on this host. */
  public static String reachableHost(String host) {
    try {
      InetAddress address = InetAddress.getByName(host);
      if (address.isLoopbackAddress()) {
        return "localhost";
      }
      return address.isAnyLocalAddress() ? InetAddress.getLocalHost().getHostName() : host;
    } catch (UnknownHostException e) {
      // A machine that does not know its own name: it can at least reach itself.
      return "localhost";
    }
  }

  public ServerOptions onPort(int other) {
    return new ServerOptions(
        host,
        other,
        instanceId,
        window,
        grace,
        retention,
        maxFuture,
        maxPostBytes,
        limits,
        peers,
        security);
  }

  Windowing windowing() {
    return new Windowing(window.toMillis(), grace.toMillis(), retention.toMillis());
  }
}
