package io.streamsocial.http.server;

import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.streamsocial.http.BoundedPool;
import io.streamsocial.http.Endpoint;
import io.streamsocial.http.RequestId;
import io.streamsocial.http.Resource;
import io.streamsocial.http.Trace;
import io.streamsocial.http.api.Api;
import io.streamsocial.http.api.Health;
import io.streamsocial.http.api.OwnEndpoint;
import io.streamsocial.http.api.OwnEndpoints;
import io.streamsocial.http.api.PostJudge;
import io.streamsocial.http.api.PostSink;
import io.streamsocial.http.api.TrendingAnswer;
import io.streamsocial.http.api.TrendingAnswers;
import io.streamsocial.http.api.TrendingParameters;
import io.streamsocial.http.auth.Security;
import io.streamsocial.http.live.StreamMetrics;
import io.streamsocial.http.live.TrendStreams;
import io.streamsocial.http.net.HttpLimits;
import io.streamsocial.http.net.HttpListener;
import io.streamsocial.http.net.NettyMeters;
import io.streamsocial.http.peers.Answered;
import io.streamsocial.http.peers.InputIds;
import io.streamsocial.http.peers.InstanceGroup;
import io.streamsocial.http.peers.ReadOptions;
import io.streamsocial.http.peers.ThisInstance;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.InstanceAddress;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.metrics.IncidentMetrics;
import io.streamsocial.processor.metrics.StatusMetrics;
import io.streamsocial.processor.snapshots.ServedSnapshots;
import io.streamsocial.processor.snapshots.SnapshotSource;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.Trending;
import io.streamsocial.store.Windowing;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP server of one instance. Its starter closes it, before the engine that it reads; it owns
 * its event loops, its two pools, its side of the group and its meters, not the sink and not the
 * queries.
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
  private static final long QUIET_MS = 5_000;

  private final ThisInstance self;
  private final BoundedPool reads;
  private final BoundedPool writes;
  private final Metrics metrics = new Metrics();
  private final Incidents incidents = new Incidents();
  private final InstanceGroup group;
  private final Security security;
  private final EventLoopGroup eventLoops;
  private final Web web;
  private final HttpListener listener;

  private HttpServer(
      ServerOptions options,
      Queries queries,
      Supplier<EngineStatus> status,
      @Nullable ServedSnapshots snapshots,
      PostSink posts,
      Supplier<Moment> clock,
      Security security,
      List<OwnEndpoint> endpoints)
      throws IOException {
    this.security = security;
    HttpLimits limits = options.limits();
    Windowing windowing = options.windowing();
    self = new ThisInstance(options.instanceId(), options.peers(), status);
    reads =
        new BoundedPool("http-read", limits.readThreads(), limits.readQueue(), this::readRefused);
    writes = new BoundedPool("http-write", WRITE_THREADS, WRITE_QUEUE);
    group =
        new InstanceGroup(
            self,
            queries,
            reads,
            snapshots,
            clock,
            windowing,
            security,
            metrics.registry(),
            incidents);
    eventLoops =
        new MultiThreadIoEventLoopGroup(
            new DefaultThreadFactory("http-loop", true), NioIoHandler.newFactory());
    bindMeters(queries, clock);
    TrendingParameters parameters =
        new TrendingParameters(windowing, () -> InputIds.of(self.status()));
    TrendingAnswers trending =
        new TrendingAnswers(
            queries,
            group.router(),
            windowing,
            parameters,
            options.peers().publishMs(),
            group::shared);
    TrendStreams streams =
        new TrendStreams(
            eventLoops.next(),
            question -> plain(trending, question, clock.get()),
            clock,
            new StreamMetrics(metrics.registry(), limits.maxStreams()));
    try {
      web =
          new Web(
              api(options, queries, posts, parameters, trending),
              countsHashtags(queries)
                  ? Web.live(streams, parameters, limits, options.security().corsOrigins())
                  : List.of(),
              streams,
              queries.views().all(),
              builtIn ->
                  OwnEndpoints.resources(endpoints, reads, group.router(), queries, builtIn));
    } catch (ConfigException e) {
      closeParts();
      throw e;
    }
    listener = listen(options, clock);
    group.start();
    var unused =
        eventLoops
            .next()
            .scheduleWithFixedDelay(this::endQuiet, QUIET_MS, 1_000, TimeUnit.MILLISECONDS);
    web.start();
  }

  /** Whether there are posts and trends at all: other engines count views of other records. */
  private static boolean countsHashtags(Queries queries) {
    return queries.views().find(TopicNames.STORE).isPresent();
  }

  /** The paths of the server, but those of the pages and streams. */
  private List<Resource> api(
      ServerOptions options,
      Queries queries,
      PostSink posts,
      TrendingParameters parameters,
      TrendingAnswers trending) {
    Windowing windowing = options.windowing();
    List<Resource> api = new ArrayList<>();
    if (countsHashtags(queries)) {
      api.addAll(
          Api.trends(
              queries, group.router(), self, windowing, parameters, trending, group::shared));
      api.add(
          Api.posts(
              posts,
              writes,
              new PostJudge.Bounds(options.maxFuture(), options.maxPostBytes(), windowing),
              self,
              incidents));
    }
    api.addAll(Api.views(queries, group.router(), parameters));
    api.addAll(Api.instance(self, group.members(), queries.views().all()));
    api.addAll(group.resources());
    api.add(Resource.get("/metrics", Endpoint.direct(metrics)));
    return api;
  }

  private void bindMeters(Queries queries, Supplier<Moment> clock) {
    MeterRegistry registry = metrics.registry();
    BooleanSupplier ready = () -> Health.of(self, group.members().group(), clock.get()).isReady();
    metrics.beforeScrape(new StatusMetrics(self::status, queries, clock, ready, registry)::refresh);
    metrics.beforeScrape(new GroupMetrics(self, group, registry)::refresh);
    IncidentMetrics.bind(incidents, IncidentMetrics.OF_THE_SERVER, registry);
    reads.bindTo(registry);
    writes.bindTo(registry);
    NettyMeters.bind(eventLoops, registry);
  }

  private HttpListener listen(ServerOptions options, Supplier<Moment> clock) throws IOException {
    try {
      return new HttpListener(
          new InetSocketAddress(options.host(), options.port()),
          options.limits(),
          options.security(),
          security,
          web.resources(),
          eventLoops,
          clock,
          metrics.registry());
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  /** The answer for a reader that accepts any state, as the live streams do. */
  private static CompletionStage<TrendingAnswer> plain(
      TrendingAnswers trending, Trending.Question question, Moment now) {
    Trace trace = new Trace(RequestId.of(null), "");
    return trending.of(trace, question, ReadOptions.NONE, now).thenApply(Answered::answer);
  }

  /**
   * Listens when it returns.
   *
   * @param status never blocks; called on event loops
   * @param snapshots of its state, for other instances; null to give none
   * @param posts stays the caller's, to be closed after the server
   * @param endpoints of the program that embeds the server, beside the server's own
   * @throws IOException when the address cannot be bound
   * @throws ConfigException when certificates or secrets cannot be used, or an endpoint does not
   *     fit
   */
  public static HttpServer start(
      ServerOptions options,
      Queries queries,
      Supplier<EngineStatus> status,
      @Nullable ServedSnapshots snapshots,
      PostSink posts,
      Supplier<Moment> clock,
      List<OwnEndpoint> endpoints)
      throws IOException {
    Security security = Security.open(options.security());
    return new HttpServer(options, queries, status, snapshots, posts, clock, security, endpoints);
  }

  /** The other instances as those that have state which this one lacks. */
  public SnapshotSource peerSnapshots() {
    return group.snapshots();
  }

  private void readRefused() {
    if (!self.isStopping()) {
      incidents.begin(
          Incidents.Kind.READS_REFUSED,
          "http-read",
          "more queries than the read pool takes: they are refused with 503; see --read-threads and --read-queue");
    }
  }

  /** Refusals come and go by the millisecond: an incident ends when there was none for a while. */
  private void endQuiet() {
    incidents.endQuiet(Incidents.Kind.READS_REFUSED, QUIET_MS, "no query was refused for 5 s");
    incidents.endQuiet(Incidents.Kind.POSTS_REFUSED, 2 * QUIET_MS, "no post was refused for 10 s");
  }

  /** The route table. */
  public List<Resource> resources() {
    return web.resources();
  }

  /** For meters of other parts of the process. */
  public Metrics metrics() {
    return metrics;
  }

  /** The figures of the live streams. */
  public StreamMetrics streamMetrics() {
    return web.streamMetrics();
  }

  /** Where other instances reach this one, from now on. */
  public InstanceAddress advertised() {
    return self.advertised(port());
  }

  /** The port that it listens on. */
  public int port() {
    return listener.port();
  }

  /** Readiness off; every request is answered as before, but new clients should go elsewhere. */
  public void announceStop() {
    self.stop();
  }

  /**
   * Readiness off, no new connections, idle ones closed; a connection with a request under way
   * finishes it. Returns when all are closed, or after the timeout. {@link #close()} ends what is
   * left.
   */
  public void drain(Duration timeout) {
    self.stop();
    listener.drain(timeout.toMillis());
  }

  /** Idempotent; at most about two seconds. */
  @Override
  public void close() {
    self.stop();
    web.close();
    closeParts();
  }

  private void closeParts() {
    reads.close(Duration.ofMillis(500));
    writes.close(Duration.ofMillis(500));
    eventLoops.shutdownGracefully(0, 500, TimeUnit.MILLISECONDS).awaitUninterruptibly(1_000);
    group.close();
    security.close();
    metrics.close();
  }
}
