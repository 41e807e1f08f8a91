package io.streamsocial.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpRequest;
import java.util.Map;

/** The answer that makes something else than HTTP requests of a connection. */
@FunctionalInterface
public interface Takeover {
  /** The event that tells a connection, whatever it has become, that the server drains. */
  Object DRAIN = new Object();

  /**
   * Called once, on the connection's event loop. Sends the answer's head, and replaces the handler
   * that called and all that only requests need.
   *
   * @param ctx of the request handler, which this removes
   * @param head without a body
   * @param everyAnswer headers of every answer
   */
  void begin(ChannelHandlerContext ctx, HttpRequest head, Map<String, String> everyAnswer);
}
