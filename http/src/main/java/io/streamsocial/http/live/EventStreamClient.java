package io.streamsocial.http.live;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.streamsocial.http.Takeover;
import io.streamsocial.http.net.HttpLimits;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One reader of server-sent events: passes on what its feed offers, and ends one that takes nothing
 * for too long. Last in its pipeline, runs on its event loop.
 */
final class EventStreamClient extends ChannelInboundHandlerAdapter implements Subscriber {
  private static final Logger log = LoggerFactory.getLogger(EventStreamClient.class);

  private final TrendStreams streams;
  private final StreamQuestion question;
  private final long stuckNanosMax;
  private @Nullable NewestOnly sender;
  private @Nullable Channel channel;

  EventStreamClient(TrendStreams streams, StreamQuestion question, HttpLimits limits) {
    this.streams = streams;
    this.question = question;
    this.stuckNanosMax = limits.writeTimeout().toNanos();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    channel = ctx.channel();
    sender = new NewestOnly(ctx.channel(), EventStreamTakeover::event, streams.metrics());
    ctx.channel().closeFuture().addListener(closed -> ended());
  }

  private void ended() {
    streams.metrics().close();
    streams.unsubscribe(question, this);
    if (sender != null) {
      sender.close();
    }
  }

  /** Once the head is written. */
  void begin() {
    streams.subscribe(question, this);
  }

  @Override
  public EventExecutor executor() {
    if (channel == null) {
      throw new IllegalStateException("subscribe when in a pipeline only");
    }
    return channel.eventLoop();
  }

  @Override
  public void offer(SharedMessage snapshot) {
    if (sender == null) {
      return;
    }
    if (sender.stuckNanos(System.nanoTime()) > stuckNanosMax) {
      refuse();
    } else {
      sender.offer(snapshot);
    }
  }

  @Override
  public void refuse() {
    if (channel != null) {
      Future<?> unused = channel.close();
    }
  }

  /** A reader has nothing more to say. */
  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ReferenceCountUtil.release(message);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event == Takeover.DRAIN) {
      Future<?> unused = ctx.close();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    log.debug("event stream {} ended: {}", ctx.channel().remoteAddress(), cause.toString());
    Future<?> unused = ctx.close();
  }
}
