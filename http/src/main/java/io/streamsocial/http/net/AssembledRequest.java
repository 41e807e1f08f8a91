package io.streamsocial.http.net;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.streamsocial.http.Request;
import io.streamsocial.http.RequestMemory;

/**
 * A request with the whole of its body, or one whose head was enough to refuse it. Its share of the
 * memory is given back with its last reference.
 */
final class AssembledRequest extends DefaultFullHttpRequest {
  private final Screened screened;
  private final Request.Body body;
  private final RequestMemory.Share memory;

  /**
   * @param body not changed by any reader
   * @param memory holds the body; this closes it
   */
  AssembledRequest(HttpRequest head, Screened screened, byte[] body, RequestMemory.Share memory) {
    super(
        head.protocolVersion(),
        head.method(),
        head.uri(),
        Unpooled.wrappedBuffer(body),
        head.headers(),
        EmptyHttpHeaders.INSTANCE);
    setDecoderResult(head.decoderResult());
    this.screened = screened;
    this.body = new Request.Body(body, memory);
    this.memory = memory;
  }

  Screened screened() {
    return screened;
  }

  Request.Body body() {
    return body;
  }

  @Override
  public boolean release() {
    return release(1);
  }

  @Override
  public boolean release(int decrement) {
    boolean isLast = super.release(decrement);
    if (isLast) {
      memory.close();
    }
    return isLast;
  }
}
