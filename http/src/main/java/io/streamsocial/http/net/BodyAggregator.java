package io.streamsocial.http.net;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.TooLongHttpContentException;
import org.jspecify.annotations.Nullable;

/**
 * Netty's aggregator, except that a body that is too large is passed on as a failed request: then
 * its 413 is a problem like the others, and does not overtake the answers of requests before it.
 */
final class BodyAggregator extends HttpObjectAggregator {
  BodyAggregator(int maxBodyBytes) {
    super(maxBodyBytes);
  }

  /** No "go on" for a body that will be refused; the super class would answer on its own. */
  @Override
  protected @Nullable Object newContinueResponse(
      HttpMessage start, int maxContentLength, ChannelPipeline pipeline) {
    boolean oversized =
        HttpUtil.is100ContinueExpected(start)
            && HttpUtil.getContentLength(start, -1L) > maxContentLength;
    return oversized ? null : super.newContinueResponse(start, maxContentLength, pipeline);
  }

  @Override
  protected void handleOversizedMessage(ChannelHandlerContext ctx, HttpMessage oversized) {
    HttpRequest head = (HttpRequest) oversized;
    FullHttpRequest failed =
        new DefaultFullHttpRequest(head.protocolVersion(), head.method(), head.uri());
    failed.headers().set(head.headers());
    failed.setDecoderResult(
        DecoderResult.failure(new TooLongHttpContentException("over " + maxContentLength())));
    ctx.fireChannelRead(failed);
  }
}
