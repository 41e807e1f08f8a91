package io.streamsocial.http.peers;

import io.streamsocial.http.JsonFields;
import io.streamsocial.http.Response;
import io.streamsocial.http.Trace;
import io.streamsocial.http.auth.PeerSecret;
import io.streamsocial.http.auth.Security;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.trends.Trending;
import io.streamsocial.processor.views.ViewSchema;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Asks other instances over kept-alive connections. Follows no redirect, reads no more than a
 * correct answer can have, and refuses an answer that does not come from the instance that the
 * routing table names. Any thread asks. The two futures fail with {@link PeerException} only;
 * completing one before its answer has come ends the exchange.
 */
final class PeerClient implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PeerClient.class);
  static final String STATUS_PATH = "/internal/v1/status";
  static final String QUERY_PATH = "/internal/v1/query";
  private static final int THREADS = 4;

  private final String appId;
  private final boolean isPlain;
  private final PeerMetrics metrics;
  private final ExecutorService threads;
  private final long connectMs;
  private final Supplier<Moment> clock;
  private final Security security;
  private volatile @Nullable Secured http;

  /**
   * @param isPlain whether no address that it is given is one with TLS
   * @param connectMs for a connection to be made
   * @param security what this instance presents, and the instances that it trusts; stays the
   *     caller's
   */
  PeerClient(
      String appId,
      boolean isPlain,
      long connectMs,
      Supplier<Moment> clock,
      PeerMetrics metrics,
      Security security) {
    this.clock = clock;
    this.appId = appId;
    this.isPlain = isPlain;
    this.metrics = metrics;
    this.connectMs = connectMs;
    this.security = security;
    AtomicInteger number = new AtomicInteger();
    threads =
        Executors.newFixedThreadPool(
            THREADS,
            task -> {
              Thread thread = new Thread(task, "peer-client-" + number.getAndIncrement());
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * @param tls that the client was made with; null for plain HTTP
   */
  private record Secured(@Nullable SSLContext tls, HttpClient client) {}

  private Secured secured(@Nullable SSLContext tls) {
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(Duration.ofMillis(connectMs))
            .executor(threads);
    if (tls != null) {
      builder.sslContext(tls);
    } else if (isPlain) {
      builder.sslContext(TlsOfNobody.CONTEXT);
    }
    return new Secured(tls, builder.build());
  }

  /**
   * What a client that makes no connection with TLS is given. Java's own context would read all
   * certificates that this machine trusts, for connections that are never made.
   */
  private static final class TlsOfNobody {
    private static final SSLContext CONTEXT = make();

    private static SSLContext make() {
      try {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(new KeyManager[0], new TrustManager[0], null);
        return context;
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("this JVM has no TLS", e);
      }
    }
  }

  /**
   * The first client when somebody is asked first; a new one when the certificates have changed:
   * exchanges under way end with the old one.
   */
  private HttpClient http() {
    SSLContext now = security.clientTls().orElse(null);
    Secured current = http;
    return current == null || current.tls() != now ? renewed(now) : current.client();
  }

  private synchronized HttpClient renewed(@Nullable SSLContext now) {
    Secured current = http;
    if (current == null || current.tls() != now) {
      current = secured(now);
      http = current;
    }
    return current.client();
  }

  private HttpRequest.Builder request(Peer peer, String path) {
    return request(peer.uri(scheme(), path));
  }

  /** A request that shows that this is one of the instances. */
  HttpRequest.Builder request(URI uri) {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri);
    security.peerSecret().ifPresent(secret -> request.header(PeerSecret.HEADER, secret.header()));
    return request;
  }

  String scheme() {
    return security.isTls() ? "https" : "http";
  }

  /** Makes sense of a whole answer. */
  interface Reader<T> {
    T read(HttpResponse<byte[]> response) throws JsonFields.MalformedException, PeerException;
  }

  CompletableFuture<PeerStatus> status(Peer peer) {
    Moment asked = clock.get();
    return exchange(
        () -> request(peer, STATUS_PATH).GET().build(),
        PeerStatus.BYTES_MAX,
        response -> {
          if (response.statusCode() != 200) {
            throw unexpected(response);
          }
          PeerStatus status = PeerStatus.read(response.body(), asked);
          requireSame(peer, status.identity());
          return status;
        });
  }

  <P extends Trending.Part> CompletableFuture<Gathered<P>> query(
      Peer peer, PeerQuery<P> query, Trace trace) {
    Moment asked = clock.get();
    CompletableFuture<Gathered<P>> result =
        exchange(
            () -> {
              HttpRequest.Builder request =
                  request(peer, QUERY_PATH)
                      .header("Content-Type", Response.JSON)
                      .POST(HttpRequest.BodyPublishers.ofByteArray(query.encode()));
              trace.writeTo(request);
              return request.build();
            },
            query.question().replyBytesMax(query.partitions().size()),
            response -> reply(peer, query, response, asked));
    CompletableFuture<Gathered<P>> unused =
        result.whenComplete((reply, failure) -> account(peer, query, trace, reply, failure));
    return result;
  }

  private <P extends Trending.Part> Gathered<P> reply(
      Peer peer, PeerQuery<P> query, HttpResponse<byte[]> response, Moment asked)
      throws JsonFields.MalformedException, PeerException {
    switch (response.statusCode()) {
      case 200 -> {
        JsonFields fields = JsonFields.parse(response.body());
        requireSame(peer, PeerIdentity.read(fields));
        return PeerReply.read(fields, query, asked);
      }
      case 421 -> {
        return Gathered.nothing(query.partitions());
      }
      case 503 ->
          throw new PeerException(PeerException.Kind.OVERLOADED, "it has too much to do just now");
      default -> throw isUnable(query, response) ? unable(query, response) : unexpected(response);
    }
  }

  /**
   * In a rolling restart the other may be without the view (404), or of a version that does not
   * know the question (400); and what fails in the reading of one view (500) says nothing about the
   * others. That it is one of us shows the type of its answer.
   */
  private static boolean isUnable(PeerQuery<?> query, HttpResponse<byte[]> response) {
    int status = response.statusCode();
    return query.question().view().isPresent()
        && (status == 400 || status == 404 || status == 500)
        && response
            .headers()
            .firstValue("Content-Type")
            .filter(type -> type.startsWith(Response.PROBLEM_JSON))
            .isPresent();
  }

  private static PeerException unable(PeerQuery<?> query, HttpResponse<byte[]> response) {
    String view = query.question().view().map(ViewSchema::name).orElseThrow();
    String why =
        switch (response.statusCode()) {
          case 404 -> "it does not count view %s";
          case 400 -> "it is of a version that does not know this question to view %s";
          default -> "it failed to read view %s, see its log";
        };
    return new PeerException(PeerException.Kind.UNABLE, why.formatted(view));
  }

  private PeerException unexpected(HttpResponse<byte[]> response) {
    int status = response.statusCode();
    String more =
        switch (status) {
          case 401, 403 ->
              ": it does not take this instance for one of its application; --peer-secret-file, or"
                  + " this one's --tls-cert and its --tls-client-ca, do not fit together";
          case 400 -> security.isTls() ? "" : ": perhaps it has --tls-cert, which this one has not";
          default -> "";
        };
    return new PeerException(
        PeerException.Kind.REJECTED, "it answered with status " + status + more);
  }

  private void requireSame(Peer peer, PeerIdentity speaker) throws PeerException {
    String mismatch = peer.mismatch(speaker, appId);
    if (!mismatch.isEmpty()) {
      throw new PeerException(PeerException.Kind.REJECTED, mismatch);
    }
  }

  /**
   * Asks on a thread of the client, as already looking up the host's name may take its time.
   *
   * @param bytesMax more than a correct answer has
   * @return fails with {@link PeerException} only
   */
  <T> CompletableFuture<T> exchange(
      Supplier<HttpRequest> request, long bytesMax, Reader<T> reader) {
    CompletableFuture<T> result = new CompletableFuture<>();
    try {
      threads.execute(
          () -> {
            if (!result.isDone()) {
              begin(request, bytesMax, reader, result);
            }
          });
    } catch (RejectedExecutionException e) {
      result.completeExceptionally(
          new PeerException(PeerException.Kind.CANCELLED, "this instance is stopping"));
    }
    return result;
  }

  private <T> void begin(
      Supplier<HttpRequest> request, long bytesMax, Reader<T> reader, CompletableFuture<T> result) {
    CompletableFuture<HttpResponse<byte[]>> exchange;
    try {
      exchange = http().sendAsync(request.get(), BoundedBody.handler(bytesMax));
    } catch (IllegalArgumentException e) {
      // A host that is none, as one with an underscore.
      result.completeExceptionally(
          new PeerException(
              PeerException.Kind.REJECTED, "its address cannot be used: " + e.getMessage()));
      return;
    }
    cancelWith(result, exchange);
    CompletableFuture<HttpResponse<byte[]>> unused =
        exchange.whenComplete(
            (response, failure) -> {
              try {
                if (failure != null) {
                  throw PeerException.of(failure);
                }
                result.complete(reader.read(response));
              } catch (PeerException e) {
                result.completeExceptionally(e);
              } catch (JsonFields.MalformedException | RuntimeException e) {
                result.completeExceptionally(
                    new PeerException(
                        PeerException.Kind.REJECTED,
                        "its answer cannot be read: " + e.getMessage()));
              }
            });
  }

  private static void cancelWith(CompletableFuture<?> result, CompletableFuture<?> exchange) {
    CompletableFuture<?> unused =
        result.whenComplete(
            (value, failure) -> {
              if (failure != null) {
                exchange.cancel(true);
              }
            });
  }

  /** The one place where a query's outcome is counted and moves the breaker. */
  private <P extends Trending.Part> void account(
      Peer peer,
      PeerQuery<P> query,
      Trace trace,
      @Nullable Gathered<P> reply,
      @Nullable Throwable failure) {
    if (failure == null && reply != null) {
      peer.breaker().succeeded();
      metrics.rows(reply.parts().stream().mapToInt(query.question()::rows).sum());
      int answered = reply.answered().size();
      metrics.request(
          answered == 0 ? "misdirected" : answered < query.partitions().size() ? "partial" : "ok");
      return;
    }
    PeerException known = failure == null ? PeerException.cancelled() : PeerException.of(failure);
    metrics.request(known.kind().label());
    report(peer, query, trace, known);
    moveBreaker(peer, known);
  }

  /**
   * An answer that cannot be used is a bug or a mistake, and the peer is not asked again before its
   * next status, so this is logged once a second at most. The breaker reports one that is away.
   */
  private static void report(Peer peer, PeerQuery<?> query, Trace trace, PeerException failure) {
    Level level = failure.kind() == PeerException.Kind.REJECTED ? Level.WARN : Level.DEBUG;
    log.atLevel(level)
        .addKeyValue("request_id", trace.requestId())
        .log(
            "instance {} gave no answer for partitions {}: {}",
            peer.instance().instanceId(),
            query.partitions(),
            String.valueOf(failure.getMessage()));
  }

  /** Counts a failure of the instance that was asked. */
  static void moveBreaker(Peer peer, PeerException failure) {
    switch (failure.kind()) {
      case REFUSED -> peer.breaker().refused();
      case FAILED, TIMEOUT -> peer.breaker().failed();
      case REJECTED -> {
        peer.breaker().failed();
        peer.rejected(String.valueOf(failure.getMessage()));
      }
      case UNABLE -> peer.breaker().succeeded();
      case OVERLOADED, CANCELLED -> {
        // It is well, as far as anybody knows.
      }
    }
  }

  /** Ends what is under way, without waiting for it. */
  @Override
  public void close() {
    threads.shutdownNow();
  }
}
