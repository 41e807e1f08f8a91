package io.streamsocial.http.peers;

import io.streamsocial.processor.trends.Trending;
import java.util.ArrayList;
import java.util.Collection;
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
 * One query to several holders, under one deadline.
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
 * and a later part with the same partition is dropped; its other partitions are asked for again. So
 * each partition's answer is used exactly once.
 *
 * <p>A holder that says that it does not hold a partition knows better than the routes: they are
 * looked up again, once, before the next holder is asked.
 *
 * <p>All fields are guarded by this object. Holders are asked, and the result is completed, outside
 * of that lock.
 *
 * @param <P> the kind of part
 */
final class Gathering<P extends Trending.Part> {
  /** Holders asked for one partition in one query, the same one twice included. */
  private static final int TRIES_MAX = 6;

  private final Means<P> means;
  private final List<Integer> asked;
  private final Set<Integer> open;
  private final Map<Integer, Set<Routes.Holder>> tried = new HashMap<>();
  private final Map<Integer, Integer> tries = new HashMap<>();
  private final Set<Routes.Holder> forgiven = new HashSet<>();
  private final Set<Attempt<P>> pending = new LinkedHashSet<>();
  private final List<P> parts = new ArrayList<>();
  private final SortedSet<Integer> stale = new TreeSet<>();
  private final SortedSet<String> unable = new TreeSet<>();
  private final CompletableFuture<Gathered<P>> done = new CompletableFuture<>();
  private Routes routes;
  private boolean hasLookedAgain;
  private boolean looking;
  private boolean over;

  /** The surroundings of a gathering. */
  interface Means<P extends Trending.Part> {
    /** The holders as known now. Never blocks. */
    Routes routes();

    /**
     * Asks a holder, which may be this instance. Never blocks; completing the future early ends the
     * exchange.
     */
    CompletableFuture<Gathered<P>> ask(Routes.Holder holder, List<Integer> partitions);

    /** Asks every instance what it holds now; completes soon, and never by a failure. */
    CompletableFuture<Void> lookAgain();

    /** Runs the task after the time in which a holder should have answered. */
    Future<?> afterHedgeDelay(Runnable task);

    PeerMetrics metrics();
  }

  /**
   * @param routes by which the first holders are chosen
   */
  Gathering(Means<P> means, List<Integer> partitions, Routes routes) {
    this.means = means;
    this.asked = partitions;
    this.open = new HashSet<>(partitions);
    this.routes = routes;
  }

  /** One question to one holder. */
  private static final class Attempt<P extends Trending.Part> {
    private final Routes.Holder holder;
    private final List<Integer> partitions;
    private CompletableFuture<Gathered<P>> answer = new CompletableFuture<>();

    Attempt(Routes.Holder holder, List<Integer> partitions) {
      this.holder = holder;
      this.partitions = partitions;
    }
  }

  /** Once. Completes when every partition has answered, or no holder is left to be asked. */
  CompletableFuture<Gathered<P>> start() {
    proceed(() -> next(open));
    return done;
  }

  /** The time is over: the parts that have come are the result. */
  void expire() {
    end(PeerException::timeout);
  }

  /** Changes the state under the lock, then begins the attempts that the change gives. */
  private void proceed(Supplier<List<Attempt<P>>> change) {
    List<Attempt<P>> begun;
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
    List<Attempt<P>> left;
    Gathered<P> result;
    synchronized (this) {
      if (over) {
        return;
      }
      over = true;
      left = new ArrayList<>(pending);
      result =
          new Gathered<>(
              asked, parts, stale, true, open.isEmpty() ? "" : String.join("; ", unable));
    }
    done.complete(result);
    left.forEach(attempt -> attempt.answer.completeExceptionally(why.get()));
  }

  /** Attempts at the next best holder of each partition; those without one are left open. */
  private List<Attempt<P>> next(Collection<Integer> partitions) {
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
    List<Attempt<P>> begun = new ArrayList<>();
    grouped.forEach((holder, group) -> begun.add(new Attempt<>(holder, List.copyOf(group))));
    pending.addAll(begun);
    return begun;
  }

  private void begin(Attempt<P> attempt) {
    CompletableFuture<Gathered<P>> answer = means.ask(attempt.holder, attempt.partitions);
    synchronized (this) {
      attempt.answer = answer;
      if (over) {
        answer.completeExceptionally(PeerException.cancelled());
      }
    }
    if (attempt.holder.peer() != null) {
      Future<?> hedge = means.afterHedgeDelay(() -> hedge(attempt));
      CompletableFuture<Gathered<P>> unused =
          answer.whenComplete((reply, failure) -> hedge.cancel(false));
    }
    CompletableFuture<Gathered<P>> unused =
        answer.whenComplete(
            (reply, failure) -> {
              if (failure == null) {
                answered(attempt, reply);
              } else {
                proceed(() -> failed(attempt, PeerException.of(failure)));
              }
            });
  }

  private void hedge(Attempt<P> slow) {
    proceed(
        () -> {
          List<Attempt<P>> rivals = pending.contains(slow) ? next(waitingOnlyFor(slow)) : List.of();
          rivals.forEach(rival -> means.metrics().hedged());
          return rivals;
        });
  }

  private Set<Integer> waitingOnlyFor(Attempt<P> attempt) {
    Set<Integer> only = new TreeSet<>(attempt.partitions);
    only.retainAll(open);
    for (Attempt<P> other : pending) {
      if (other != attempt) {
        only.removeAll(other.partitions);
      }
    }
    return only;
  }

  private List<Attempt<P>> failed(Attempt<P> attempt, PeerException failure) {
    Set<Integer> rest = waitingOnlyFor(attempt);
    pending.remove(attempt);
    Peer peer = attempt.holder.peer();
    if (failure.kind() == PeerException.Kind.UNABLE && peer != null) {
      unable.add("instance %s: %s".formatted(peer.instance().instanceId(), failure.getMessage()));
    }
    // A kept-alive connection may have been closed while it was idle: a new one may do.
    if (failure.kind() == PeerException.Kind.FAILED && forgiven.add(attempt.holder)) {
      attempt.partitions.forEach(p -> tried.getOrDefault(p, Set.of()).remove(attempt.holder));
    }
    return retry(rest);
  }

  private List<Attempt<P>> retry(Set<Integer> rest) {
    routes = means.routes();
    List<Attempt<P>> begun = next(rest);
    begun.forEach(each -> means.metrics().retried());
    return begun;
  }

  private void answered(Attempt<P> attempt, Gathered<P> reply) {
    Set<Integer> unclear = new TreeSet<>();
    proceed(
        () -> {
          Set<Integer> rest = waitingOnlyFor(attempt);
          pending.remove(attempt);
          claim(attempt, reply);
          rest.retainAll(open);
          stale.addAll(reply.stale());
          Set<Integer> notHeld = reply.notHeld();
          if (hasLookedAgain || rest.stream().noneMatch(notHeld::contains)) {
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

  private void claim(Attempt<P> attempt, Gathered<P> reply) {
    Set<Integer> answered = reply.answered();
    if (open.containsAll(answered)) {
      parts.addAll(reply.parts());
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
