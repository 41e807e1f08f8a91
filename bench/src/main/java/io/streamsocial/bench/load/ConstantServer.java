package io.streamsocial.bench.load;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The least that a Netty server can do: decode a request with the codec that ours has, answer the
 * same bytes each time. In its own process, until its input ends; {@code bench/run query} starts
 * it.
 */
@Command(name = "constant", hidden = true)
public final class ConstantServer implements Callable<Integer> {
  @Option(names = "--bytes")
  int bytes;

  @Override
  public Integer call() throws IOException {
    byte[] filler = new byte[bytes];
    Arrays.fill(filler, (byte) 'x');
    ByteBuf body =
        Unpooled.unreleasableBuffer(Unpooled.directBuffer(bytes).writeBytes(filler).asReadOnly());
    EventLoopGroup loops = new MultiThreadIoEventLoopGroup(NioIoHandler.newFactory());
    try {
      Channel listening =
          new ServerBootstrap()
              .group(loops)
              .channel(NioServerSocketChannel.class)
              .childOption(ChannelOption.TCP_NODELAY, true)
              .childHandler(new Setup(body))
              .bind(InetAddress.getLoopbackAddress(), 0)
              .syncUninterruptibly()
              .channel();
      int port = ((InetSocketAddress) listening.localAddress()).getPort();
      System.out.printf("listening on http://127.0.0.1:%d%n", port);
      while (System.in.read() >= 0) {
        // The parent writes nothing; input ends with it.
      }
    } finally {
      Future<?> unused = loops.shutdownGracefully();
    }
    return 0;
  }

  private static final class Setup extends ChannelInitializer<Channel> {
    private final ByteBuf body;

    Setup(ByteBuf body) {
      this.body = body;
    }

    @Override
    protected void initChannel(Channel channel) {
      channel
          .pipeline()
          .addLast(new HttpRequestDecoder(), new HttpResponseEncoder(), new Answer(body));
    }
  }

  private static final class Answer extends SimpleChannelInboundHandler<HttpObject> {
    private final ByteBuf body;

    Answer(ByteBuf body) {
      this.body = body;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
      if (message instanceof LastHttpContent) {
        FullHttpResponse response =
            new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.OK, body.duplicate());
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, "application/json");
        response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
        ChannelFuture unused = context.writeAndFlush(response, context.voidPromise());
      }
    }
  }
}
