package io.streamsocial.http.peers;

import io.streamsocial.http.OverloadedException;
import io.streamsocial.http.Trace;
import io.streamsocial.processor.RoutingTable;
import io.streamsocial.processor.trends.Queries;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a question to wherever its partitions are. What is all here is answered from here, on the
 * calling thread where that is possible; everything else is gathered. Any thread; never blocks.
 */
public final class Router {
  private static final Logger log = LoggerFactory.getLogger(Router.class);

  private final Parts parts;
  private final PeerOptions options;
  private final AtomicInteger underWay = new AtomicInteger();

  /**
   * What it is built of.
   *
   * @param timer stays the caller's
   */
  public record Parts(
      ThisInstance self,
      Queries queries,
      LocalParts local,
      Peers peers,
      PeerClient client,
      StatusExchange exchange,
      ScheduledExecutorService timer,
      PeerMetrics metrics) {}

  public Router(Parts parts, PeerOptions options) {
    this.parts = parts;
    this.options = options;
  }

  /** As known now. */
  Routes routes() {
    RoutingTable table = parts.self().status().routing();
    Queries queries = parts.queries();
    return new Routes(table, queries.held(queries.partitions()), parts.peers().in(table));
  }

  /** The instance that the routing table names as the active of a partition, this one included. */
  public Optional<RoutingTable.Instance> owner(int partition) {
    return parts.self().status().routing().active(partition);
  }

  /** Queries under way that may need another instance. */
  int underWay() {
    return underWay.get();
  }

  /**
   * @param trace given to whoever is asked
   * @param partitions ascending
   * @return completes within the timeout for peers, and the wait that the question asks for; fails
   *     with {@link OverloadedException} when too many are under way or wait
   */
  public CompletionStage<Routed> route(Trace trace, PartQuestion asked, List<Integer> partitions) {
    boolean isAlone = parts.peers().in(parts.self().status().routing()).isEmpty();
    if (!isAlone && !routes().isAllHere(partitions)) {
      return gather(trace, asked, partitions);
    }
    return parts
        .local()
        .answer(asked, partitions)
        .thenCompose(
            here ->
                isAlone || here.part().answered().size() == partitions.size()
                    ? CompletableFuture.completedFuture(
                        Routed.of(
                            List.of(here.part()), here.stale(), asked.options().after(), false))
                    : gather(trace, asked, partitions));
  }

  private CompletionStage<Routed> gather(
      Trace trace, PartQuestion asked, List<Integer> partitions) {
    if (underWay.incrementAndGet() > options.queriesMax()) {
      underWay.decrementAndGet();
      return CompletableFuture.failedFuture(
          new OverloadedException(options.queriesMax() + " queries wait for other instances"));
    }
    long budgetMs = options.timeoutMs() + asked.options().waitMs();
    Gathering gathering = new Gathering(new Means(trace, asked, budgetMs), partitions);
    Future<?> deadline = parts.timer().schedule(gathering::expire, budgetMs, TimeUnit.MILLISECONDS);
    return gathering
        .start()
        .thenApply(found -> Routed.of(found.parts(), found.stale(), asked.options().after(), true))
        .whenComplete(
            (routed, failure) -> {
              deadline.cancel(false);
              underWay.decrementAndGet();
            });
  }

  /** Of one question. */
  private final class Means implements Gathering.Means {
    private final Trace trace;
    private final PartQuestion asked;
    private final long startNanos = System.nanoTime();
    private final long budgetMs;

    Means(Trace trace, PartQuestion asked, long budgetMs) {
      this.trace = trace;
      this.asked = asked;
      this.budgetMs = budgetMs;
    }

    @Override
    public Routes routes() {
      return Router.this.routes();
    }

    @Override
    public CompletableFuture<PeerReply> ask(Routes.Holder holder, List<Integer> partitions) {
      long spentMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
      PartQuestion now = asked.with(asked.options().afterWaiting(spentMs));
      Peer peer = holder.peer();
      if (peer == null) {
        return here(now, partitions);
      }
      int epoch = parts.self().status().routing().epoch();
      long deadlineMs = Math.max(1, budgetMs - spentMs);
      return parts.client().query(peer, new PeerQuery(now, partitions, epoch, deadlineMs), trace);
    }

    private CompletableFuture<PeerReply> here(PartQuestion now, Collection<Integer> partitions) {
      return parts
          .local()
          .answer(now, partitions)
          .thenApply(local -> PeerReply.of(local, partitions))
          .whenComplete(
              (reply, failure) -> {
                if (failure != null && OverloadedException.in(failure).isEmpty()) {
                  log.atError()
                      .setCause(failure)
                      .addKeyValue("request_id", trace.requestId())
                      .log("this instance's own partitions {} did not answer", partitions);
                }
              })
          .toCompletableFuture();
    }

    @Override
    public CompletableFuture<Void> lookAgain() {
      // A round may hang on one peer: the others have answered long before.
      return parts
          .exchange()
          .now()
          .copy()
          .completeOnTimeout(null, options.hedgeMs(), TimeUnit.MILLISECONDS);
    }

    @Override
    public Future<?> afterHedgeDelay(Runnable task) {
      return parts.timer().schedule(task, options.hedgeMs(), TimeUnit.MILLISECONDS);
    }

    @Override
    public PeerMetrics metrics() {
      return parts.metrics();
    }
  }
}
