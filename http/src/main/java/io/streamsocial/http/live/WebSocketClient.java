package io.streamsocial.http.live;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.streamsocial.http.Takeover;
import io.streamsocial.http.net.HttpLimits;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One WebSocket: passes on what its feed offers, pings a silent client, and closes one that does
 * not answer (1008), talks too much (1008), or takes nothing for too long (1013). Messages of the
 * client are not looked at. Last in its pipeline, runs on its event loop.
 */
final class WebSocketClient extends SimpleChannelInboundHandler<WebSocketFrame>
    implements Subscriber {
  private static final Logger log = LoggerFactory.getLogger(WebSocketClient.class);

  /** More messages than this in one second are an attack or a bug: nothing asks for them. */
  static final int MESSAGES_PER_SECOND_MAX = 50;

  private static final WebSocketCloseStatus GOING_AWAY =
      new WebSocketCloseStatus(1001, "the server stops: connect again");
  private static final WebSocketCloseStatus NO_PONG =
      new WebSocketCloseStatus(1008, "no answer to a ping");
  private static final WebSocketCloseStatus TOO_MUCH =
      new WebSocketCloseStatus(1008, "more than 50 messages a second");
  private static final WebSocketCloseStatus TOO_SLOW =
      new WebSocketCloseStatus(1013, "messages are not taken: try again later");
  private static final WebSocketCloseStatus TOO_MANY =
      new WebSocketCloseStatus(1013, "too many different questions are followed: try again later");
  private static final long CLOSE_MS = 1_000;

  private final TrendStreams streams;
  private final StreamQuestion question;
  private final long stuckNanosMax;
  private @Nullable NewestOnly sender;
  private @Nullable Channel channel;
  private boolean pinged;
  private boolean closing;
  private long secondStartNanos;
  private int messages;

  WebSocketClient(TrendStreams streams, StreamQuestion question, HttpLimits limits) {
    this.streams = streams;
    this.question = question;
    this.stuckNanosMax = limits.writeTimeout().toNanos();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    channel = ctx.channel();
    sender = new NewestOnly(ctx.channel(), TextWebSocketFrame::new, streams.metrics());
    ctx.channel().closeFuture().addListener(closed -> ended());
  }

  private void ended() {
    streams.metrics().close();
    streams.unsubscribe(question, this);
    if (sender != null) {
      sender.close();
    }
  }

  @Override
  public EventExecutor executor() {
    if (channel == null) {
      throw new IllegalStateException("subscribe after the handshake only");
    }
    return channel.eventLoop();
  }

  @Override
  public void offer(SharedMessage snapshot) {
    if (sender == null || closing) {
      return;
    }
    if (sender.stuckNanos(System.nanoTime()) > stuckNanosMax) {
      close(TOO_SLOW);
    } else {
      sender.offer(snapshot);
    }
  }

  @Override
  public void refuse() {
    close(TOO_MANY);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof WebSocketServerProtocolHandler.HandshakeComplete) {
      streams.subscribe(question, this);
    } else if (event == Takeover.DRAIN) {
      close(GOING_AWAY);
    } else if (event instanceof IdleStateEvent) {
      if (pinged) {
        close(NO_PONG);
      } else {
        pinged = true;
        Future<?> unused = ctx.writeAndFlush(new PingWebSocketFrame());
      }
    }
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, WebSocketFrame frame) {
    pinged = false;
    long nowNanos = System.nanoTime();
    if (nowNanos - secondStartNanos > 1_000_000_000L) {
      secondStartNanos = nowNanos;
      messages = 0;
    }
    if (++messages > MESSAGES_PER_SECOND_MAX) {
      close(TOO_MUCH);
    }
  }

  /** The frame may wait behind what the client does not read: the connection ends without it. */
  private void close(WebSocketCloseStatus status) {
    if (closing || channel == null) {
      return;
    }
    closing = true;
    Channel closed = channel;
    closed.writeAndFlush(new CloseWebSocketFrame(status)).addListener(ChannelFutureListener.CLOSE);
    Runnable end =
        () -> {
          Future<?> unused = closed.close();
        };
    Future<?> timer = closed.eventLoop().schedule(end, CLOSE_MS, TimeUnit.MILLISECONDS);
    closed.closeFuture().addListener(done -> timer.cancel(false));
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    log.debug("WebSocket {} ended: {}", ctx.channel().remoteAddress(), cause.toString());
    Future<?> unused = ctx.close();
  }
}
