package io.streamsocial.http.peers;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.streamsocial.http.auth.Security;
import io.streamsocial.http.auth.SecuritySettings;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.snapshots.SnapshotSource;
import io.streamsocial.store.snapshots.SnapshotException;
import java.net.URI;
import java.util.List;

/**
 * An instance by its address, asked for its state by a program that is no member of the group. It
 * may be any instance of the application. One that cannot be reached, or is none of the
 * application, is asked once: each attempt costs seconds. Its opener closes it.
 */
public final class NamedPeer implements SnapshotSource, AutoCloseable {
  private final URI address;
  private final Security security;
  private final PeerClient client;
  private final SnapshotClient snapshots;
  private volatile boolean isGivenUp;

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
            appId,
            "http".equals(address.getScheme()),
            connectMs,
            Moment::now,
            new PeerMetrics(new SimpleMeterRegistry()),
            security);
    this.snapshots = new SnapshotClient(client, appId);
  }

  @Override
  public List<Holder> holders(int partition) {
    return isGivenUp ? List.of() : List.of(new Asked());
  }

  private final class Asked implements Holder {
    private final Holder holder = snapshots.holder("the instance at " + address, address);

    @Override
    public String name() {
      return holder.name();
    }

    @Override
    public Remote open(int partition) throws SnapshotException, InterruptedException {
      try {
        return holder.open(partition);
      } catch (SnapshotException e) {
        if (!isAnswer(e)) {
          isGivenUp = true;
          throw new SnapshotException(
              "%s; it is not asked again: is it running, and is this the address where it says that it listens?"
                  .formatted(e.getMessage()),
              e);
        }
        throw e;
      }
    }
  }

  /** Whether it has answered: then another partition may be there. */
  private static boolean isAnswer(SnapshotException e) {
    return e.getCause() instanceof PeerException failure
        && switch (failure.kind()) {
          case UNABLE, OVERLOADED, CANCELLED -> true;
          case REFUSED, FAILED, TIMEOUT, REJECTED -> false;
        };
  }

  @Override
  public void close() {
    client.close();
    security.close();
  }
}
