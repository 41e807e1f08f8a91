package io.streamsocial.http.net;

import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import io.streamsocial.http.Problem;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/**
 * The connections beyond the bounds, each there for one request of a probe: so a crowd that takes
 * all others does not make a healthy instance look dead. They are few and short. When there is one
 * too many, the oldest ends: probes ask at once. Any thread.
 */
final class Reserve {
  private static final int CONNECTIONS_MAX = 64;
  private static final long TO_ASK_MS = 2_000;

  private final Problem problem;
  private final Deque<Channel> open = new ArrayDeque<>();

  /**
   * @param problem for all but probes
   */
  Reserve(Problem problem) {
    this.problem = problem;
  }

  /** Goes through the pipeline of a connection that is to end, whether it has asked or not. */
  record TurnAway(Problem problem) {}

  Problem problem() {
    return problem;
  }

  synchronized int size() {
    return open.size();
  }

  /** From its event loop, when the pipeline is laid. */
  void add(Channel channel) {
    Channel oldest = added(channel);
    Future<?> timer =
        channel.eventLoop().schedule(() -> turnAway(channel), TO_ASK_MS, TimeUnit.MILLISECONDS);
    channel
        .closeFuture()
        .addListener(
            closed -> {
              timer.cancel(false);
              remove(channel);
            });
    if (oldest != channel) {
      oldest.eventLoop().execute(() -> turnAway(oldest));
    }
  }

  /** The one that has to go, or the same when there is room. */
  private synchronized Channel added(Channel channel) {
    open.addLast(channel);
    return open.size() > CONNECTIONS_MAX ? open.removeFirst() : channel;
  }

  private synchronized void remove(Channel channel) {
    open.remove(channel);
  }

  private void turnAway(Channel channel) {
    if (channel.isActive()) {
      channel.pipeline().fireUserEventTriggered(new TurnAway(problem));
    }
  }
}
