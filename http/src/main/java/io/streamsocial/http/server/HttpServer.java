package io.streamsocial.http.server;

import io.micrometer.core.instrument.Gauge;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.streamsocial.http.BoundedPool;
import io.streamsocial.http.Endpoint;
import io.streamsocial.http.Resource;
import io.streamsocial.http.api.Api;
import io.streamsocial.http.api.PostReader;
import io.streamsocial.http.api.PostSink;
import io.streamsocial.http.auth.Security;
import io.streamsocial.http.auth.SecuritySettings;
import io.streamsocial.http.live.StreamMetrics;
import io.streamsocial.http.net.AddressConnections;
import io.streamsocial.http.net.Admission;
import io.streamsocial.http.net.ConnectionSetup;
import io.streamsocial.http.net.Dispatcher;
import io.streamsocial.http.net.HttpLimits;
import io.streamsocial.http.net.HttpMetrics;
import io.streamsocial.http.net.MessageChecks;
import io.streamsocial.http.net.NettyMeters;
import io.streamsocial.http.net.RequestHandler;
import io.streamsocial.http.peers.LocalParts;
import io.streamsocial.http.peers.Members;
import io.streamsocial.http.peers.PeerClient;
import io.streamsocial.http.peers.PeerEndpoints;
import io.streamsocial.http.peers.PeerMetrics;
import io.streamsocial.http.peers.PeerOptions;
import io.streamsocial.http.peers.Peers;
import io.streamsocial.http.peers.Router;
import io.streamsocial.http.peers.StatusExchange;
import io.streamsocial.http.peers.ThisInstance;
import io.streamsocial.http.peers.VersionWatch;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.store.Windowing;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The HTTP server of one instance. Whoever starts it closes it, before the engine that it reads; it
 * owns its event loops, its two pools, its timer, its client of other instances and its meters, not
 * the sink and not the queries.
 *
 * <pre>
 *   client --> event loop: decode, check, heads --> answer
 *                  |  may block                       ^
 *                  +--> read pool (RocksDB) ----------+
 *                  +--> write pool --> Kafka acks ----+
 *                  +--> other instances --------------+
 * </pre>
 */
public final class HttpServer implements AutoCloseable {
  private static final int WRITE_THREADS = 4;
  private static final int WRITE_QUEUE = 64;
  private static final int TIMER_THREADS = 2;
  private static final long QUIET_MS = 5_000;

  private final ThisInstance self;
  private final BoundedPool reads;
  private final BoundedPool writes;
  private final Metrics metrics = new Metrics();
  private final Incidents incidents = new Incidents();
  private final ChannelGroup connections =
      new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
  private final ScheduledExecutorService timer = timer();
  private final PeerClient client;
  private final Security security;
  private final EventLoopGroup eventLoops;
  private final Web web;
  private final Channel listening;

  private HttpServer(
      ServerOptions options,
      Queries queries,
      Supplier<EngineStatus> status,
      PostSink posts,
      InstantSource clock,
      Security security)
      throws IOException {
    this.security = security;
    HttpLimits limits = options.limits();
    PeerOptions peerOptions = options.peers();
    self = new ThisInstance(options.instanceId(), peerOptions, status);
    reads =
        new BoundedPool("http-read", limits.readThreads(), limits.readQueue(), this::readRefused);
    writes = new BoundedPool("http-write", WRITE_THREADS, WRITE_QUEUE);
    new EngineMetrics(self, metrics.registry()).register();
    PeerMetrics peerMetrics = new PeerMetrics(metrics.registry());
    client = new PeerClient(status.get().appId(), peerOptions.timeoutMs(), peerMetrics, security);
    VersionWatch watch = new VersionWatch(queries::version, timer, peerOptions.waitersMax());
    LocalParts local = new LocalParts(queries, reads, watch, clock);
    Peers peers = new Peers(options.instanceId(), incidents);
    StatusExchange exchange =
        new StatusExchange(
            self, peers, client, timer, clock, options.window().toMillis(), peerOptions.statusMs());
    Router router =
        new Router(
            new Router.Parts(self, queries, local, peers, client, exchange, timer, peerMetrics),
            peerOptions);
    peerMetrics.gauges(peers, router, watch);
    Members members = new Members(self, peers, router, queries);
    HealthMetrics health =
        new HealthMetrics(self, members, peers, queries, clock, metrics.registry());
    metrics.beforeScrape(health::refresh);
    IncidentMetrics.bind(incidents, IncidentMetrics.OF_THE_SERVER, metrics.registry());
    reads.bindTo(metrics.registry());
    writes.bindTo(metrics.registry());
    Gauge.builder("streamsocial.http.connections", connections, ChannelGroup::size)
        .description("Open connections")
        .register(metrics.registry());
    eventLoops =
        new MultiThreadIoEventLoopGroup(
            new DefaultThreadFactory("http-loop", true), NioIoHandler.newFactory());
    NettyMeters.bind(eventLoops, metrics.registry());
    SecuritySettings settings = options.security();
    Windowing windowing = options.windowing();
    List<Resource> api = new ArrayList<>();
    api.addAll(
        Api.queries(
            queries, router, self, windowing, peerOptions.publishMs(), peerMetrics::shared));
    api.addAll(Api.instance(self, members, windowing));
    api.add(
        Api.posts(
            posts,
            writes,
            new PostReader.Bounds(options.maxFuture(), options.maxPostBytes()),
            incidents));
    api.addAll(new PeerEndpoints(self, local, windowing).resources());
    api.add(Resource.get("/metrics", Endpoint.direct(metrics)));
    web =
        new Web(api, limits, settings.corsOrigins(), eventLoops.next(), clock, metrics.registry());
    AddressConnections addresses = new AddressConnections(settings.addresses());
    Admission gate = new Admission(security, settings, addresses);
    Dispatcher dispatcher = new Dispatcher(web.resources(), new MessageChecks(limits), gate, clock);
    ConnectionSetup setup =
        new ConnectionSetup(
            limits,
            dispatcher,
            new HttpMetrics(metrics.registry()),
            connections,
            security,
            new ConnectionSetup.Rules(settings.corsOrigins(), addresses, isHsts(options)));
    ChannelFuture bound = bind(options, setup);
    if (!bound.isSuccess()) {
      close();
      throw new IOException(
          "cannot listen on %s:%d: %s"
              .formatted(options.host(), options.port(), bound.cause().getMessage()),
          bound.cause());
    }
    listening = bound.channel();
    exchange.start();
    var unused =
        timer.scheduleWithFixedDelay(this::endQuiet, QUIET_MS, 1_000, TimeUnit.MILLISECONDS);
    web.start();
  }

