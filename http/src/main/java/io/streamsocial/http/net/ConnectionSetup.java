package io.streamsocial.http.net;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.group.ChannelGroup;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.flow.FlowControlHandler;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.handler.timeout.WriteTimeoutHandler;
import io.streamsocial.http.CachePolicy;
import io.streamsocial.http.Problem;
import io.streamsocial.http.ProblemType;
import io.streamsocial.http.RequestMemory;
import io.streamsocial.http.auth.Cors;
import io.streamsocial.http.auth.Security;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Lays each new connection's pipeline; when there are too many, one that answers only probes. */
final class ConnectionSetup extends ChannelInitializer<Channel> {
  private final HttpLimits limits;
  private final Dispatcher dispatcher;
  private final HttpMetrics metrics;
  private final ChannelGroup connections;
  private final Security security;
  private final Rules rules;
  private final RequestMemory memory;
  private final Reserve reserve;
  private final Map<String, String> everyAnswer;

  /**
   * @param corsOrigins pages of these may use the API
   * @param hsts whether browsers are told to use HTTPS only from now on
   */
  record Rules(List<String> corsOrigins, AddressConnections addresses, boolean hsts) {}

  /**
   * @param connections where every connection is a member while it is open
   */
  ConnectionSetup(
      HttpLimits limits,
      Dispatcher dispatcher,
      HttpMetrics metrics,
      ChannelGroup connections,
      Security security,
      RequestMemory memory,
      Rules rules) {
    this.limits = limits;
    this.memory = memory;
    this.reserve = new Reserve(tooMany(limits.maxConnections(), rules.addresses().most()));
    this.security = security;
    this.rules = rules;
    this.everyAnswer = everyAnswer(rules.hsts());
    this.dispatcher = dispatcher;
    this.metrics = metrics;
    this.connections = connections;
  }

  @Override
  protected void initChannel(Channel channel) {
    boolean isReserved =
        connections.size() - reserve.size() >= limits.maxConnections()
            || !rules.addresses().admit(channel);
    connections.add(channel);
    ChannelPipeline pipeline = channel.pipeline();
    pipeline.addLast(new LingeringClose());
    security.serverTls().ifPresent(tls -> pipeline.addLast(new TlsEntry(tls, limits)));
    pipeline.addLast(
        new IdleStateHandler(0, 0, limits.idleTimeout().toMillis(), TimeUnit.MILLISECONDS));
    pipeline.addLast(
        new WriteTimeoutHandler(limits.writeTimeout().toMillis(), TimeUnit.MILLISECONDS));
    pipeline.addLast(new StrictRequestDecoder(limits));
    pipeline.addLast(new HttpResponseEncoder());
    pipeline.addLast(new HttpServerKeepAliveHandler());
    pipeline.addLast(new ResponseCompression());
    pipeline.addLast(
        new RequestAssembler(
            dispatcher, memory, limits.maxBodyBytes(), isReserved ? reserve.problem() : null));
    pipeline.addLast(new FlowControlHandler());
    if (!rules.corsOrigins().isEmpty()) {
      pipeline.addLast(new Cors(rules.corsOrigins()));
    }
    pipeline.addLast(new RequestHandler(dispatcher, metrics, everyAnswer, memory, isReserved));
    if (isReserved) {
      reserve.add(channel);
    }
  }

  private static Problem tooMany(int inAll, int fromOneAddress) {
    String perAddress =
        fromOneAddress == 0
            ? ""
            : ", or %d from one address (--max-connections-per-address)".formatted(fromOneAddress);
    String detail =
        "as many connections as allowed are open, %d in all (--max-connections)%s: only probes are answered"
            .formatted(inAll, perAddress);
    return Problem.retryLater(ProblemType.OVERLOADED, detail, 1).closing();
  }

  static Map<String, String> everyAnswer(boolean hsts) {
    Map<String, String> headers = new HashMap<>();
    headers.put(CachePolicy.HEADER, CachePolicy.NEVER);
    headers.put("X-Content-Type-Options", "nosniff");
    headers.put("Referrer-Policy", "no-referrer");
    headers.put("Cross-Origin-Resource-Policy", "same-origin");
    headers.put("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    if (hsts) {
      headers.put("Strict-Transport-Security", "max-age=31536000");
    }
    return Map.copyOf(headers);
  }
}
