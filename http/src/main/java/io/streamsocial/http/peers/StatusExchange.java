package io.streamsocial.http.peers;

import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.Moment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks every other instance for its status once a second. It is also the probe that closes a
 * breaker again. Any thread.
 */
final class StatusExchange {
  private static final Logger log = LoggerFactory.getLogger(StatusExchange.class);
  static final long EVERY_MS = 1_000;

  private final ThisInstance self;
  private final Peers peers;
  private final PeerClient client;
  private final ScheduledExecutorService timer;
  private final Supplier<Moment> clock;
  private final long windowMs;
  private final long timeoutMs;
  private final AtomicReference<@Nullable CompletableFuture<Void>> running =
      new AtomicReference<>();

  /**
   * @param timer stays the caller's
   * @param timeoutMs for one answer
   */
  StatusExchange(
      ThisInstance self,
      Peers peers,
      PeerClient client,
      ScheduledExecutorService timer,
      Supplier<Moment> clock,
      long windowMs,
      long timeoutMs) {
    this.self = self;
    this.peers = peers;
    this.client = client;
    this.timer = timer;
    this.clock = clock;
    this.windowMs = windowMs;
    this.timeoutMs = timeoutMs;
  }

  /** Once. */
  void start() {
    Future<?> unused = timer.scheduleWithFixedDelay(this::tick, 0, EVERY_MS, TimeUnit.MILLISECONDS);
  }

  private void tick() {
    try {
      CompletableFuture<Void> unused = now();
    } catch (RuntimeException e) {
      // Thrown from here it would end the exchange for good.
      log.error("the exchange of statuses failed and is tried again in a second", e);
    }
  }

  /**
   * Asks all now, or joins the round that runs.
   *
   * @return completes, never by a failure, when all have answered or are given up
   */
  CompletableFuture<Void> now() {
    CompletableFuture<Void> mine = new CompletableFuture<>();
    CompletableFuture<Void> other = running.compareAndExchange(null, mine);
    if (other != null) {
      return other;
    }
    EngineStatus status = self.status();
    List<CompletableFuture<?>> asked = new ArrayList<>();
    for (Peer peer : peers.in(status.routing())) {
      if (peer.instance().endpoint().isReachable()) {
        asked.add(ask(peer, status));
      }
    }
    CompletableFuture<Void> unused =
        CompletableFuture.allOf(asked.toArray(new CompletableFuture<?>[0]))
            .whenComplete(
                (all, failure) -> {
                  running.set(null);
                  mine.complete(null);
                });
    return mine;
  }

  private CompletableFuture<PeerStatus> ask(Peer peer, EngineStatus own) {
    CompletableFuture<PeerStatus> answer = client.status(peer);
    Future<?> timeout =
        timer.schedule(
            () -> answer.completeExceptionally(PeerException.timeout()),
            timeoutMs,
            TimeUnit.MILLISECONDS);
    return answer.whenComplete(
        (status, failure) -> {
          timeout.cancel(false);
          if (failure == null) {
            answered(peer, status, own);
          } else {
            PeerClient.moveBreaker(peer, PeerException.of(failure));
          }
        });
  }

  private void answered(Peer peer, PeerStatus status, EngineStatus own) {
    peer.breaker().succeeded();
    peer.heard(status, clock.get().wallMs());
    if (status.shufflePartitions() != own.shufflePartitions() || status.windowMs() != windowMs) {
      // Its tags are in other partitions, or its counts in other windows: nothing could be merged.
      peer.rejected(
          "it counts %d partitions in windows of %d ms, this instance %d in %d ms"
              .formatted(
                  status.shufflePartitions(),
                  status.windowMs(),
                  own.shufflePartitions(),
                  windowMs));
    }
  }
}
