package io.streamsocial.http.net;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.streamsocial.http.Access;
import io.streamsocial.http.Problem;
import io.streamsocial.http.ProblemType;
import io.streamsocial.http.Resource;
import io.streamsocial.http.auth.Credentials;
import io.streamsocial.http.auth.PeerSecret;
import io.streamsocial.http.auth.Security;
import io.streamsocial.http.auth.SecuritySettings;
import io.streamsocial.http.auth.Tokens;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides which caller may ask for which path, and how often. On the event loops; never blocks.
 *
 * <pre>
 *   path      asked for
 *   open      nothing
 *   read..    a token that includes it, where there are tokens
 *   peer      certificate and secret, whichever are configured; with neither, but with tokens, admin
 * </pre>
 */
final class Admission {
  private static final Logger log = LoggerFactory.getLogger(Admission.class);
  private static final long LOG_EVERY_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final Security security;
  private final AddressConnections connections;
  private final List<String> allowedHosts;
  private final boolean exemptsLoopback;
  private final RateLimit requests;
  private final RateLimit posts;
  private final AtomicLong refusedPeers = new AtomicLong();
  private final AtomicLong loggedNanos = new AtomicLong(System.nanoTime() - LOG_EVERY_NANOS);

  /**
   * @param connections learns the addresses of instances
   */
  Admission(Security security, SecuritySettings settings, AddressConnections connections) {
    this.connections = connections;
    this.security = security;
    this.allowedHosts = settings.allowedHosts();
    this.exemptsLoopback = settings.addresses().exemptsLoopback();
    this.requests = new RateLimit(settings.addresses().requestsPerSecond());
    this.posts = new RateLimit(settings.addresses().postsPerSecond());
  }

  /** Why not; empty when it may. */
  Optional<Problem> refusal(Resource resource, HttpHeaders headers, Caller caller) {
    Optional<Problem> denied = denied(resource, headers, caller);
    if (resource.access() == Access.PEER && denied.isEmpty()) {
      connections.instanceAt(caller.address());
      return denied;
    }
    // Denied requests count too, so that guessing a token takes long.
    return overRate(resource, caller).or(() -> denied);
  }

  private Optional<Problem> denied(Resource resource, HttpHeaders headers, Caller caller) {
    return switch (resource.access()) {
      case OPEN -> Optional.empty();
      case PEER -> notPeer(resource, headers, caller);
      case READ, WRITE, ADMIN ->
          wrongHost(headers).or(() -> tokenRefusal(resource.access(), headers));
    };
  }

  private Optional<Problem> overRate(Resource resource, Caller caller) {
    if (exemptsLoopback && caller.address().isLoopbackAddress()) {
      return Optional.empty();
    }
    boolean post = resource.method().equals(HttpMethod.POST) && resource.access() != Access.PEER;
    long waitNanos = (post ? posts : requests).take(caller.address(), System.nanoTime());
    if (waitNanos == 0) {
      return Optional.empty();
    }
    int seconds = (int) TimeUnit.NANOSECONDS.toSeconds(waitNanos) + 1;
    String detail =
        "this address sends more %s a second than it may".formatted(post ? "posts" : "requests");
    return Optional.of(Problem.retryLater(ProblemType.TOO_MANY_REQUESTS, detail, seconds));
  }

  private Optional<Problem> wrongHost(HttpHeaders headers) {
    if (allowedHosts.isEmpty()) {
      return Optional.empty();
    }
    String host = headers.get(HttpHeaderNames.HOST, "");
    String name = host.replaceFirst(":\\d*$", "");
    boolean isAllowed = allowedHosts.stream().anyMatch(name::equalsIgnoreCase);
    return isAllowed
        ? Optional.empty()
        : Optional.of(
            Problem.of(
                ProblemType.HOST_NOT_ALLOWED,
                "the Host header names a host that is not one of --allowed-hosts"));
  }

  private Optional<Problem> tokenRefusal(Access needed, HttpHeaders headers) {
    Optional<Tokens> tokens = security.tokens();
    if (tokens.isEmpty()) {
      return Optional.empty();
    }
    Optional<String> token = Credentials.token(headers);
    if (token.isEmpty()) {
      return Optional.of(
          unauthenticated(
              "send 'Authorization: Bearer TOKEN' with a token of scope " + needed.label(),
              "Bearer realm=\"trending\""));
    }
    Optional<Access> has = tokens.get().access(token.get());
    if (has.isEmpty()) {
      return Optional.of(
          unauthenticated(
              "the token is not one of this server",
              "Bearer realm=\"trending\", error=\"invalid_token\""));
    }
    if (has.get().includes(needed)) {
      return Optional.empty();
    }
    String detail =
        "needed is a token of scope %s, this one has scope %s"
            .formatted(needed.label(), has.get().label());
    String challenge =
        "Bearer realm=\"trending\", error=\"insufficient_scope\", scope=\"%s\""
            .formatted(needed.label());
    return Optional.of(
        Problem.of(ProblemType.FORBIDDEN, detail).with("WWW-Authenticate", challenge));
  }

  private static Problem unauthenticated(String detail, String challenge) {
    return Problem.of(ProblemType.UNAUTHENTICATED, detail).with("WWW-Authenticate", challenge);
  }

  private Optional<Problem> notPeer(Resource resource, HttpHeaders headers, Caller caller) {
    Optional<Problem> refused;
    if (!security.asksPeers()) {
      refused = tokenRefusal(Access.ADMIN, headers);
    } else {
      refused = wrongCertificate(caller).or(() -> wrongSecret(headers));
    }
    refused.ifPresent(problem -> notice(resource, caller, problem));
    return refused;
  }

  private Optional<Problem> wrongCertificate(Caller caller) {
    if (!security.asksCertificate() || caller.hasCertificate()) {
      return Optional.empty();
    }
    return Optional.of(
        unauthenticated(
            "only instances of this application may ask this: present a client certificate signed by this server's --tls-client-ca",
            "Certificate"));
  }

  private Optional<Problem> wrongSecret(HttpHeaders headers) {
    Optional<PeerSecret> secret = security.peerSecret();
    String given = headers.get(PeerSecret.HEADER, "");
    if (secret.isEmpty() || secret.get().matches(given)) {
      return Optional.empty();
    }
    return Optional.of(
        given.isEmpty()
            ? unauthenticated(
                "only instances of this application may ask this: send the secret of --peer-secret-file",
                PeerSecret.HEADER)
            : Problem.of(
                ProblemType.FORBIDDEN,
                "the secret is not that of this server's --peer-secret-file"));
  }

  /** One line a minute at most, or an intruder could fill the disk. */
  private void notice(Resource resource, Caller caller, Problem problem) {
    long refused = refusedPeers.incrementAndGet();
    long nowNanos = System.nanoTime();
    long last = loggedNanos.get();
    if (nowNanos - last >= LOG_EVERY_NANOS && loggedNanos.compareAndSet(last, nowNanos)) {
      log.warn(
          "{} asked {} as an instance would and was refused by {}: {} ({} refused so far, told once a minute)",
          caller.address().getHostAddress(),
          resource.template(),
          problem.type().status(),
          problem.detail(),
          refused);
    }
  }
}
