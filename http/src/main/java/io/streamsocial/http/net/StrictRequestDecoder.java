package io.streamsocial.http.net;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.timeout.ReadTimeoutException;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Netty's decoder with the two refusals that only it can make, as only it sees where headers begin
 * and end: header lines that go on in the next line (obs-fold, which it would join silently and
 * which two servers in a row can read differently), and a request that does not arrive in time.
 * Both come out as a request whose {@code decoderResult} is a failure, in their place in the order
 * of requests. Belongs to one connection, runs on its event loop.
 */
public final class StrictRequestDecoder extends HttpRequestDecoder {
  private enum Phase {
    BETWEEN,
    HEADERS,
    BODY,
    BROKEN
  }

  private final Duration headerTimeout;
  private final Duration bodyTimeout;
  private Phase phase = Phase.BETWEEN;
  private boolean firstLineRead;
  private @Nullable Future<?> deadline;

  StrictRequestDecoder(HttpLimits limits) {
    super(
        new HttpDecoderConfig()
            .setMaxInitialLineLength(HttpLimits.MAX_LINE_BYTES)
            .setMaxHeaderSize(HttpLimits.MAX_HEADER_BYTES));
    this.headerTimeout = limits.headerTimeout();
    this.bodyTimeout = limits.bodyTimeout();
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
    if (phase == Phase.BROKEN) {
      in.skipBytes(in.readableBytes());
      return;
    }
    if (phase == Phase.BETWEEN && in.isReadable()) {
      enter(Phase.HEADERS, ctx);
    }
    if (phase == Phase.HEADERS && isFolded(in)) {
      fail(ctx, new IllegalArgumentException("obs-fold"), out);
      in.skipBytes(in.readableBytes());
      return;
    }
    int before = in.readerIndex();
    int size = out.size();
    super.decode(ctx, in, out);
    firstLineRead |= phase == Phase.HEADERS && in.readerIndex() > before;
    for (Object message : out.subList(size, out.size())) {
      if (message instanceof HttpRequest) {
        enter(Phase.BODY, ctx);
      }
      if (message instanceof LastHttpContent) {
        enter(Phase.BETWEEN, ctx);
      }
    }
  }

  /** Whether a header line starts with white space. The decoder consumes whole lines only. */
  private boolean isFolded(ByteBuf in) {
    int end = in.writerIndex();
    boolean lineStart = firstLineRead;
    boolean emptyLine = true;
    for (int i = in.readerIndex(); i < end; i++) {
      byte b = in.getByte(i);
      if (lineStart && (b == ' ' || b == '\t')) {
        return true;
      }
      lineStart = false;
      if (b == '\n') {
        if (emptyLine && i > in.readerIndex()) {
          return false; // the end of the headers; the body may look as it likes
        }
        lineStart = true;
        emptyLine = true;
      } else if (b != '\r') {
        emptyLine = false;
      }
    }
    return false;
  }

  private void enter(Phase next, ChannelHandlerContext ctx) {
    phase = next;
    firstLineRead = false;
    if (deadline != null) {
      deadline.cancel(false);
      deadline = null;
    }
    if (next == Phase.HEADERS || next == Phase.BODY) {
      Duration timeout = next == Phase.HEADERS ? headerTimeout : bodyTimeout;
      deadline =
          ctx.executor().schedule(() -> expire(ctx), timeout.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void expire(ChannelHandlerContext ctx) {
    List<Object> out = new ArrayList<>(1);
    fail(ctx, ReadTimeoutException.INSTANCE, out);
    ctx.fireChannelRead(out.get(0));
    ctx.fireChannelReadComplete();
  }

  private void fail(ChannelHandlerContext ctx, Throwable cause, List<Object> out) {
    DecoderResult failure = DecoderResult.failure(cause);
    if (phase == Phase.BODY) {
      DefaultLastHttpContent end = new DefaultLastHttpContent();
      end.setDecoderResult(failure);
      out.add(end);
    } else {
      FullHttpRequest request =
          new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/");
      request.setDecoderResult(failure);
      out.add(request);
    }
    enter(Phase.BROKEN, ctx);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) throws Exception {
    cancelDeadline();
    super.channelInactive(ctx);
  }

  @Override
  protected void handlerRemoved0(ChannelHandlerContext ctx) throws Exception {
    cancelDeadline();
    super.handlerRemoved0(ctx);
  }

  private void cancelDeadline() {
    if (deadline != null) {
      deadline.cancel(false);
      deadline = null;
    }
  }
}
