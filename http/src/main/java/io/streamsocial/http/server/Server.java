package io.streamsocial.http.server;

import io.streamsocial.http.api.Handler;
import io.streamsocial.http.api.OwnEndpoint;
import io.streamsocial.http.auth.SecuritySettings;
import io.streamsocial.http.net.HttpLimits;
import io.streamsocial.processor.ClientFigures;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.InstanceAddress;
import io.streamsocial.processor.loop.Engine;
import io.streamsocial.processor.metrics.ResourceMetrics;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP server of an engine with all that belongs to it: the API, the dashboard, the routing
 * between instances, a producer for posts that come over HTTP, the meters of both, and endpoints of
 * the program that opens it. Thread-safe.
 *
 * <pre>{@code
 * Engine engine = Engine.open(config);
 * Server server = Server.builder(engine).endpoint("GET", "/api/orders/{shop}", handler).start();
 * }</pre>
 *
 * <p>The process lives for as long as the server is open. When the engine has failed, {@code
 * /livez} and {@code /api/health} say why, and whoever looks after the process starts it again; a
 * program that would rather end at once watches {@link Engine#failure}.
 *
 * <p>To end in order, {@link #announceStop}, close the engine, {@link #drain}, {@link #close}:
 * while the engine hands its partitions over, others can still read them here.
 */
public final class Server implements AutoCloseable {
  private final KafkaPosts posts;
  private final HttpServer http;
  private final ProcessAnchor anchor = new ProcessAnchor();

  private Server(KafkaPosts posts, HttpServer http) {
    this.posts = posts;
    this.http = http;
  }

  /**
   * @param engine that is open and has not joined its group yet; stays the caller's
   */
  public static Builder builder(Engine engine) {
    return new Builder(engine);
  }

  /** What a server is started with; each setting has a default. Not thread-safe. */
  public static final class Builder {
    private final Engine engine;
    private final List<OwnEndpoint> endpoints = new ArrayList<>();
    private @Nullable ServerOptions options;
    private String host = "127.0.0.1";
    private int port = ServerOptions.PORT;
    private HttpLimits limits = HttpLimits.defaults();
    private SecuritySettings security = SecuritySettings.OPEN;
    private boolean isNetworkTrusted;

    private Builder(Engine engine) {
      this.engine = engine;
    }

    /**
     * The address to listen on; 127.0.0.1 and 8080 otherwise.
     *
     * @param host 0.0.0.0 for every address of the machine
     * @param port 0 for a free one
     */
    public Builder listen(String host, int port) {
      this.host = host;
      this.port = port;
      return this;
    }

    /** What clients may take; {@link HttpLimits#defaults} otherwise. */
    public Builder limits(HttpLimits value) {
      limits = value;
      return this;
    }

    /** Tokens, TLS and the rights of callers; otherwise none are asked for. */
    public Builder security(SecuritySettings value) {
      security = value;
      return this;
    }

    /** The network keeps strangers out, so that another address than loopback needs no tokens. */
    public Builder trustNetwork() {
      isNetworkTrusted = true;
      return this;
    }

    /** All of the settings above, checked by the caller. */
    public Builder options(ServerOptions value) {
      options = value;
      return this;
    }

    /**
     * An endpoint without words in the API's description.
     *
     * @param method GET, which also answers HEAD, or POST
     * @param template the path; its last segment may be {@code {name}}
     */
    public Builder endpoint(String method, String template, Handler handler) {
      return endpoint(OwnEndpoint.of(method, template, handler));
    }

    /** Not to be changed afterwards. */
    public Builder endpoint(OwnEndpoint endpoint) {
      endpoints.add(endpoint);
      return this;
    }

    /**
     * Listens, and then has the engine join its group with this server's address.
     *
     * @throws ConfigException with all that is wrong with settings and endpoints; nothing is left
     *     running, and the engine has not joined
     * @throws IOException when the address cannot be bound, likewise
     */
    public Server start() throws IOException {
      ServerOptions complete = options == null ? complete() : options;
      KafkaPosts posts = KafkaPosts.connect(engine.config(), complete.limits());
      try {
        HttpServer http =
            HttpServer.start(
                complete,
                engine.queries(),
                engine::status,
                engine.snapshots(),
                posts,
                engine.clocks(),
                endpoints);
        try {
          bindMeters(posts, http.metrics());
          engine.afterStepBack(posts::renew);
          engine.join(http.advertised(), http.peerSnapshots());
          return new Server(posts, http);
        } catch (RuntimeException e) {
          http.close();
          throw e;
        }
      } catch (IOException | RuntimeException e) {
        posts.close();
        throw e;
      }
    }

    private ServerOptions complete() {
      if (!isNetworkTrusted && security.tokens() == null && !isLoopback()) {
        throw new ConfigException(
            "host is %s, so everybody who reaches it could read and post: give security with a file of tokens; or trustNetwork(), when the network keeps strangers out; or listen on 127.0.0.1"
                .formatted(host));
      }
      return ServerOptions.of(engine.config(), host, port, limits, security);
    }

    private boolean isLoopback() {
      try {
        return InetAddress.getByName(host).isLoopbackAddress();
      } catch (UnknownHostException e) {
        throw new ConfigException("host is '%s': no address is known by this name".formatted(host));
      }
    }

    private void bindMeters(KafkaPosts posts, Metrics metrics) {
      ResourceMetrics resources =
          new ResourceMetrics(
              engine,
              () -> {
                List<ClientFigures> all = new ArrayList<>(engine.figures().clients());
                posts.figures().ifPresent(all::add);
                return all;
              },
              metrics.registry());
      metrics.beforeScrape(resources::refresh);
    }
  }

  /** The port that it listens on. */
  public int port() {
    return http.port();
  }

  /** The address that is announced to the other instances. */
  public InstanceAddress advertised() {
    return http.advertised();
  }

  /** For meters of other parts of the program. */
  public Metrics metrics() {
    return http.metrics();
  }

  /** Readiness off; requests are answered as before. */
  public void announceStop() {
    http.announceStop();
  }

  /**
   * Readiness off, no new connections; a request under way is finished. Returns when all
   * connections are closed, or after the timeout.
   */
  public void drain(Duration timeout) {
    http.drain(timeout);
  }

  /** Idempotent; at most about four seconds. The engine stays open. */
  @Override
  public void close() {
    try {
      http.close();
      posts.close();
    } finally {
      anchor.close();
    }
  }
}
