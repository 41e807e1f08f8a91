package io.streamsocial.http.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.group.ChannelGroup;
import io.netty.handler.codec.compression.StandardCompressionOptions;
import io.netty.handler.codec.http.HttpContentCompressor;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.flow.FlowControlHandler;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.handler.timeout.WriteTimeoutHandler;
import io.streamsocial.http.auth.Cors;
import io.streamsocial.http.auth.Security;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Lays each new connection's pipeline, or turns it away when there are too many. */
final class ConnectionSetup extends ChannelInitializer<Channel> {
  private static final int GZIP_FROM_BYTES = 1_024;
  private static final byte[] TOO_MANY =
      String.join(
              "\r\n",
              "HTTP/1.1 503 Service Unavailable",
              "Retry-After: 1",
              "Content-Length: 0",
              "Connection: close",
              "",
              "")
          .getBytes(StandardCharsets.US_ASCII);

  private final HttpLimits limits;
  private final Dispatcher dispatcher;
  private final HttpMetrics metrics;
  private final ChannelGroup connections;
  private final Security security;
  private final Rules rules;
  private final Map<String, String> everyAnswer;

  /**
   * @param corsOrigins pages of these may use the API
   * @param hsts whether browsers are told to use HTTPS only from now on
   */
  record Rules(List<String> corsOrigins, AddressConnections addresses, boolean hsts) {}

  /**
   * @param connections where every connection is a member while it is open
   */
  ConnectionSetup(
      HttpLimits limits,
      Dispatcher dispatcher,
      HttpMetrics metrics,
      ChannelGroup connections,
      Security security,
      Rules rules) {
    this.limits = limits;
    this.security = security;
    this.rules = rules;
    this.everyAnswer = everyAnswer(rules.hsts());
    this.dispatcher = dispatcher;
    this.metrics = metrics;
    this.connections = connections;
  }

  @Override
  protected void initChannel(Channel channel) {
    if (connections.size() >= limits.maxConnections() || !rules.addresses().admit(channel)) {
      turnAway(channel);
      return;
    }
    connections.add(channel);
    ChannelPipeline pipeline = channel.pipeline();
    pipeline.addLast(new LingeringClose());
    security.serverTls().ifPresent(tls -> pipeline.addLast(new TlsEntry(tls, limits)));
    pipeline.addLast(
        new IdleStateHandler(0, 0, limits.idleTimeout().toMillis(), TimeUnit.MILLISECONDS));
    pipeline.addLast(
        new WriteTimeoutHandler(limits.writeTimeout().toMillis(), TimeUnit.MILLISECONDS));
    pipeline.addLast(new StrictRequestDecoder(limits));
    pipeline.addLast(new HttpResponseEncoder());
    pipeline.addLast(new HttpServerKeepAliveHandler());
    pipeline.addLast(new HttpContentCompressor(GZIP_FROM_BYTES, StandardCompressionOptions.gzip()));
    pipeline.addLast(new BodyAggregator(limits.maxBodyBytes()));
    pipeline.addLast(new FlowControlHandler());
    if (!rules.corsOrigins().isEmpty()) {
      pipeline.addLast(new Cors(rules.corsOrigins()));
    }
    pipeline.addLast(new RequestHandler(dispatcher, metrics, everyAnswer));
  }

  /** With TLS nothing is said: a handshake would cost more than the refusal is worth. */
  private void turnAway(Channel channel) {
    ByteBuf answer = security.isTls() ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(TOO_MANY);
    channel.writeAndFlush(answer).addListener(ChannelFutureListener.CLOSE);
  }

  static Map<String, String> everyAnswer(boolean hsts) {
    Map<String, String> headers = new HashMap<>();
    headers.put("X-Content-Type-Options", "nosniff");
    headers.put("Referrer-Policy", "no-referrer");
    headers.put("Cross-Origin-Resource-Policy", "same-origin");
    headers.put("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    if (hsts) {
      headers.put("Strict-Transport-Security", "max-age=31536000");
    }
    return Map.copyOf(headers);
  }
}