  /**
   * Listens when it returns.
   *
   * @param status never blocks; called on event loops
   * @param posts stays the caller's, who closes it after the server
   * @throws IOException when the address cannot be bound
   * @throws io.streamsocial.processor.ConfigException when certificates or secrets cannot be used
   */
  public static HttpServer start(
      ServerOptions options,
      Queries queries,
      Supplier<EngineStatus> status,
      PostSink posts,
      InstantSource clock)
      throws IOException {
    Security security = Security.open(options.security());
    return new HttpServer(options, queries, status, posts, clock, security);
  }

  /** Told of a loopback address, a browser would refuse every plain server on it from then on. */
  private static boolean isHsts(ServerOptions options) {
    return options.security().tls().cert() != null
        && !new InetSocketAddress(options.host(), 0).getAddress().isLoopbackAddress();
  }

  private ChannelFuture bind(ServerOptions options, ConnectionSetup setup) {
    return new ServerBootstrap()
        .group(eventLoops)
        .channel(NioServerSocketChannel.class)
        .option(ChannelOption.SO_BACKLOG, 1_024)
        .option(ChannelOption.SO_REUSEADDR, true)
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childOption(ChannelOption.AUTO_READ, false)
        .childHandler(setup)
        .bind(options.host(), options.port())
        .awaitUninterruptibly();
  }

  private void readRefused() {
    if (!self.isStopping()) {
      incidents.begin(
          Incidents.Kind.READS_REFUSED,
          "http-read",
          "more queries than the read pool takes: they are refused with 503; see --read-threads and --read-queue");
    }
  }

  /** What comes and goes by the millisecond is over when it has not come for a while. */
  private void endQuiet() {
    incidents.endQuiet(Incidents.Kind.READS_REFUSED, QUIET_MS, "no query was refused for 5 s");
    incidents.endQuiet(Incidents.Kind.POSTS_REFUSED, 2 * QUIET_MS, "no post was refused for 10 s");
  }

  /** The route table. */
  public List<Resource> resources() {
    return web.resources();
  }

  /** For what else of the process has meters. */
  public Metrics metrics() {
    return metrics;
  }

  /** What the live streams count. */
  public StreamMetrics streamMetrics() {
    return web.streamMetrics();
  }

  /** For deadlines, hedges and those who wait: a look or a hand-over each, never work. */
  private static ScheduledExecutorService timer() {
    ScheduledThreadPoolExecutor timer =
        new ScheduledThreadPoolExecutor(
            TIMER_THREADS, new DefaultThreadFactory("http-timer", true));
    timer.setRemoveOnCancelPolicy(true);
    return timer;
  }

  /** Where other instances reach this one, from now on. */
  public io.streamsocial.processor.InstanceAddress advertised() {
    return self.advertised(port());
  }

  /** The port that it listens on. */
  public int port() {
    return ((InetSocketAddress) listening.localAddress()).getPort();
  }

  /** Readiness off; everything is answered as before. Whoever asks anew shall ask others. */
  public void announceStop() {
    self.stop();
  }

  /**
   * Readiness off, no new connections, idle ones closed; those with a request under way finish it.
   * Returns when all are closed, or after the timeout. {@link #close()} ends what is left.
   */
  public void drain(Duration timeout) {
    self.stop();
    listening.close().awaitUninterruptibly(timeout.toMillis());
    for (Channel connection : connections) {
      connection.pipeline().fireUserEventTriggered(RequestHandler.DRAIN);
    }
    connections.newCloseFuture().awaitUninterruptibly(timeout.toMillis());
  }

  /** Idempotent; at most about two seconds. */
  @Override
  public void close() {
    self.stop();
    reads.close(Duration.ofMillis(500));
    writes.close(Duration.ofMillis(500));
    web.close();
    eventLoops.shutdownGracefully(0, 500, TimeUnit.MILLISECONDS).awaitUninterruptibly(1_000);
    timer.shutdownNow();
    client.close();
    security.close();
    metrics.close();
  }
}
