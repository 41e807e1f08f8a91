package io.streamsocial.http.peers;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.streamsocial.http.auth.Security;
import io.streamsocial.http.auth.SecuritySettings;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.snapshots.SnapshotSource;
import java.net.URI;
import java.util.List;

/**
 * An instance by its address, asked for its state by a program that is no member of the group. It
 * may be any instance of the application. Its opener closes it.
 */
public final class NamedPeer implements SnapshotSource, AutoCloseable {
  private final URI address;
  private final Security security;
  private final PeerClient client;
  private final SnapshotClient snapshots;

  /**
   * @param address as http://host:port
   * @param connectMs for a connection to be made
   * @param settings the secret and the certificate that instances show each other
   * @throws io.streamsocial.processor.ConfigException when their files cannot be used
   */
  public NamedPeer(URI address, String appId, long connectMs, SecuritySettings settings) {
    this.address = address;
    this.security = Security.open(settings);
    this.client =
        new PeerClient(
            appId, connectMs, Moment::now, new PeerMetrics(new SimpleMeterRegistry()), security);
    this.snapshots = new SnapshotClient(client, appId);
  }

  @Override
  public List<Holder> holders(int partition) {
    return List.of(snapshots.holder("the instance at " + address, address));
  }

  @Override
  public void close() {
    client.close();
    security.close();
  }
}
