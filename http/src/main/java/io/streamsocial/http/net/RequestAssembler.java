package io.streamsocial.http.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.streamsocial.http.Problem;
import io.streamsocial.http.RefusalException;
import io.streamsocial.http.RequestMemory;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Puts requests together, each from its head and the pieces of its body. The head decides first:
 * what is refused by it is passed on at once, in its place in the order of requests, and its body
 * is dropped as it comes. A body is kept only for an endpoint that reads one, and as far as there
 * is memory for it. Belongs to one connection, runs on its event loop.
 */
public final class RequestAssembler extends ChannelInboundHandlerAdapter {
  private static final byte[] NO_BODY = {};
  private static final int FIRST_BYTES = 4_096;

  /** A refused client may go on with its next request when no more than this is left to drop. */
  private static final int DROPPED_MAX = 65_536;

  private final Dispatcher dispatcher;
  private final RequestMemory memory;
  private final int maxBodyBytes;
  private final @Nullable Problem unlessProbe;
  private @Nullable Incoming incoming;

  /**
   * @param unlessProbe refuses all but probes; null for none
   */
  RequestAssembler(
      Dispatcher dispatcher,
      RequestMemory memory,
      int maxBodyBytes,
      @Nullable Problem unlessProbe) {
    this.dispatcher = dispatcher;
    this.memory = memory;
    this.maxBodyBytes = maxBodyBytes;
    this.unlessProbe = unlessProbe;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (!(message instanceof HttpRequest) && !(message instanceof HttpContent)) {
      ctx.fireChannelRead(message);
      return;
    }
    try {
      if (message instanceof HttpRequest head) {
        incoming =
            new Incoming(head, dispatcher.screen(head, Caller.of(ctx.channel()), unlessProbe));
        incoming.begin(ctx);
      }
      if (message instanceof HttpContent content && incoming != null) {
        incoming.add(ctx, content);
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  /** What was half there when the connection ended, or became something else. */
  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    if (incoming != null) {
      incoming.share.close();
      incoming = null;
    }
  }

  private final class Incoming {
    private final HttpRequest head;
    private final RequestMemory.Share share = memory.share();
    private final long announced;
    private final boolean expectsContinue;
    private Screened screened;
    private boolean isPassedOn;
    private byte[] body = NO_BODY;
    private long received;

    Incoming(HttpRequest head, Screened screened) {
      this.head = head;
      this.screened = screened;
      boolean isReadable = head.decoderResult().isSuccess();
      this.announced = isReadable ? HttpUtil.getContentLength(head, -1L) : 0;
      this.expectsContinue = isReadable && HttpUtil.is100ContinueExpected(head);
    }

    void begin(ChannelHandlerContext ctx) {
      if (screened.refusal() != null) {
        passOn(ctx);
      } else if (announced > maxBodyBytes) {
        refuse(ctx, dispatcher.tooLarge());
      } else if (expectsContinue) {
        Future<?> unused =
            ctx.writeAndFlush(
                new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
      }
    }

    void add(ChannelHandlerContext ctx, HttpContent piece) {
      boolean failed = !piece.decoderResult().isSuccess() && !(piece instanceof HttpRequest);
      if (isPassedOn) {
        if (failed) {
          // Its answer is out: there is no other way left to say that it cannot be read.
          Future<?> unused = ctx.close();
        }
      } else if (failed) {
        refuse(ctx, dispatcher.undecodable(piece.decoderResult().cause()));
      } else {
        keep(ctx, piece.content());
      }
      if (piece instanceof LastHttpContent) {
        if (!isPassedOn) {
          passOn(ctx);
        }
        incoming = null;
      }
    }

    private void keep(ChannelHandlerContext ctx, ByteBuf piece) {
      int from = (int) received;
      received += piece.readableBytes();
      if (received > maxBodyBytes) {
        refuse(ctx, dispatcher.tooLarge());
      } else if (screened.readsBody() && piece.isReadable()) {
        try {
          ensureRoom((int) received);
          piece.getBytes(piece.readerIndex(), body, from, piece.readableBytes());
        } catch (RefusalException e) {
          refuse(ctx, e.problem());
        }
      }
    }

    private void ensureRoom(int bytes) {
      if (bytes <= body.length) {
        return;
      }
      long most = announced >= 0 ? announced : maxBodyBytes;
      int length = (int) Math.min(most, Math.max(bytes, Math.max(FIRST_BYTES, 2L * body.length)));
      share.take(length - body.length, RequestMemory.Use.BODY);
      body = Arrays.copyOf(body, length);
    }

    private void refuse(ChannelHandlerContext ctx, Problem problem) {
      screened = screened.refusedBy(problem);
      passOn(ctx);
    }

    private void passOn(ChannelHandlerContext ctx) {
      isPassedOn = true;
      byte[] whole = NO_BODY;
      if (screened.refusal() != null) {
        share.close();
        if (mayHaveMuchLeft()) {
          screened = screened.refusedBy(screened.refusal().closing());
        }
      } else if (screened.readsBody()) {
        whole = body.length == received ? body : Arrays.copyOf(body, (int) received);
      }
      body = NO_BODY;
      ctx.fireChannelRead(new AssembledRequest(head, screened, whole, share));
    }

    /**
     * A client that waits for 100 may send its body or not, so the next request cannot be found.
     */
    private boolean mayHaveMuchLeft() {
      return expectsContinue
          || HttpUtil.isTransferEncodingChunked(head)
          || announced - received > DROPPED_MAX;
    }
  }
}
