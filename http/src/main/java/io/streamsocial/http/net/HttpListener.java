package io.streamsocial.http.net;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.streamsocial.http.RequestMemory;
import io.streamsocial.http.Resource;
import io.streamsocial.http.Takeover;
import io.streamsocial.http.auth.Security;
import io.streamsocial.http.auth.SecuritySettings;
import io.streamsocial.processor.Moment;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Supplier;

/**
 * Listens on one address, and answers the requests of all connections by the route table. Its
 * connections end with the event loops, which stay the caller's.
 */
public final class HttpListener {
  private final ChannelGroup connections =
      new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
  private final Channel listening;

  /**
   * Listens when it returns.
   *
   * @param address to bind; port 0 for a free one
   * @param security certificates and secrets, which stay the caller's
   * @param resources the route table
   * @throws IOException when the address cannot be bound
   */
  public HttpListener(
      InetSocketAddress address,
      HttpLimits limits,
      SecuritySettings settings,
      Security security,
      List<Resource> resources,
      EventLoopGroup eventLoops,
      Supplier<Moment> clock,
      MeterRegistry registry)
      throws IOException {
    AddressConnections addresses = new AddressConnections(settings.addresses());
    Admission admission = new Admission(security, settings, addresses);
    // On a loopback address a browser would refuse every plain server from then on.
    boolean hsts = settings.tls().cert() != null && !address.getAddress().isLoopbackAddress();
    ConnectionSetup setup =
        new ConnectionSetup(
            limits,
            new Dispatcher(resources, new MessageChecks(limits), admission, clock),
            new HttpMetrics(registry),
            connections,
            security,
            new RequestMemory(limits.requestMemoryBytes(), registry),
            new ConnectionSetup.Rules(settings.corsOrigins(), addresses, hsts));
    Gauge.builder("streamsocial.http.connections", connections, ChannelGroup::size)
        .description("Open connections")
        .register(registry);
    listening = bind(address, eventLoops, setup);
  }

  private static Channel bind(
      InetSocketAddress address, EventLoopGroup eventLoops, ConnectionSetup setup)
      throws IOException {
    ChannelFuture bound =
        new ServerBootstrap()
            .group(eventLoops)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, 1_024)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.AUTO_READ, false)
            .childHandler(setup)
            .bind(address)
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException(
          "cannot listen on %s:%d: %s"
              .formatted(address.getHostString(), address.getPort(), bound.cause().getMessage()),
          bound.cause());
    }
    return bound.channel();
  }

  /** The port that it listens on. */
  public int port() {
    return ((InetSocketAddress) listening.localAddress()).getPort();
  }

  /**
   * Accepts no new connections and closes idle ones; a connection with a request under way finishes
   * it. Returns when all are closed, or after the timeout.
   */
  public void drain(long timeoutMs) {
    listening.close().awaitUninterruptibly(timeoutMs);
    for (Channel connection : connections) {
      connection.pipeline().fireUserEventTriggered(Takeover.DRAIN);
    }
    connections.newCloseFuture().awaitUninterruptibly(timeoutMs);
  }
}
