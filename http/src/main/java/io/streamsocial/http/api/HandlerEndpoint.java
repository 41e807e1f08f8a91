package io.streamsocial.http.api;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.streamsocial.http.BoundedPool;
import io.streamsocial.http.CachePolicy;
import io.streamsocial.http.Endpoint;
import io.streamsocial.http.Problem;
import io.streamsocial.http.ProblemType;
import io.streamsocial.http.Request;
import io.streamsocial.http.Response;
import io.streamsocial.http.peers.RoutedQueries;
import io.streamsocial.http.peers.Router;
import io.streamsocial.processor.trends.Queries;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/** Calls the handler of an {@link OwnEndpoint}, on the read pool unless it never blocks. */
final class HandlerEndpoint implements Endpoint {
  /** The server sets them; another value would break the connection for the next request. */
  private static final List<CharSequence> FRAMING =
      List.of(
          HttpHeaderNames.CONTENT_LENGTH,
          HttpHeaderNames.TRANSFER_ENCODING,
          HttpHeaderNames.CONNECTION);

  private final OwnEndpoint own;
  private final BoundedPool reads;
  private final Router router;
  private final Queries queries;

  HandlerEndpoint(OwnEndpoint own, BoundedPool reads, Router router, Queries queries) {
    this.own = own;
    this.reads = reads;
    this.router = router;
    this.queries = queries;
  }

  @Override
  public CompletionStage<Response> answer(Request request) {
    RoutedQueries routed = new RoutedQueries(router, queries, request.trace());
    Call call = new Call(request, own.variableName(), routed, own.within());
    return (own.isDirect() ? run(call) : inPool(call))
        .thenApply(response -> tagged(request, checked(response)))
        .toCompletableFuture()
        .orTimeout(own.within().toMillis(), TimeUnit.MILLISECONDS)
        .exceptionallyCompose(
            failure ->
                // As it is, it is the one of orTimeout; a handler's own comes wrapped.
                failure instanceof TimeoutException
                    ? request.refused(tooSlow())
                    : CompletableFuture.failedFuture(failure));
  }

  private Problem tooSlow() {
    return Problem.retryLater(
        ProblemType.TOO_SLOW, "no answer within %d ms".formatted(own.within().toMillis()), 1);
  }

  private CompletionStage<Response> inPool(Call call) {
    return reads
        .submit(
            () ->
                // In the queue for all of its time: the client has its 503, nobody needs an answer.
                call.remaining().isZero()
                    ? CompletableFuture.<Response>failedFuture(new TimeoutException("queued"))
                    : run(call))
        .thenCompose(Function.identity());
  }

  private CompletionStage<Response> run(Call call) {
    try {
      return nonNull(own.handler().answer(call));
    } catch (Throwable e) { // an Error too is answered and logged, not lost with the thread's task
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      return CompletableFuture.failedFuture(e);
    }
  }

  private <T> T nonNull(T given) {
    return Objects.requireNonNull(given, () -> own + ": the handler has given null");
  }

  /** What Netty would refuse at the edge, where there is no answer left to give. */
  private Response checked(Response response) {
    int status = nonNull(response).status();
    if (status < 200 || status > 599) {
      throw new IllegalStateException(own + ": status " + status + " is no answer's");
    }
    HttpHeaders headers = new DefaultHttpHeaders();
    response.headers().forEach(headers::set);
    for (CharSequence each : FRAMING) {
      if (headers.contains(each)) {
        throw new IllegalStateException(own + ": the server itself sets the header " + each);
      }
    }
    return response;
  }

  /** With a weak ETag of its bytes, and 304 for a client that has them, unless it has its own. */
  private Response tagged(Request request, Response response) {
    boolean isTagged = response.headers().keySet().stream().anyMatch("ETag"::equalsIgnoreCase);
    if (response.status() != 200 || isTagged || response.takeover().isPresent() || !own.isGet()) {
      return response;
    }
    String etag = TrendingAnswer.etag(response.body());
    Map<String, String> headers = new HashMap<>(response.headers());
    headers.put("ETag", etag);
    if (headers.keySet().stream().noneMatch(CachePolicy.HEADER::equalsIgnoreCase)) {
      headers.put(CachePolicy.HEADER, CachePolicy.REVALIDATED);
    }
    if (request.has(etag)) {
      return Response.notModified(headers);
    }
    return new Response(200, response.contentType(), response.body(), headers, response.close());
  }
}
