package io.streamsocial.http.net;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Closes in two steps: first our direction, then, when the client has closed its own or a second
 * has passed, the rest. Closed at once while the client still sends (as after a 413), the kernel
 * would reset the connection and the client could lose the answer that says why. Belongs to one
 * connection, first in its pipeline.
 */
final class LingeringClose extends ChannelDuplexHandler {
  private static final long LINGER_MS = 1_000;

  /**
   * Between two reads of a client that still sends: a crowd of those shall not starve the others.
   */
  private static final long READ_EVERY_MS = 50;

  private @Nullable ChannelPromise closing;

  @Override
  public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
    if (closing != null || !ctx.channel().isActive()) {
      Future<?> unused = ctx.close(promise);
      return;
    }
    closing = promise;
    ((DuplexChannel) ctx.channel()).shutdownOutput().addListener(done -> linger(ctx, promise));
  }

  private static void linger(ChannelHandlerContext ctx, ChannelPromise promise) {
    ctx.channel().config().setAutoRead(false);
    ctx.read();
    Runnable end =
        () -> {
          Future<?> unused = ctx.close(promise);
        };
    Future<?> timer = ctx.executor().schedule(end, LINGER_MS, TimeUnit.MILLISECONDS);
    ctx.channel().closeFuture().addListener(closed -> timer.cancel(false));
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (closing == null) {
      ctx.fireChannelRead(message);
    } else {
      ReferenceCountUtil.release(message);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (closing == null) {
      ctx.fireChannelReadComplete();
    } else {
      Future<?> unused = ctx.executor().schedule(ctx::read, READ_EVERY_MS, TimeUnit.MILLISECONDS);
    }
  }
}
