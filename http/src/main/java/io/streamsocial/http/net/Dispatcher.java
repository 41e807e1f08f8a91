package io.streamsocial.http.net;

import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.streamsocial.http.Arguments;
import io.streamsocial.http.Endpoint;
import io.streamsocial.http.OverloadedException;
import io.streamsocial.http.Problem;
import io.streamsocial.http.ProblemType;
import io.streamsocial.http.Request;
import io.streamsocial.http.Resource;
import io.streamsocial.http.Response;
import io.streamsocial.http.Trace;
import io.streamsocial.processor.Moment;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
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

  private record Found(Resource resource, String variable) {}

  Dispatched dispatch(FullHttpRequest message, String requestId, int localPort, Caller caller) {
    Target target = Target.parse(message.uri());
    Optional<Problem> refused = checks.check(message);
    if (refused.isPresent()) {
      return done(NO_ROUTE, refused.get(), target, requestId);
    }
    Optional<Found> found;
    try {
      found = find(target.path());
    } catch (IllegalArgumentException e) {
      Problem problem =
          Problem.of(
              ProblemType.BAD_PARAMETERS,
              "the path's last segment is not valid percent-encoded UTF-8");
      return done(NO_ROUTE, problem, target, requestId);
    }
    if (found.isEmpty()) {
      Problem problem = Problem.of(ProblemType.NOT_FOUND, "no such path: " + target.path());
      return done(NO_ROUTE, problem, target, requestId);
    }
    Resource resource = found.get().resource();
    boolean asksForMethods = message.method().equals(HttpMethod.OPTIONS);
    Optional<Problem> denied =
        asksForMethods ? Optional.empty() : gate.refusal(resource, message.headers(), caller);
    return denied.isPresent()
        ? done(resource.template(), denied.get(), target, requestId)
        : answer(message, found.get(), target, requestId, localPort);
  }

  private Dispatched answer(
      FullHttpRequest message, Found found, Target target, String requestId, int localPort) {
    Resource resource = found.resource();
    String route = resource.template();
    if (message.method().equals(HttpMethod.OPTIONS)) {
      Response allow = Response.allow(resource.allow());
      return new Dispatched(route, CompletableFuture.completedFuture(allow));
    }
    if (!resource.answers(message.method())) {
      String detail = message.method() + " is not one of " + resource.allow();
      Problem problem = Problem.of(ProblemType.METHOD_NOT_ALLOWED, detail);
      return done(route, problem.with("Allow", resource.allow()), target, requestId);
    }
    Moment now = clock.get();
    Arguments.Parsed parsed =
        Arguments.parse(
            target.query(), resource.parameters(), HttpLimits.MAX_QUERY_PARAMETERS, now.wallMs());
    if (!parsed.faults().isEmpty()) {
      return done(route, Problem.badParameters(parsed.faults()), target, requestId);
    }
    Request request =
        new Request(
            target.path(),
            found.variable(),
            parsed.arguments(),
            headers(message.headers()),
            ByteBufUtil.getBytes(message.content()),
            Trace.of(requestId, message.headers().get(Trace.PARENT_HEADER)),
            now,
            localPort);
    return new Dispatched(route, guarded(resource.endpoint(), request));
  }

  private Optional<Found> find(String rawPath) {
    for (Resource resource : resources) {
      Optional<String> variable = resource.match(rawPath);
      if (variable.isPresent()) {
        return Optional.of(new Found(resource, variable.get()));
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
          Optional<OverloadedException> overloaded = OverloadedException.in(failure);
          if (overloaded.isPresent()) {
            return request.refuse(overloaded.get().toProblem());
          }
          log.atError()
              .setCause(failure)
              .addKeyValue("request_id", request.requestId())
              .log("{} failed", request.path());
          String detail = "the log of this instance has more under the request id";
          return request.refuse(Problem.of(ProblemType.INTERNAL, detail));
        });
  }

  private static Request.Headers headers(HttpHeaders headers) {
    return new Request.Headers(
        headers.get(HttpHeaderNames.CONTENT_TYPE, ""),
        headers.get(HttpHeaderNames.CONTENT_ENCODING, ""),
        headers.get(HttpHeaderNames.ACCEPT, ""),
        headers.get(HttpHeaderNames.IF_NONE_MATCH, ""),
        new Request.Handshake(
            headers.get(HttpHeaderNames.HOST, ""),
            headers.get(HttpHeaderNames.ORIGIN, ""),
            headers.get(HttpHeaderNames.UPGRADE, ""),
            headers.get(HttpHeaderNames.SEC_WEBSOCKET_VERSION, "")));
  }

  private static Dispatched done(String route, Problem problem, Target target, String requestId) {
    Response response = problem.toResponse(target.path(), requestId);
    return new Dispatched(route, CompletableFuture.completedFuture(response));
  }
}
