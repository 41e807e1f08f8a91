package io.streamsocial.http.server;

import io.streamsocial.http.auth.SecuritySettings;
import io.streamsocial.http.net.HttpLimits;
import io.streamsocial.http.peers.PeerOptions;
import io.streamsocial.store.Windowing;
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
