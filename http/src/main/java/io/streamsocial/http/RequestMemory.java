package io.streamsocial.http;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory that the requests of all clients take together: bodies that arrive or wait, the posts
 * read of them, and answers that clients have yet to take. No request waits for memory: what does
 * not fit is refused. Any thread.
 *
 * <p>Bodies may fill half of it, bodies and posts three quarters: so bodies that never end leave
 * room for those that have, and these leave room for answers.
 */
public final class RequestMemory {
  private final long bytesMax;
  private final AtomicLong used = new AtomicLong();
  private final Map<Use, Counter> refusals = new EnumMap<>(Use.class);

  public RequestMemory(long bytesMax, MeterRegistry registry) {
    this.bytesMax = bytesMax;
    Gauge.builder("streamsocial.http.request.memory", used, AtomicLong::get)
        .description("Held by bodies, posts and answers of all requests under way")
        .baseUnit("bytes")
        .register(registry);
    Gauge.builder("streamsocial.http.request.memory.max", () -> bytesMax)
        .description("What they may hold together")
        .baseUnit("bytes")
        .register(registry);
    for (Use use : Use.values()) {
      refusals.put(
          use,
          Counter.builder("streamsocial.http.request.memory.refused")
              .description("Requests refused as they did not fit, by what was to be held")
              .tag("use", use.label)
              .register(registry));
    }
  }

  /** What memory is for. */
  public enum Use {
    BODY("body", 2),
    POSTS("posts", 3),
    ANSWER("answer", 4);

    private final String label;
    private final int quarters;

    Use(String label, int quarters) {
      this.label = label;
      this.quarters = quarters;
    }
  }

  /** A share that holds nothing yet; its owner closes it. */
  public Share share() {
    return new Share();
  }

  private long allowed(Use use) {
    return bytesMax / 4 * use.quarters;
  }

  private boolean reserve(long bytes, Use use) {
    long allowed = allowed(use);
    long before = used.getAndUpdate(now -> now + bytes <= allowed ? now + bytes : now);
    return before + bytes <= allowed;
  }

  private RefusalException refusal(long bytes, Use use) {
    Objects.requireNonNull(refusals.get(use)).increment();
    if (bytes > allowed(use)) {
      String most =
          "more than the %d bytes that --request-memory leaves for it".formatted(allowed(use));
      return new RefusalException(
          use == Use.ANSWER
              ? Problem.of(
                  ProblemType.OVERLOADED, "the answer takes %s: ask for less".formatted(most))
              : Problem.of(
                  ProblemType.BODY_TOO_LARGE,
                  "the request takes %s: send it in several".formatted(most)));
    }
    return RefusalException.overloaded(
        "requests under way hold most of the %d bytes that --request-memory allows"
            .formatted(bytesMax));
  }

  /** What one request holds. Thread-safe. */
  public final class Share implements AutoCloseable {
    private long held;

    private Share() {}

    /**
     * Holds so many bytes more, until it is closed.
     *
     * @throws RefusalException when they do not fit; what it holds already stays
     */
    public synchronized void take(long bytes, Use use) {
      if (!reserve(bytes, use)) {
        throw refusal(held + bytes, use);
      }
      held += bytes;
    }

    /** Gives all back. */
    @Override
    public synchronized void close() {
      used.addAndGet(-held);
      held = 0;
    }
  }
}
