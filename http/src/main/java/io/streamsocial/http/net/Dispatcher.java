package io.streamsocial.http.net;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.streamsocial.http.Access;
import io.streamsocial.http.Arguments;
import io.streamsocial.http.Endpoint;
import io.streamsocial.http.EntityTags;
import io.streamsocial.http.Faults;
import io.streamsocial.http.IdempotencyKey;
import io.streamsocial.http.Percent;
import io.streamsocial.http.Problem;
import io.streamsocial.http.ProblemType;
import io.streamsocial.http.RefusalException;
import io.streamsocial.http.Request;
import io.streamsocial.http.Resource;
import io.streamsocial.http.Response;
import io.streamsocial.http.Trace;
import io.streamsocial.processor.Moment;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * From a message to the endpoint that answers it. Stateless, shared by all connections; runs on
 * their event loops and does not keep the message.
 */
final class Dispatcher {
  private static final Logger log = LoggerFactory.getLogger(Dispatcher.class);

  /** The route of what matches no template, so that clients cannot invent metric labels. */
  static final String NO_ROUTE = "none";

  private final List<Resource> resources;
  private final MessageChecks checks;
  private final Admission gate;
  private final Supplier<Moment> clock;

  Dispatcher(
      List<Resource> resources, MessageChecks checks, Admission gate, Supplier<Moment> clock) {
    this.resources = List.copyOf(resources);
    this.checks = checks;
    this.gate = gate;
    this.clock = clock;
  }

  /**
   * @param route a template of the route table or {@link #NO_ROUTE}
   * @param response never fails
   */
  record Dispatched(String route, CompletionStage<Response> response) {}

  /**
   * Judges a request by its head, before its body is read.
   *
   * @param unlessProbe refuses all but probes; null for none
   */
  Screened screen(HttpRequest head, Caller caller, @Nullable Problem unlessProbe) {
    Target target = Target.parse(head.uri());
    Optional<Problem> refused = checks.check(head);
    if (refused.isPresent()) {
      return Screened.refused(target, NO_ROUTE, refused.get());
    }
    Optional<Screened.Found> found;
    try {
      found = find(target.path());
    } catch (IllegalArgumentException e) {
      Problem problem =
          Problem.of(
              ProblemType.BAD_PARAMETERS, "the path's last segment has to be " + e.getMessage());
      return Screened.refused(target, NO_ROUTE, problem);
    }
    if (found.isEmpty()) {
      Problem problem =
          Percent.canRead(target.path())
              ? notFound(target.path())
              : Problem.of(ProblemType.BAD_PARAMETERS, "the path has to be " + Percent.ALLOWED);
      return Screened.refused(target, NO_ROUTE, problem);
    }
    Resource resource = found.get().resource();
    if (unlessProbe != null && resource.access() != Access.OPEN) {
      return Screened.refused(target, resource.template(), unlessProbe);
    }
    return admit(head, caller, target, found.get());
  }

  private Problem notFound(String path) {
    List<String> near = NearPaths.of(resources, path);
    return Problem.of(
        ProblemType.NOT_FOUND,
        "no such path: "
            + Faults.quote(path)
            + (near.isEmpty() ? "" : "; there are " + String.join(", ", near)));
  }

  private Screened admit(HttpRequest head, Caller caller, Target target, Screened.Found found) {
    Resource resource = found.resource();
    String route = resource.template();
    if (head.method().equals(HttpMethod.OPTIONS)) {
      return new Screened(target, route, found, null, null);
    }
    Optional<Problem> denied = gate.refusal(resource, head.headers(), caller);
    if (denied.isPresent()) {
      return Screened.refused(target, route, denied.get());
    }
    if (!resource.answers(head.method())) {
      String detail = Faults.quote(head.method().name()) + " is not one of " + resource.allow();
      Problem problem = Problem.of(ProblemType.METHOD_NOT_ALLOWED, detail);
      return Screened.refused(target, route, problem.with("Allow", resource.allow()));
    }
    Arguments.Parsed parsed =
        Arguments.parse(
            target.query(),
            resource.parameters(),
            HttpLimits.MAX_QUERY_PARAMETERS,
            clock.get().wallMs());
    return parsed.faults().isEmpty()
        ? new Screened(target, route, found, parsed.arguments(), null)
        : Screened.refused(target, route, Problem.badParameters(parsed.faults()));
  }

