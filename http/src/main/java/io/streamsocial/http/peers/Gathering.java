package io.streamsocial.http.peers;

import io.streamsocial.processor.trends.Trending;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.function.Supplier;

/**
 * One query on its way to several holders, under one deadline.
 *
 * <pre>
 *   open partitions --best holder of each, grouped--> attempts under way
 *      ^   |                                             |
 *      |   +-- slow: the next holder too (a hedge) ------+
 *      +------ failed, not held, too stale: the next ----+--> claimed by exactly one part
 * </pre>
 *
 * <p>A part is taken whole or not at all: its rows are the top of all its partitions together, so
 * none can be taken out of it. When two attempts race for a partition, the first part claims it,
 * and a later one that has it again is dropped; what only that one had is asked for again. So each
 * partition's answer is used exactly once.
 *
 * <p>Who says that it does not hold a partition knows better than our routes: they are looked up
 * anew, once, before the next holder is asked.
 *
 * <p>All fields are guarded by this object. Others are asked, and the result is completed, outside
 * of that lock.
 */
final class Gathering {
  /** Holders asked for one partition in one query, the same one twice included. */
  private static final int TRIES_MAX = 6;

  private final Means means;
  private final Set<Integer> open;
  private final Map<Integer, Set<Routes.Holder>> tried = new HashMap<>();
  private final Map<Integer, Integer> tries = new HashMap<>();
  private final Set<Routes.Holder> forgiven = new HashSet<>();
  private final Set<Attempt> pending = new LinkedHashSet<>();
  private final List<Trending.Part> parts = new ArrayList<>();
  private final SortedSet<Integer> stale = new TreeSet<>();
  private final CompletableFuture<Gathered> done = new CompletableFuture<>();
  private Routes routes;
  private boolean askedOthers;
  private boolean hasLookedAgain;
  private boolean looking;
  private boolean over;

  /** What a gathering needs of its surroundings. */
  interface Means {
    /** As known now. Never blocks. */
    Routes routes();

    /**
     * Asks somebody, who may be this instance. Never blocks; whoever completes the future before
     * its time ends the exchange.
     */
    CompletableFuture<PeerReply> ask(Routes.Holder holder, List<Integer> partitions);

    /** Finds out who holds what now; completes soon, and never by a failure. */
    CompletableFuture<Void> lookAgain();

    /** Runs it after the time when a slow holder is given a rival. */
    Future<?> afterHedgeDelay(Runnable task);

    PeerMetrics metrics();
  }

  /**
   * @param parts no two of the same partition
   * @param stale partitions that somebody holds, but staler than was asked for
   * @param askedOthers whether another instance was asked
   */
  record Gathered(List<Trending.Part> parts, SortedSet<Integer> stale, boolean askedOthers) {}

  Gathering(Means means, Collection<Integer> partitions) {
    this.means = means;
    this.open = new HashSet<>(partitions);
    this.routes = means.routes();
  }

  /** One question to one holder. */
  private static final class Attempt {
    private final Routes.Holder holder;
    private final List<Integer> partitions;
    private CompletableFuture<PeerReply> answer = new CompletableFuture<>();

    Attempt(Routes.Holder holder, List<Integer> partitions) {
      this.holder = holder;
      this.partitions = partitions;
    }
  }

  /** Once. Completes when every partition has answered, or nobody is left to be asked. */
  CompletableFuture<Gathered> start() {
    proceed(() -> next(open));
    return done;
  }

  /** The time is over: what is here must do. */
  void expire() {
    end(PeerException::timeout);
  }

  /** Changes the state under the lock, then asks those whom the change wants asked. */
  private void proceed(Supplier<List<Attempt>> change) {
    List<Attempt> begun;
    boolean finished;
    synchronized (this) {
      if (over) {
        return;
      }
      begun = change.get();
      finished = open.isEmpty() || (pending.isEmpty() && !looking);
    }
    if (finished) {
      end(PeerException::cancelled);
      return;
    }
    begun.forEach(this::begin);
  }

  private void end(Supplier<PeerException> why) {
    List<Attempt> left;
    Gathered result;
    synchronized (this) {
      if (over) {
        return;
      }
      over = true;
      left = new ArrayList<>(pending);
      result =
          new Gathered(
              List.copyOf(parts),
              Collections.unmodifiableSortedSet(new TreeSet<>(stale)),
              askedOthers);
    }
    done.complete(result);
    left.forEach(attempt -> attempt.answer.completeExceptionally(why.get()));
  }

