package io.streamsocial.http.peers;

import io.micrometer.core.instrument.MeterRegistry;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.streamsocial.http.BoundedPool;
import io.streamsocial.http.Resource;
import io.streamsocial.http.auth.Security;
import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.snapshots.ServedSnapshots;
import io.streamsocial.processor.snapshots.SnapshotSource;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.store.Windowing;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * This instance among the instances of its application: composes what exchanges statuses with them,
 * what asks them, and what answers them. Owns the client and the timer behind these; closed by the
 * server, which starts the exchange once it listens.
 */
public final class InstanceGroup implements AutoCloseable {
  private static final int TIMER_THREADS = 2;
  private static final long IDLE_LOOK_MS = 5_000;

  private final ScheduledExecutorService timer = timer();
  private final PeerMetrics metrics;
  private final PeerClient client;
  private final Peers peers;
  private final StatusExchange exchange;
  private final Router router;
  private final Members members;
  private final PeerEndpoints endpoints;
  private final SnapshotSource source;
  private final @Nullable SnapshotEndpoints snapshots;

  /**
   * @param queries this instance's own state; stays the caller's, as do the pool and the secrets
   * @param reads runs what reads RocksDB
   * @param served what others fetch from here; null to give them none
   */
  public InstanceGroup(
      ThisInstance self,
      Queries queries,
      BoundedPool reads,
      @Nullable ServedSnapshots served,
      Supplier<Moment> clock,
      Windowing windowing,
      Security security,
      MeterRegistry registry,
      Incidents incidents) {
    PeerOptions options = self.options();
    metrics = new PeerMetrics(registry);
    client =
        new PeerClient(
            self.status().appId(),
            !security.isTls(),
            options.timeoutMs(),
            clock,
            metrics,
            security);
    VersionWatch watch = new VersionWatch(queries, timer, options.waitersMax());
    LocalParts local = new LocalParts(queries, reads, watch, clock);
    peers = new Peers(self.instanceId(), incidents);
    exchange =
        new StatusExchange(
            self, peers, client, timer, clock, windowing.sizeMs(), options.statusMs());
    router = new Router(self, local, peers, client, exchange, timer, metrics);
    members = new Members(self, peers, router, local);
    endpoints = new PeerEndpoints(self, local, windowing);
    String appId = self.status().appId();
    source = new PeerSnapshots(self, peers, router, exchange, new SnapshotClient(client, appId));
    snapshots = served == null ? null : new SnapshotEndpoints(self, served, registry);
    metrics.gauges(peers, router, watch);
  }

  /** For deadlines, hedges and waits: each task looks or hands over, none works. */
  private static ScheduledExecutorService timer() {
    ScheduledThreadPoolExecutor timer =
        new ScheduledThreadPoolExecutor(
            TIMER_THREADS, new DefaultThreadFactory("http-timer", true));
    timer.setRemoveOnCancelPolicy(true);
    return timer;
  }

  /** Begins to exchange statuses. Once. */
  public void start() {
    exchange.start();
    if (snapshots != null) {
      Future<?> unused =
          timer.scheduleWithFixedDelay(
              snapshots::deleteIdle, IDLE_LOOK_MS, IDLE_LOOK_MS, TimeUnit.MILLISECONDS);
    }
  }

  /** The other instances as those that have state which this one lacks. */
  public SnapshotSource snapshots() {
    return source;
  }

  public Router router() {
    return router;
  }

  public Members members() {
    return members;
  }

  /** Whether the circuit breaker is open, for each other instance in the routing table. */
  public Map<String, Boolean> breakers() {
    Map<String, Boolean> breakers = new TreeMap<>();
    peers
        .all()
        .forEach(peer -> breakers.put(peer.instance().instanceId(), peer.breaker().isOpen()));
    return breakers;
  }

  /** The paths by which other instances ask this one. */
  public List<Resource> resources() {
    List<Resource> resources = new ArrayList<>(endpoints.resources());
    if (snapshots != null) {
      resources.addAll(snapshots.resources());
    }
    return resources;
  }

  /** Counts a question that joined an equal one under way. */
  public void shared() {
    metrics.shared();
  }

  /** Ends what is under way, without waiting for it. */
  @Override
  public void close() {
    timer.shutdownNow();
    client.close();
    if (snapshots != null) {
      snapshots.close();
    }
  }
}
