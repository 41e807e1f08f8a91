package io.streamsocial.processor;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The present incidents. An incident is one line in the log when it begins and one when it ends,
 * however often it occurs in between: a call that fails ten times a second must not bury the other
 * lines. Any thread; {@link #end} without an incident costs one look at an empty map.
 */
public final class Incidents {
  private static final Logger log = LoggerFactory.getLogger(Incidents.class);

  /** A closed set, as it is a label of the metrics. */
  public enum Kind {
    /** No broker answers at all. */
    BROKERS_UNREACHABLE,
    /** Single calls of a loop fail, though brokers can be reached. */
    KAFKA_CALLS_FAILING,
    /** What a loop has folded cannot be committed. */
    PUBLISH_FAILING,
    /** The offsets that the group has committed are not those of the state. */
    OFFSETS_LOST,
    /** Posts were deleted by the topic's retention, or skipped, before they were counted. */
    POSTS_LOST,
    /** A damaged store is set aside and rebuilt. */
    STORE_SET_ASIDE,
    /** A store cannot be opened or written for now: the disk is full, or another holds it. */
    STORE_WAITING,
    /** What is counted takes more heap than it may, and the posts wait. */
    HEAP_SHORT,
    /** A window has as many regions as are kept, and further ones are counted together. */
    REGIONS_FULL,
    /** Ids of posts are forgotten before their time. */
    IDS_FORGOTTEN,
    /** Some instance cannot count a view that others can: it counts nowhere. */
    VIEWS_WAITING,
    /** Another instance does not answer. */
    PEER_UNREACHABLE,
    /** More queries than the read pool takes. */
    READS_REFUSED,
    /** Posts over HTTP are not acknowledged by Kafka. */
    POSTS_REFUSED,
    /** The wall clock of this machine was set to another time. */
    WALL_CLOCK_STEPPED,
    /** The posts topic, or one of its partitions, cannot be read now. */
    POSTS_UNAVAILABLE;

    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private record Id(Kind kind, String of) {}

  /**
   * An incident that has not ended.
   *
   * @param what happened, its effect and what to do, as when it last occurred
   */
  public record Incident(Kind kind, String of, String what) {}

  /**
   * Hears of every incident; of those of one subject in their order. Called on the thread that
   * reports, so it must not wait.
   */
  public interface Observer {
    Observer NONE =
        new Observer() {
          @Override
          public void began(Incident incident) {}

          @Override
          public void ended(Incident incident, String how) {}
        };

    void began(Incident incident);

    /**
     * @param incident as it began
     */
    void ended(Incident incident, String how);
  }

  private static final class Open {
    private final Incident begun;
    private final long sinceNanos;
    private volatile long lastNanos;
    private volatile String what;
    private final AtomicLong times = new AtomicLong(1);

    Open(Incident begun, long nowNanos) {
      this.begun = begun;
      this.sinceNanos = nowNanos;
      this.lastNanos = nowNanos;
      this.what = begun.what();
    }

    void again(long nowNanos, String now) {
      lastNanos = nowNanos;
      what = now;
      times.incrementAndGet();
    }
  }

  private final LongSupplier nanoClock;
  private final Observer observer;
  private final Map<Id, Open> open = new ConcurrentHashMap<>();
  private final Map<Kind, AtomicLong> begun = new EnumMap<>(Kind.class);

  public Incidents() {
    this(Observer.NONE);
  }

  public Incidents(Observer observer) {
    this(System::nanoTime, observer);
  }

  Incidents(LongSupplier nanoClock, Observer observer) {
    this.nanoClock = nanoClock;
    this.observer = observer;
    for (Kind kind : Kind.values()) {
      begun.put(kind, new AtomicLong());
    }
  }

  /**
   * Begins an incident, or continues it without another line.
   *
   * @param of the subject, from a bounded set: a loop, a partition, an instance
   * @param what happened, its effect and what to do, in a sentence
   */
  public void begin(Kind kind, String of, String what) {
    long now = nanoClock.getAsLong();
    Open fresh = new Open(new Incident(kind, of, what), now);
    // Inside, so that the observer hears of one subject in the order in which it happens.
    Open present =
        open.compute(
            new Id(kind, of),
            (id, before) -> {
              if (before != null) {
                before.again(now, what);
                return before;
              }
              observer.began(fresh.begun);
              return fresh;
            });
    if (present != fresh) {
      log.debug("{} of {}, again: {}", kind.label(), of, what);
      return;
    }
    AtomicLong count = begun.get(kind);
    if (count != null) {
      count.incrementAndGet();
    }
    log.atWarn()
        .addKeyValue("incident", kind.label())
        .addKeyValue("of", of)
        .log("begins: {}", what);
  }

  /**
   * A call of Kafka has failed and is tried again. Without brokers all calls fail, which is an
   * incident of its own: then this one is not reported.
   */
  public void failing(Kind kind, String of, String what, @Nullable Throwable why) {
    if (open(Kind.BROKERS_UNREACHABLE) > 0) {
      log.debug("{}: {}", of, what, why);
    } else {
      begin(kind, of, "%s: %s, trying again: %s".formatted(of, what, why));
    }
  }

  /** Ends the incident, if there is one. */
  public void end(Kind kind, String of, String how) {
    if (open.isEmpty()) {
      return;
    }
    AtomicReference<Open> gone = new AtomicReference<>();
    open.computeIfPresent(
        new Id(kind, of),
        (id, each) -> {
          observer.ended(each.begun, how);
          gone.set(each);
          return null;
        });
    Open ended = gone.get();
    if (ended != null) {
      double seconds = (nanoClock.getAsLong() - ended.sinceNanos) / 1e9;
      log.atInfo()
          .addKeyValue("incident", kind.label())
          .addKeyValue("of", of)
          .log(
              "ends after {} s, met {} time(s): {}",
              String.format(Locale.ROOT, "%.1f", seconds),
              ended.times.get(),
              how);
    }
  }

  /**
   * Ends incidents that have not occurred for a while: for those that come and go within
   * milliseconds, such as a full queue.
   */
  public void endQuiet(Kind kind, long quietMs, String how) {
    long now = nanoClock.getAsLong();
    for (Map.Entry<Id, Open> each : open.entrySet()) {
      if (each.getKey().kind == kind && now - each.getValue().lastNanos >= quietMs * 1_000_000) {
        end(kind, each.getKey().of, how);
      }
    }
  }

  /** Those that have not ended, ordered by kind and subject. */
  public List<Incident> open() {
    if (open.isEmpty()) {
      return List.of();
    }
    List<Incident> all = new ArrayList<>();
    open.forEach((id, each) -> all.add(new Incident(id.kind, id.of, each.what)));
    all.sort(Comparator.comparing(Incident::kind).thenComparing(Incident::of));
    return List.copyOf(all);
  }

  /** How many of this kind have not ended. */
  public long open(Kind kind) {
    return open.keySet().stream().filter(id -> id.kind == kind).count();
  }

  /** How many of this kind have begun since the start. */
  public long begun(Kind kind) {
    AtomicLong count = begun.get(kind);
    return count == null ? 0 : count.get();
  }
}
