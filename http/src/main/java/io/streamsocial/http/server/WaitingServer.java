package io.streamsocial.http.server;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.streamsocial.http.Access;
import io.streamsocial.http.Endpoint;
import io.streamsocial.http.Problem;
import io.streamsocial.http.ProblemType;
import io.streamsocial.http.Request;
import io.streamsocial.http.Resource;
import io.streamsocial.http.Response;
import io.streamsocial.http.auth.Security;
import io.streamsocial.http.net.HttpListener;
import io.streamsocial.processor.Moment;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Answers in the place of an instance that has no engine yet, since it waits for Kafka: alive, not
 * ready, and to everything else when to ask again. So whoever looks after the process does not
 * start it again and again, which would bring Kafka no sooner. Its opener closes it before the
 * server proper listens on the same address.
 */
public final class WaitingServer implements AutoCloseable {
  private static final int RETRY_SECONDS = 5;
  private static final long END_MS = 1_000;

  private final Supplier<String> reason;
  private final Security security;
  private final EventLoopGroup eventLoops =
      new MultiThreadIoEventLoopGroup(
          1, new DefaultThreadFactory("http-wait", true), NioIoHandler.newFactory());

  private WaitingServer(ServerOptions options, Supplier<String> reason) throws IOException {
    this.reason = reason;
    this.security = Security.open(options.security());
    try {
      var unused =
          new HttpListener(
              new InetSocketAddress(options.host(), options.port()),
              options.limits(),
              options.security(),
              security,
              resources(),
              eventLoops,
              Moment::now,
              new SimpleMeterRegistry());
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  /**
   * Listens when it returns.
   *
   * @param options of the server proper
   * @param reason why there is no engine yet, for clients
   * @throws IOException when the address cannot be bound
   */
  public static WaitingServer start(ServerOptions options, Supplier<String> reason)
      throws IOException {
    return new WaitingServer(options, reason);
  }

  private List<Resource> resources() {
    Endpoint later = Endpoint.direct(this::later);
    return List.of(
        Resource.get("/livez", Endpoint.direct(request -> Response.text(200, "ok\n")))
            .needing(Access.OPEN),
        Resource.get("/readyz", Endpoint.direct(request -> Response.text(503, "not ok\n")))
            .needing(Access.OPEN),
        Resource.get("/", later),
        Resource.get("/metrics", later),
        Resource.post("/api/posts", later),
        Resource.get("/api/{path}", later),
        Resource.get("/api/trending/{hashtag}", later));
  }

  private Response later(Request request) {
    return request.refuse(Problem.retryLater(ProblemType.STARTING, reason.get(), RETRY_SECONDS));
  }

  @Override
  public void close() {
    eventLoops
        .shutdownGracefully(0, END_MS / 2, TimeUnit.MILLISECONDS)
        .awaitUninterruptibly(END_MS);
    security.close();
  }
}
