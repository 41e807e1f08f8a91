package io.streamsocial.http.live;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpContentCompressor;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.flow.FlowControlHandler;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.handler.timeout.WriteTimeoutHandler;
import io.netty.util.concurrent.Future;
import io.streamsocial.http.Takeover;
import io.streamsocial.http.net.HttpLimits;
import io.streamsocial.http.net.RequestAssembler;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Makes server-sent events of a connection: one answer that does not end. */
final class EventStreamTakeover implements Takeover {
  /** A reader that lost the connection shall come back after so many milliseconds. */
  private static final byte[] RETRY = "retry: 1000\n\n".getBytes(StandardCharsets.UTF_8);

  private static final byte[] BEFORE = "data: ".getBytes(StandardCharsets.UTF_8);
  private static final byte[] AFTER = "\n\n".getBytes(StandardCharsets.UTF_8);

  private final TrendStreams streams;
  private final StreamQuestion question;
  private final HttpLimits limits;

  EventStreamTakeover(TrendStreams streams, StreamQuestion question, HttpLimits limits) {
    this.streams = streams;
    this.question = question;
    this.limits = limits;
  }

  @Override
  public void begin(ChannelHandlerContext ctx, HttpRequest head, Map<String, String> everyAnswer) {
    ChannelPipeline pipeline = ctx.pipeline();
    // Compression would hold messages back, and all clients share the same bytes.
    pipeline.remove(HttpContentCompressor.class);
    pipeline.remove(HttpServerKeepAliveHandler.class);
    pipeline.remove(IdleStateHandler.class);
    pipeline.remove(WriteTimeoutHandler.class);
    HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
    response
        .headers()
        .set(HttpHeaderNames.CONTENT_TYPE, "text/event-stream")
        // Else nginx would hold messages back until its buffer is full.
        .set("X-Accel-Buffering", "no")
        .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    everyAnswer.forEach(response.headers()::set);
    boolean headOnly = head.method().equals(HttpMethod.HEAD);
    // HTTP/1.0 knows no chunks: there the end of the connection is the end of the answer.
    HttpUtil.setTransferEncodingChunked(
        response, head.protocolVersion().equals(HttpVersion.HTTP_1_1) && !headOnly);
    EventStreamClient client = new EventStreamClient(streams, question, limits);
    pipeline.addLast(client);
    Future<?> unused = ctx.writeAndFlush(response);
    if (headOnly) {
      unused = ctx.close();
      return;
    }
    unused = ctx.writeAndFlush(new DefaultHttpContent(Unpooled.wrappedBuffer(RETRY)));
    pipeline.remove(ctx.handler());
    pipeline.remove(FlowControlHandler.class);
    pipeline.remove(RequestAssembler.class);
    ctx.channel().config().setAutoRead(true);
    client.begin();
  }

  /** The bytes of a message, which hold no line break, as an event. */
  static Object event(ByteBuf json) {
    return new DefaultHttpContent(
        Unpooled.wrappedBuffer(
            Unpooled.wrappedBuffer(BEFORE), json, Unpooled.wrappedBuffer(AFTER)));
  }
}
