package io.streamsocial.http.net;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.TimeoutException;
import io.netty.util.concurrent.Future;
import io.streamsocial.http.Problem;
import io.streamsocial.http.RefusalException;
import io.streamsocial.http.RequestId;
import io.streamsocial.http.RequestMemory;
import io.streamsocial.http.Response;
import io.streamsocial.http.Takeover;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of a connection's pipeline: takes one request, writes its answer, then asks for the next.
 * As auto-read is off and a {@code FlowControlHandler} stands before it, pipelined requests wait
 * there and are answered in order. Belongs to one connection, runs on its event loop.
 */
final class RequestHandler extends SimpleChannelInboundHandler<AssembledRequest> {
  private static final Logger log = LoggerFactory.getLogger(RequestHandler.class);

  /** An answer of this size is written in any case, or no refusal could be. */
  private static final int SMALL_BYTES = 16_384;

  private final Dispatcher dispatcher;
  private final HttpMetrics metrics;
  private final Map<String, String> everyAnswer;
  private final RequestMemory memory;
  private final boolean onlyOne;
  private boolean awaiting;
  private boolean busy;
  private boolean draining;

  /**
   * @param everyAnswer headers of every answer; an endpoint's own are stronger
   * @param memory holds the answers that clients have yet to take
   * @param onlyOne whether the connection ends with its first answer
   */
  RequestHandler(
      Dispatcher dispatcher,
      HttpMetrics metrics,
      Map<String, String> everyAnswer,
      RequestMemory memory,
      boolean onlyOne) {
    this.memory = memory;
    this.onlyOne = onlyOne;
    this.dispatcher = dispatcher;
    this.metrics = metrics;
    this.everyAnswer = everyAnswer;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    next(ctx);
  }

  private void next(ChannelHandlerContext ctx) {
    awaiting = true;
    ctx.read();
  }

  /**
   * {@code FlowControlHandler} takes the end of a read from the socket for the answer to ours, even
   * when no whole request was in it. So we ask again; and only then, as each read that it counts
   * lets one more request through.
   */
  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (awaiting) {
      ctx.read();
    }
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, AssembledRequest message) {
    awaiting = false;
    busy = true;
    long startedNanos = System.nanoTime();
    String requestId = RequestId.of(message.headers().get(RequestId.HEADER));
    HttpMethod method = message.method();
    Asked asked =
        new Asked(
            HttpUtil.isKeepAlive(message), message.protocolVersion().equals(HttpVersion.HTTP_1_0));
    int port = ((InetSocketAddress) ctx.channel().localAddress()).getPort();
    HttpRequest head =
        new DefaultHttpRequest(message.protocolVersion(), method, message.uri(), message.headers());
    message.retain(); // until it is answered, as it counts what its work holds
    Dispatcher.Dispatched dispatched = dispatcher.dispatch(message, requestId, port);
    dispatched
        .response()
        .thenAccept(
            response ->
                onEventLoop(
                    ctx,
                    () -> {
                      message.release();
                      long nanos = System.nanoTime() - startedNanos;
                      metrics.answered(dispatched.route(), method, response.status(), nanos);
                      if (response.takeover().isPresent()) {
                        response.takeover().get().begin(ctx, head, everyAnswer);
                      } else {
                        respond(ctx, response, asked, new About(method, head.uri(), requestId));
                      }
                    }))
        .exceptionally(
            failure -> {
              // Without an answer the client would wait until it is idle for too long.
              exceptionCaught(ctx, failure);
              return null;
            });
  }

  /** What the client's side of the connection allows. */
  private record Asked(boolean keepAlive, boolean http10) {}

  /** What an answer needs to know of its request. */
  private record About(HttpMethod method, String uri, String requestId) {}

  private void respond(ChannelHandlerContext ctx, Response answer, Asked asked, About about) {
    RequestMemory.Share held = memory.share();
    Response fitting = fitting(answer, about, held);
    FullHttpResponse response = encode(fitting, about.method(), about.requestId());
    boolean open = asked.keepAlive() && !fitting.close() && !draining && !onlyOne;
    if (!open) {
      HttpUtil.setKeepAlive(response, false);
    } else if (asked.http10()) {
      response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
    }
    write(ctx, response, open, held);
  }

  /** The answer, or the refusal of one that does not fit beside those that clients do not take. */
  private static Response fitting(Response answer, About about, RequestMemory.Share held) {
    if (answer.body().length > SMALL_BYTES && !about.method().equals(HttpMethod.HEAD)) {
      try {
        held.take(answer.body().length, RequestMemory.Use.ANSWER);
      } catch (RefusalException e) {
        return e.problem().toResponse(Target.parse(about.uri()).path(), about.requestId());
      }
    }
    return answer;
  }

  private static void onEventLoop(ChannelHandlerContext ctx, Runnable task) {
    if (ctx.executor().inEventLoop()) {
      task.run();
    } else {
      ctx.executor().execute(task);
    }
  }

  /** When the connection is not to stay open, the keep-alive handler closes it after the write. */
  private void write(
      ChannelHandlerContext ctx,
      FullHttpResponse response,
      boolean open,
      RequestMemory.Share held) {
    ctx.writeAndFlush(response)
        .addListener(
            written -> {
              held.close();
              busy = false;
              if (!written.isSuccess() || (draining && open)) {
                close(ctx);
              } else if (open) {
                next(ctx);
              }
            });
  }

  private FullHttpResponse encode(Response response, HttpMethod method, String requestId) {
    boolean head = method.equals(HttpMethod.HEAD);
    FullHttpResponse out =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(response.status()),
            head ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(response.body()));
    if (!response.contentType().isEmpty()) {
      out.headers().set(HttpHeaderNames.CONTENT_TYPE, response.contentType());
      out.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, response.body().length);
    } else if (response.status() / 100 == 3) {
      // It never has a body, but without a length the keep-alive handler would close.
      out.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, 0);
    }
    out.headers().set(RequestId.HEADER, requestId);
    everyAnswer.forEach(out.headers()::set);
    response.headers().forEach(out.headers()::set);
    return out;
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event == Takeover.DRAIN) {
      draining = true;
      if (!busy) {
        close(ctx);
      }
    } else if (event instanceof Reserve.TurnAway turnAway) {
      turnAway(ctx, turnAway.problem());
    } else if (event instanceof IdleStateEvent) {
      close(ctx);
    }
  }

  /** It has asked nothing yet, so no handler that matches answers with requests may see this. */
  private void turnAway(ChannelHandlerContext ctx, Problem problem) {
    if (awaiting) {
      String requestId = RequestId.of(null);
      Response answer = problem.toResponse("/", requestId);
      FullHttpResponse response = encode(answer, HttpMethod.GET, requestId);
      HttpUtil.setKeepAlive(response, false);
      Future<?> unused =
          ctx.pipeline().context(HttpServerKeepAliveHandler.class).writeAndFlush(response);
    }
    close(ctx);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof IOException || cause instanceof TimeoutException) {
      // The client went away or does not read: its own affair.
      log.debug("connection {} ended: {}", ctx.channel().remoteAddress(), cause.toString());
    } else {
      log.warn("connection {} is closed", ctx.channel().remoteAddress(), cause);
    }
    close(ctx);
  }

  private static void close(ChannelHandlerContext ctx) {
    Future<?> unused = ctx.close();
  }
}
