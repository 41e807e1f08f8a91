package io.streamsocial.http.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.OptionalSslHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;

/**
 * The TLS end of one connection. A client that does not speak TLS gets an answer in plain HTTP that
 * says so, and is closed: most often its user wrote http for https.
 */
final class TlsEntry extends OptionalSslHandler {
  private static final byte[] SPEAK_TLS =
      String.join(
              "\r\n",
              "HTTP/1.1 400 Bad Request",
              "Content-Type: text/plain; charset=utf-8",
              "Content-Length: 44",
              "Connection: close",
              "",
              "This port speaks TLS: ask it with https://.\n")
          .getBytes(StandardCharsets.US_ASCII);

  private final SslContext tls;
  private final HttpLimits limits;

  TlsEntry(SslContext tls, HttpLimits limits) {
    super(tls);
    this.tls = tls;
    this.limits = limits;
  }

  @Override
  protected SslHandler newSslHandler(ChannelHandlerContext ctx, SslContext unused) {
    SslHandler handler = tls.newHandler(ctx.alloc());
    handler.setHandshakeTimeoutMillis(limits.headerTimeout().toMillis());
    return handler;
  }

  @Override
  protected ChannelHandler newNonSslHandler(ChannelHandlerContext ctx) {
    return new Refusal();
  }

  /** Lets nothing through to those behind it. */
  private static final class Refusal extends ChannelDuplexHandler {
    private boolean told;

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ReferenceCountUtil.release(message);
      if (!told) {
        told = true;
        ByteBuf answer = Unpooled.wrappedBuffer(SPEAK_TLS);
        ctx.writeAndFlush(answer).addListener(ChannelFutureListener.CLOSE);
      }
    }
  }
}