  /** Attempts at the next best holder of each partition; those without one are left open. */
  private List<Attempt> next(Collection<Integer> partitions) {
    Map<Routes.Holder, List<Integer>> grouped = new LinkedHashMap<>();
    for (int partition : new TreeSet<>(partitions)) {
      Set<Routes.Holder> before = tried.computeIfAbsent(partition, p -> new HashSet<>());
      if (tries.merge(partition, 1, Integer::sum) <= TRIES_MAX) {
        routes.holders(partition).stream()
            .filter(holder -> !before.contains(holder))
            .findFirst()
            .ifPresent(
                holder -> {
                  before.add(holder);
                  grouped.computeIfAbsent(holder, h -> new ArrayList<>()).add(partition);
                });
      }
    }
    List<Attempt> begun = new ArrayList<>();
    grouped.forEach((holder, group) -> begun.add(new Attempt(holder, List.copyOf(group))));
    pending.addAll(begun);
    return begun;
  }

  private void begin(Attempt attempt) {
    CompletableFuture<PeerReply> answer = means.ask(attempt.holder, attempt.partitions);
    synchronized (this) {
      attempt.answer = answer;
      askedOthers |= attempt.holder.peer() != null;
      if (over) {
        answer.completeExceptionally(PeerException.cancelled());
      }
    }
    if (attempt.holder.peer() != null) {
      Future<?> hedge = means.afterHedgeDelay(() -> hedge(attempt));
      CompletableFuture<PeerReply> unused =
          answer.whenComplete((reply, failure) -> hedge.cancel(false));
    }
    CompletableFuture<PeerReply> unused =
        answer.whenComplete(
            (reply, failure) -> {
              if (failure == null) {
                answered(attempt, reply);
              } else {
                proceed(() -> failed(attempt, PeerException.of(failure)));
              }
            });
  }

  private void hedge(Attempt slow) {
    proceed(
        () -> {
          List<Attempt> rivals = pending.contains(slow) ? next(waitingOnlyFor(slow)) : List.of();
          rivals.forEach(rival -> means.metrics().hedged());
          return rivals;
        });
  }

  private Set<Integer> waitingOnlyFor(Attempt attempt) {
    Set<Integer> only = new TreeSet<>(attempt.partitions);
    only.retainAll(open);
    for (Attempt other : pending) {
      if (other != attempt) {
        only.removeAll(other.partitions);
      }
    }
    return only;
  }

  private List<Attempt> failed(Attempt attempt, PeerException failure) {
    Set<Integer> rest = waitingOnlyFor(attempt);
    pending.remove(attempt);
    // A kept-alive connection may have been closed while it was idle: a new one may do.
    if (failure.kind() == PeerException.Kind.FAILED && forgiven.add(attempt.holder)) {
      attempt.partitions.forEach(p -> tried.getOrDefault(p, Set.of()).remove(attempt.holder));
    }
    return retry(rest);
  }

  private List<Attempt> retry(Set<Integer> rest) {
    routes = means.routes();
    List<Attempt> begun = next(rest);
    begun.forEach(each -> means.metrics().retried());
    return begun;
  }

  private void answered(Attempt attempt, PeerReply reply) {
    Set<Integer> unclear = new TreeSet<>();
    proceed(
        () -> {
          Set<Integer> rest = waitingOnlyFor(attempt);
          pending.remove(attempt);
          claim(attempt, reply);
          rest.retainAll(open);
          stale.addAll(reply.stale());
          if (hasLookedAgain || rest.stream().noneMatch(reply.notHeld()::contains)) {
            return retry(rest);
          }
          hasLookedAgain = true;
          looking = true;
          unclear.addAll(rest);
          return List.of();
        });
    if (!unclear.isEmpty()) {
      CompletableFuture<Void> unused =
          means.lookAgain().whenComplete((nothing, failure) -> lookedAgain(unclear));
    }
  }

  private void claim(Attempt attempt, PeerReply reply) {
    Set<Integer> answered = reply.part().answered().keySet();
    if (open.containsAll(answered)) {
      parts.add(reply.part());
      open.removeAll(answered);
    } else {
      // Some of it is claimed: the holder may be asked again for the rest alone.
      answered.forEach(p -> tried.getOrDefault(p, Set.of()).remove(attempt.holder));
    }
  }

  private void lookedAgain(Set<Integer> unclear) {
    proceed(
        () -> {
          looking = false;
          unclear.retainAll(open);
          return retry(unclear);
        });
  }
}
