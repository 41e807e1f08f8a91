package io.streamsocial.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/** One kept connection and the request that is in flight on it. Belongs to its event loop. */
final class HttpConnection extends ByteToMessageDecoder {
  private static final byte[] BLANK_LINE = "\r\n".getBytes(StandardCharsets.US_ASCII);

  private final Channel channel;
  private final HttpLoad.Plan plan;
  private final HttpLoad load;
  private long due;
  private boolean busy;
  private String etag = "";
  private byte[] condition = BLANK_LINE;
  private int status;
  private int bodyLeft = -1;

  HttpConnection(Channel channel, HttpLoad.Plan plan, HttpLoad load) {
    this.channel = channel;
    this.plan = plan;
    this.load = load;
  }

  /** When the request in flight, or the last one, was due. */
  long due() {
    return due;
  }

  boolean isBusy() {
    return busy;
  }

  void send(long dueNanos) {
    due = dueNanos;
    busy = true;
    ChannelFuture unused =
        channel.writeAndFlush(
            Unpooled.wrappedBuffer(plan.heads().get(), condition), channel.voidPromise());
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
    if (bodyLeft < 0 && !readHead(in)) {
      return;
    }
    int skipped = Math.min(bodyLeft, in.readableBytes());
    in.skipBytes(skipped);
    bodyLeft -= skipped;
    if (bodyLeft == 0) {
      bodyLeft = -1;
      busy = false;
      load.answered(this, status);
    }
  }

  private boolean readHead(ByteBuf in) {
    int end = headEnd(in);
    if (end < 0) {
      return false;
    }
    String head = in.readCharSequence(end - in.readerIndex(), StandardCharsets.US_ASCII).toString();
    status = Integer.parseInt(head, 9, 12, 10);
    String names = head.toLowerCase(Locale.ROOT);
    if (status == 304 || status == 204) {
      bodyLeft = 0;
    } else {
      bodyLeft = Integer.parseInt(value(head, names, "\r\ncontent-length: "));
    }
    if (plan.poll() && status == 200 && names.contains("\r\netag: ")) {
      String now = value(head, names, "\r\netag: ");
      if (!now.equals(etag)) {
        etag = now;
        condition = "If-None-Match: %s\r\n\r\n".formatted(now).getBytes(StandardCharsets.US_ASCII);
      }
    }
    return true;
  }

  private static int headEnd(ByteBuf in) {
    for (int at = in.readerIndex(); at + 3 < in.writerIndex(); at++) {
      if (in.getByte(at) == '\r' && in.getInt(at) == 0x0D0A0D0A) {
        return at + 4;
      }
    }
    return -1;
  }

  private static String value(String head, String names, String name) {
    int at = names.indexOf(name);
    if (at < 0) {
      throw new IllegalStateException("no '%s' in %s".formatted(name.strip(), head));
    }
    return head.substring(at + name.length(), head.indexOf('\r', at + name.length()));
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    load.failed(new IllegalStateException("the server has closed a connection"));
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    load.failed(cause);
  }
}
