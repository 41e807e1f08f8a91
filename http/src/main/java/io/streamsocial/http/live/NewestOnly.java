package io.streamsocial.http.live;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Sends snapshots at the pace at which the client takes them: one is on its way, at most one waits,
 * and a newer one takes the place of the one that waits. So a client that reads slowly sees fewer
 * of them, each the newest at its time, and one that does not read at all costs one buffer that it
 * shares with others. Belongs to one connection, runs on its event loop.
 */
final class NewestOnly {
  /**
   * Of the kernel, for a client. Left to itself it would grow to megabytes, and a slow client would
   * first read minutes of old messages.
   */
  private static final int SEND_BUFFER_BYTES = 32_768;

  private final Channel channel;
  private final Function<ByteBuf, Object> framing;
  private final StreamMetrics metrics;
  private @Nullable SharedMessage waiting;
  private long sendingSinceNanos;
  private boolean sending;
  private boolean closed;

  /**
   * @param framing from the bytes of the message, which it takes over, to what the pipeline writes
   */
  NewestOnly(Channel channel, Function<ByteBuf, Object> framing, StreamMetrics metrics) {
    this.channel = channel;
    this.framing = framing;
    this.metrics = metrics;
    channel.config().setOption(ChannelOption.SO_SNDBUF, SEND_BUFFER_BYTES);
  }

  void offer(SharedMessage snapshot) {
    if (closed) {
      return;
    }
    if (!sending) {
      send(snapshot);
      return;
    }
    if (waiting != null) {
      waiting.release();
      metrics.conflated();
    }
    waiting = snapshot.retain();
  }

  private void send(SharedMessage snapshot) {
    sending = true;
    sendingSinceNanos = System.nanoTime();
    channel.writeAndFlush(framing.apply(snapshot.share())).addListener(written -> sent());
  }

  /** The socket has taken all of it, or will never. */
  private void sent() {
    sending = false;
    SharedMessage next = waiting;
    waiting = null;
    if (next != null) {
      if (!closed) {
        send(next);
      }
      next.release();
    }
  }

  /** How long the client has not taken the message that is on its way; 0 when none is. */
  long stuckNanos(long nowNanos) {
    return sending ? nowNanos - sendingSinceNanos : 0;
  }

  void close() {
    closed = true;
    if (waiting != null) {
      waiting.release();
      waiting = null;
    }
  }
}
