package io.streamsocial.http.auth;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.cors.CorsConfig;
import io.netty.handler.codec.http.cors.CorsConfigBuilder;
import io.netty.handler.codec.http.cors.CorsHandler;
import io.streamsocial.http.IdempotencyKey;
import io.streamsocial.http.RequestId;
import java.util.List;

/**
 * Lets pages of the listed origins use the API. Stands between {@code FlowControlHandler}, so that
 * its answers to preflights keep their place, and the request handler, which does not see those: so
 * this asks for the request after one. Belongs to one connection.
 */
public final class Cors extends CorsHandler {
  public static final String ANY = "*";
  private static final int PREFLIGHT_SECONDS = 600;

  public Cors(List<String> origins) {
    super(config(origins));
  }

  private static CorsConfig config(List<String> origins) {
    CorsConfigBuilder builder =
        origins.contains(ANY)
            ? CorsConfigBuilder.forAnyOrigin()
            : CorsConfigBuilder.forOrigins(origins.toArray(new String[0]));
    return builder
        .allowedRequestMethods(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.POST)
        .allowedRequestHeaders(
            "Authorization",
            "Content-Type",
            IdempotencyKey.HEADER,
            "If-None-Match",
            RequestId.HEADER)
        .exposeHeaders("ETag", "Retry-After", "WWW-Authenticate", RequestId.HEADER)
        .maxAge(PREFLIGHT_SECONDS)
        .build();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
    boolean preflight =
        message instanceof HttpRequest request
            && request.decoderResult().isSuccess()
            && request.method().equals(HttpMethod.OPTIONS)
            && request.headers().contains(HttpHeaderNames.ORIGIN)
            && request.headers().contains(HttpHeaderNames.ACCESS_CONTROL_REQUEST_METHOD);
    super.channelRead(ctx, message);
    if (preflight) {
      ctx.read();
    }
  }
}
