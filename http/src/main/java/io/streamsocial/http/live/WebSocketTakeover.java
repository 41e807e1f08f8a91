package io.streamsocial.http.live;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import io.netty.handler.flow.FlowControlHandler;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.handler.timeout.WriteTimeoutHandler;
import io.streamsocial.http.Takeover;
import io.streamsocial.http.auth.Credentials;
import io.streamsocial.http.net.HttpLimits;
import io.streamsocial.http.net.RequestAssembler;
import io.streamsocial.http.net.StrictRequestDecoder;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Makes a WebSocket of a connection. Netty's handlers do the handshake, which also replaces the
 * codec, and the frames: what breaks the protocol they answer by its close code (1002 unmasked,
 * 1007 not UTF-8, 1009 too large). Compression is not offered: all clients share the same bytes.
 */
final class WebSocketTakeover implements Takeover {
  /** No message of a client needs to be longer. */
  private static final int FRAME_BYTES_MAX = 4_096;

  private final TrendStreams streams;
  private final StreamQuestion question;
  private final HttpLimits limits;

  WebSocketTakeover(TrendStreams streams, StreamQuestion question, HttpLimits limits) {
    this.streams = streams;
    this.question = question;
    this.limits = limits;
  }

  @Override
  public void begin(ChannelHandlerContext ctx, HttpRequest head, Map<String, String> everyAnswer) {
    ChannelPipeline pipeline = ctx.pipeline();
    long pingMs = Math.max(1, limits.idleTimeout().toMillis() / 3);
    pipeline.replace(
        IdleStateHandler.class,
        "ping-timer",
        new IdleStateHandler(pingMs, 0, 0, TimeUnit.MILLISECONDS));
    pipeline.remove(WriteTimeoutHandler.class);
    pipeline.remove(HttpServerKeepAliveHandler.class);
    // The handshake puts the encoder of frames where this one is; it must stand before the decoder,
    // which writes the close codes.
    pipeline.remove(HttpResponseEncoder.class);
    pipeline.addBefore(
        pipeline.context(StrictRequestDecoder.class).name(), "encoder", new HttpResponseEncoder());
    pipeline.addLast(new WebSocketServerProtocolHandler(config(head.uri())));
    pipeline.addLast(new WebSocketFrameAggregator(FRAME_BYTES_MAX));
    pipeline.addLast(new WebSocketClient(streams, question, limits));
    // Of the protocols that the client offers this is the one: Netty takes no list.
    head.headers().set(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET);
    ctx.fireChannelRead(
        new DefaultFullHttpRequest(
            head.protocolVersion(),
            head.method(),
            head.uri(),
            Unpooled.EMPTY_BUFFER,
            head.headers(),
            EmptyHttpHeaders.INSTANCE));
    pipeline.remove(ctx.handler());
    pipeline.remove(FlowControlHandler.class);
    pipeline.remove(RequestAssembler.class);
    ctx.channel().config().setAutoRead(true);
  }

  private static WebSocketServerProtocolConfig config(String uri) {
    return WebSocketServerProtocolConfig.newBuilder()
        .websocketPath(uri)
        .subprotocols(Credentials.WEBSOCKET_PROTOCOL)
        .checkStartsWith(true)
        .dropPongFrames(false)
        // The side that closes gives the reason; without this a second reason would follow the
        // first.
        .sendCloseFrame(null)
        .decoderConfig(
            WebSocketDecoderConfig.newBuilder()
                .maxFramePayloadLength(FRAME_BYTES_MAX)
                .expectMaskedFrames(true)
                .allowMaskMismatch(false)
                .closeOnProtocolViolation(true)
                .withUTF8Validator(true)
                .build())
        .build();
  }
}
