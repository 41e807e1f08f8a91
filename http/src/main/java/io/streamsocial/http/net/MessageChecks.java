package io.streamsocial.http.net;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.timeout.ReadTimeoutException;
import io.streamsocial.http.Faults;
import io.streamsocial.http.Problem;
import io.streamsocial.http.ProblemType;
import java.util.List;
import java.util.Optional;

/** Refuses requests that the decoder could not read, and those that HTTP or this server forbids. */
final class MessageChecks {
  private final HttpLimits limits;

  MessageChecks(HttpLimits limits) {
    this.limits = limits;
  }

  /** The first reason not to look at the request any further; its connection is closed after it. */
  Optional<Problem> check(HttpRequest request) {
    // First of all: after a failure the other fields are made up.
    if (!request.decoderResult().isSuccess()) {
      return Optional.of(undecodable(request.decoderResult().cause()));
    }
    HttpVersion version = request.protocolVersion();
    if (!version.equals(HttpVersion.HTTP_1_1) && !version.equals(HttpVersion.HTTP_1_0)) {
      String detail = version + " was asked for: this server speaks HTTP/1.1 and HTTP/1.0";
      return Optional.of(Problem.fatal(ProblemType.HTTP_VERSION, detail));
    }
    if (request.headers().size() > HttpLimits.MAX_HEADERS) {
      String detail =
          "%d headers: allowed are %d".formatted(request.headers().size(), HttpLimits.MAX_HEADERS);
      return Optional.of(Problem.fatal(ProblemType.HEADERS_TOO_LARGE, detail));
    }
    List<String> hosts = request.headers().getAll(HttpHeaderNames.HOST);
    if (hosts.size() > 1 || (hosts.isEmpty() && version.equals(HttpVersion.HTTP_1_1))) {
      String detail = hosts.size() + " Host headers: HTTP/1.1 asks for exactly one";
      return Optional.of(Problem.fatal(ProblemType.MALFORMED_REQUEST, detail));
    }
    String expected = request.headers().get(HttpHeaderNames.EXPECT, "");
    if (!expected.isEmpty() && !HttpHeaderValues.CONTINUE.contentEqualsIgnoreCase(expected)) {
      String detail =
          "the request expects '%s': this server knows only 100-continue"
              .formatted(Faults.quote(expected));
      return Optional.of(Problem.fatal(ProblemType.EXPECTATION, detail));
    }
    return Optional.empty();
  }

  Problem tooLarge() {
    return Problem.fatal(
        ProblemType.BODY_TOO_LARGE,
        "a body may have " + limits.maxBodyBytes() + " bytes: send it in several requests");
  }

  /** Why the decoder gave up. */
  Problem undecodable(Throwable cause) {
    if (cause instanceof TooLongHttpLineException) {
      return Problem.fatal(
          ProblemType.TARGET_TOO_LONG,
          "the request line may have " + HttpLimits.MAX_LINE_BYTES + " bytes");
    }
    if (cause instanceof TooLongHttpHeaderException) {
      return Problem.fatal(
          ProblemType.HEADERS_TOO_LARGE,
          "all headers together may have " + HttpLimits.MAX_HEADER_BYTES + " bytes");
    }
    if (cause instanceof ReadTimeoutException) {
      return Problem.fatal(
          ProblemType.REQUEST_TIMEOUT,
          "headers must arrive within %d ms, the body within %d ms"
              .formatted(limits.headerTimeout().toMillis(), limits.bodyTimeout().toMillis()));
    }
    // The decoder's message may quote the request; ours does not, so nothing is reflected.
    return Problem.fatal(
        ProblemType.MALFORMED_REQUEST, "request line, headers or body framing cannot be read");
  }
}
