package io.streamsocial.http;

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
import java.nio.charset.StandardCharsets;
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

  /**
   * @param connections where every connection is a member while it is open
   */
  ConnectionSetup(
      HttpLimits limits, Dispatcher dispatcher, HttpMetrics metrics, ChannelGroup connections) {
    this.limits = limits;
    this.dispatcher = dispatcher;
    this.metrics = metrics;
    this.connections = connections;
  }

  @Override
  protected void initChannel(Channel channel) {
    if (connections.size() >= limits.maxConnections()) {
      ByteBuf answer = Unpooled.wrappedBuffer(TOO_MANY);
      channel.writeAndFlush(answer).addListener(ChannelFutureListener.CLOSE);
      return;
    }
    connections.add(channel);
    ChannelPipeline pipeline = channel.pipeline();
    pipeline.addLast(new LingeringClose());
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
    pipeline.addLast(new RequestHandler(dispatcher, metrics));
  }
}
