package io.streamsocial.bench.load;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.HdrHistogram.Histogram;

/**
 * HTTP/1.1 load from one thread: kept connections with one request in flight on each. Closed loop:
 * each connection asks again as soon as it is answered. Open loop: requests are due at a rate,
 * whatever the server does; one that finds no free connection waits, and its latency counts from
 * when it was due, so requests that the server held up are not left out.
 *
 * <p>The client parses no more of an answer than it must, since it shares the machine with the
 * server that it measures. All state belongs to the event loop.
 */
public final class HttpLoad {
  private static final Duration GRACE = Duration.ofSeconds(10);
  private static final long MAX_LATENCY_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final Plan plan;
  private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final List<HttpConnection> connections = new ArrayList<>();
  private final Deque<HttpConnection> idle = new ArrayDeque<>();
  private final CompletableFuture<Void> done = new CompletableFuture<>();
  private final Histogram latencies = new Histogram(MAX_LATENCY_NANOS, 3);
  private final Map<Integer, Long> statuses = new TreeMap<>();
  private final long intervalNanos;
  private long measureFrom;
  private long measureTo;
  private long nextDue;

  private HttpLoad(Plan plan) {
    this.plan = plan;
    this.intervalNanos =
        plan.rate == 0 ? 0 : Math.max(1, Math.round(TimeUnit.SECONDS.toNanos(1) / plan.rate));
  }

  /**
   * The requests to send.
   *
   * @param heads request line and headers of the next request, without the blank line at their end
   * @param poll whether to send If-None-Match with the ETag of the answer before
   * @param rate requests a second; 0 for a closed loop
   */
  public record Plan(
      int port,
      int connections,
      Supplier<byte[]> heads,
      boolean poll,
      double rate,
      Duration warmUp,
      Duration measure) {}

  /** Called on the calling thread when the measured time begins and ends. */
  public interface Watch {
    Watch NONE =
        new Watch() {
          @Override
          public void begins() {}

          @Override
          public void ends() {}
        };

    void begins() throws Exception;

    void ends() throws Exception;
  }

  /**
   * The answers to the requests due in the measured time.
   *
   * @param latencies nanoseconds; of unanswered requests the time until they were given up
   * @param statuses how many answers by status
   * @param unanswered requests without an answer some seconds after the end
   * @param clientBusy share of one core that the client's thread has used
   */
  public record Result(
      Histogram latencies, Map<Integer, Long> statuses, long unanswered, double clientBusy) {}

  public static byte[] head(String path) {
    return "GET %s HTTP/1.1\r\nHost: localhost\r\n"
        .formatted(path)
        .getBytes(StandardCharsets.US_ASCII);
  }

  /** Runs the plan to its end. */
  public static Result run(Plan plan, Watch watch) throws Exception {
    HttpLoad load = new HttpLoad(plan);
    try {
      return load.run(watch);
    } finally {
      load.loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2_000);
    }
  }

  private Result run(Watch watch) throws Exception {
    connect();
    long threadId = onLoop(() -> Thread.currentThread().getId());
    long begin = System.nanoTime();
    measureFrom = begin + plan.warmUp.toNanos();
    measureTo = measureFrom + plan.measure.toNanos();
    nextDue = begin;
    boolean unused = onLoop(this::start);
    Thread pacer = new Thread(this::pace, "http-load-pacer");
    if (intervalNanos > 0) {
      pacer.start();
    }
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    sleepUntil(measureFrom);
    long cpu = threads.getThreadCpuTime(threadId);
    watch.begins();
    sleepUntil(measureTo);
    watch.ends();
    cpu = threads.getThreadCpuTime(threadId) - cpu;
    try {
      done.get(GRACE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      // Requests without an answer are counted below.
      done.cancel(false);
    } catch (ExecutionException e) {
      throw new IllegalStateException("the load has ended early", e.getCause());
    }
    pacer.join();
    long unanswered = onLoop(this::giveUp);
    return new Result(latencies, statuses, unanswered, (double) cpu / plan.measure.toNanos());
  }

  private void connect() {
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(NioSocketChannel.class)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 5_000)
            .handler(new Bare())
            .remoteAddress(InetAddress.getLoopbackAddress(), plan.port);
    for (int i = 0; i < plan.connections; i++) {
      Channel channel = bootstrap.connect().syncUninterruptibly().channel();
      HttpConnection connection = new HttpConnection(channel, plan, this);
      channel.pipeline().addLast(connection);
      connections.add(connection);
    }
  }

  /** The handler follows when the connection is there. */
  private static final class Bare extends ChannelInitializer<Channel> {
    @Override
    protected void initChannel(Channel channel) {
      // Nothing arrives before the first request.
    }
  }

  private <T> T onLoop(Supplier<T> task) throws InterruptedException, ExecutionException {
    return loop.next().submit(task::get).get();
  }

  private boolean start() {
    idle.addAll(connections);
    sendDue();
    return true;
  }

  /** Netty's timers are good to a millisecond only. */
  private void pace() {
    long due = nextDue;
    while (!done.isDone()) {
      due += intervalNanos;
      long now = System.nanoTime();
      if (due < now) {
        due = now;
      } else {
        LockSupport.parkNanos(due - now);
      }
      loop.execute(this::sendDue);
    }
  }

  private static void sleepUntil(long nanos) throws InterruptedException {
    TimeUnit.NANOSECONDS.sleep(nanos - System.nanoTime());
  }

  /** Sends the requests that are due, and ends the run after the last answer. */
  private void sendDue() {
    long now = System.nanoTime();
    if (intervalNanos == 0) {
      while (now - measureTo < 0 && !idle.isEmpty()) {
        idle.remove().send(now);
      }
    } else {
      for (; nextDue - now <= 0 && nextDue - measureTo < 0 && !idle.isEmpty(); ) {
        idle.remove().send(nextDue);
        nextDue += intervalNanos;
      }
    }
    boolean allDue = intervalNanos == 0 ? now - measureTo >= 0 : nextDue - measureTo >= 0;
    if (allDue && idle.size() == connections.size()) {
      done.complete(null);
    }
  }

  /** The connection is free again. */
  void answered(HttpConnection connection, int status) {
    if (record(connection.due())) {
      statuses.merge(status, 1L, Long::sum);
    }
    idle.add(connection);
    sendDue();
  }

  void failed(Throwable cause) {
    done.completeExceptionally(cause);
  }

  private boolean record(long due) {
    boolean measured = due - measureFrom >= 0 && due - measureTo < 0;
    if (measured) {
      latencies.recordValue(Math.min(MAX_LATENCY_NANOS, Math.max(0, System.nanoTime() - due)));
    }
    return measured;
  }

  private long giveUp() {
    long unanswered = 0;
    for (HttpConnection connection : connections) {
      if (connection.isBusy() && record(connection.due())) {
        unanswered++;
      }
    }
    for (; intervalNanos > 0 && nextDue - measureTo < 0; nextDue += intervalNanos) {
      if (record(nextDue)) {
        unanswered++;
      }
    }
    return unanswered;
  }
}
