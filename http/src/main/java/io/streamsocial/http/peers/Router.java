package io.streamsocial.http.peers;

import io.streamsocial.http.RefusalException;
import io.streamsocial.http.Trace;
import io.streamsocial.http.questions.PartQuestion;
import io.streamsocial.processor.RoutingTable;
import io.streamsocial.processor.trends.Trending;
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
 * Routes a query to the instances that hold its partitions. Where this instance holds them all it
 * answers from its own state, on the calling thread if that does not block; otherwise a {@link
 * Gathering} asks the other holders. Any thread; never blocks.
 */
public final class Router {
  private static final Logger log = LoggerFactory.getLogger(Router.class);

  private final ThisInstance self;
  private final LocalParts local;
  private final Peers peers;
  private final PeerClient client;
  private final StatusExchange exchange;
  private final ScheduledExecutorService timer;
  private final PeerMetrics metrics;
  private final AtomicInteger underWay = new AtomicInteger();

  /**
   * @param timer stays the caller's
   */
  Router(
      ThisInstance self,
      LocalParts local,
      Peers peers,
      PeerClient client,
      StatusExchange exchange,
      ScheduledExecutorService timer,
      PeerMetrics metrics) {
    this.self = self;
    this.local = local;
    this.peers = peers;
    this.client = client;
    this.exchange = exchange;
    this.timer = timer;
    this.metrics = metrics;
  }

  /** The holders of every partition, as known now. */
  Routes routes() {
    RoutingTable table = self.status().routing();
    return new Routes(table, local.held(local.partitions()), peers.in(table));
  }

  /** The instance that the routing table names as the active of a partition, this one included. */
  public Optional<RoutingTable.Instance> owner(int partition) {
    return self.status().routing().active(partition);
  }

  /** Queries under way that may need another instance. */
  int underWay() {
    return underWay.get();
  }

  /**
   * @param trace sent to the instances that are asked
   * @return completes within the timeout for peers and the wait that the options ask for; fails
   *     with {@link RefusalException} when too many queries are under way or wait
   */
  public <P extends Trending.Part> CompletionStage<Gathered<P>> route(
      Trace trace, PartQuestion<P> question, ReadOptions options) {
    List<Integer> partitions = question.partitions(local.partitions());
    Optional<String> waiting = question.view().flatMap(local.views()::waiting);
    if (waiting.isPresent()) {
      return CompletableFuture.completedFuture(Gathered.waiting(partitions, waiting.get()));
    }
    if (peers.in(self.status().routing()).isEmpty()) {
      return local.answer(question, options, partitions);
    }
    RoutedQuery<P> query = new RoutedQuery<>(trace, question, options, partitions);
    Routes routes = routes();
    if (!routes.isAllHere(partitions)) {
      return gather(query, routes);
    }
    return local
        .answer(question, options, partitions, routes::local)
        .thenCompose(
            here ->
                here.answered().size() == partitions.size()
                    ? CompletableFuture.completedFuture(here)
                    : gather(query, routes()));
  }

  private <P extends Trending.Part> CompletionStage<Gathered<P>> gather(
      RoutedQuery<P> query, Routes routes) {
    int queriesMax = self.options().queriesMax();
    if (underWay.incrementAndGet() > queriesMax) {
      underWay.decrementAndGet();
      return CompletableFuture.failedFuture(
          RefusalException.overloaded(queriesMax + " queries wait for other instances"));
    }
    Gathering<P> gathering = new Gathering<>(query, query.partitions, routes);
    Future<?> deadline = timer.schedule(gathering::expire, query.budgetMs, TimeUnit.MILLISECONDS);
    return gathering
        .start()
        .whenComplete(
            (gathered, failure) -> {
              deadline.cancel(false);
              underWay.decrementAndGet();
            });
  }

  /** One query, and the ways in which its gathering reaches holders. */
  private final class RoutedQuery<P extends Trending.Part> implements Gathering.Means<P> {
    private final Trace trace;
    private final PartQuestion<P> question;
    private final ReadOptions options;
    private final List<Integer> partitions;
    private final long startNanos = System.nanoTime();
    private final long budgetMs;

    RoutedQuery(
        Trace trace, PartQuestion<P> question, ReadOptions options, List<Integer> partitions) {
      this.trace = trace;
      this.question = question;
      this.options = options;
      this.partitions = partitions;
      this.budgetMs = self.options().timeoutMs() + options.waitMs();
    }

    @Override
    public Routes routes() {
      return Router.this.routes();
    }

    @Override
    public CompletableFuture<Gathered<P>> ask(Routes.Holder holder, List<Integer> some) {
      long spentMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
      ReadOptions left = options.afterWaiting(spentMs);
      Peer peer = holder.peer();
      if (peer == null) {
        return here(left, some);
      }
      int epoch = self.status().routing().epoch();
      long deadlineMs = Math.max(1, budgetMs - spentMs);
      return client.query(peer, new PeerQuery<>(question, left, some, epoch, deadlineMs), trace);
    }

    private CompletableFuture<Gathered<P>> here(ReadOptions left, List<Integer> some) {
      return local
          .answer(question, left, some)
          .whenComplete(
              (found, failure) -> {
                if (failure != null && RefusalException.in(failure).isEmpty()) {
                  log.atError()
                      .setCause(failure)
                      .addKeyValue("request_id", trace.requestId())
                      .log("this instance's own partitions {} did not answer", some);
                }
              })
          .toCompletableFuture();
    }

    @Override
    public CompletableFuture<Void> lookAgain() {
      // A round may hang on one peer: the others have answered long before.
      return exchange
          .now()
          .copy()
          .completeOnTimeout(null, self.options().hedgeMs(), TimeUnit.MILLISECONDS);
    }

    @Override
    public Future<?> afterHedgeDelay(Runnable task) {
      return timer.schedule(task, self.options().hedgeMs(), TimeUnit.MILLISECONDS);
    }

    @Override
    public PeerMetrics metrics() {
      return metrics;
    }
  }
}