  Problem tooLarge() {
    return checks.tooLarge();
  }

  Problem undecodable(Throwable cause) {
    return checks.undecodable(cause);
  }

  /** Answers what was screened, now that its body is here. */
  Dispatched dispatch(AssembledRequest message, String requestId, int localPort) {
    Screened screened = message.screened();
    Screened.Found found = screened.found();
    if (screened.refusal() != null || found == null) {
      return done(screened, Objects.requireNonNull(screened.refusal()), requestId);
    }
    if (screened.arguments() == null) {
      Response allow = Response.allow(found.resource().allow());
      return new Dispatched(screened.route(), CompletableFuture.completedFuture(allow));
    }
    Request request =
        new Request(
            screened.target().path(),
            found.variable(),
            screened.arguments(),
            headers(message),
            message.body(),
            Trace.of(requestId, message.headers().get(Trace.PARENT_HEADER)),
            clock.get(),
            localPort);
    return new Dispatched(screened.route(), guarded(found.resource().endpoint(), request));
  }

  private Optional<Screened.Found> find(String rawPath) {
    for (Resource resource : resources) {
      Optional<String> variable = resource.match(rawPath);
      if (variable.isPresent()) {
        return Optional.of(new Screened.Found(resource, variable.get()));
      }
    }
    return Optional.empty();
  }

  /**
   * The one place where a bound reached becomes a 503, and an endpoint's bug a log line and a 500.
   */
  private static CompletionStage<Response> guarded(Endpoint endpoint, Request request) {
    CompletionStage<Response> stage;
    try {
      stage = endpoint.answer(request);
    } catch (RuntimeException e) {
      stage = CompletableFuture.failedFuture(e);
    }
    return stage.exceptionally(
        failure -> {
          Optional<RefusalException> overloaded = RefusalException.in(failure);
          if (overloaded.isPresent()) {
            return request.refuse(overloaded.get().problem());
          }
          log.atError()
              .setCause(failure)
              .addKeyValue("request_id", request.requestId())
              .log("{} failed", request.path());
          String detail = "the log of this instance has more under the request id";
          return request.refuse(Problem.of(ProblemType.INTERNAL, detail));
        });
  }

  private static Request.Headers headers(HttpRequest message) {
    HttpHeaders headers = message.headers();
    boolean mayUpgrade = message.protocolVersion().equals(HttpVersion.HTTP_1_1);
    return new Request.Headers(
        headers.get(HttpHeaderNames.CONTENT_TYPE, ""),
        headers.get(HttpHeaderNames.CONTENT_ENCODING, ""),
        headers.get(HttpHeaderNames.ACCEPT, ""),
        EntityTags.of(headers.getAll(HttpHeaderNames.IF_NONE_MATCH)),
        headers.getAll(IdempotencyKey.HEADER),
        new Request.Handshake(
            headers.get(HttpHeaderNames.HOST, ""),
            headers.get(HttpHeaderNames.ORIGIN, ""),
            mayUpgrade ? String.join(",", headers.getAll(HttpHeaderNames.UPGRADE)) : "",
            String.join(",", headers.getAll(HttpHeaderNames.CONNECTION)),
            headers.get(HttpHeaderNames.SEC_WEBSOCKET_VERSION, ""),
            headers.get(HttpHeaderNames.SEC_WEBSOCKET_KEY, "")));
  }

  private static Dispatched done(Screened screened, Problem problem, String requestId) {
    Response response = problem.toResponse(screened.target().path(), requestId);
    return new Dispatched(screened.route(), CompletableFuture.completedFuture(response));
  }
}
