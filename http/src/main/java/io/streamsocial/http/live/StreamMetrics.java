package io.streamsocial.http.live;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts the live streams and their messages. Any thread. */
public final class StreamMetrics {
  private final AtomicInteger clients = new AtomicInteger();
  private final Counter encodings;
  private final Counter conflated;
  private final int clientsMax;
  private volatile long tickedAtNanos;

  /**
   * @param clientsMax one more is refused
   */
  public StreamMetrics(MeterRegistry registry, int clientsMax) {
    this.clientsMax = clientsMax;
    Gauge.builder("streamsocial.stream.clients", clients, AtomicInteger::get)
        .description("Open WebSockets and event streams")
        .strongReference(true)
        .register(registry);
    encodings =
        Counter.builder("streamsocial.stream.encodings")
            .description("Messages encoded, each for all clients of the same question")
            .register(registry);
    conflated =
        Counter.builder("streamsocial.stream.conflated")
            .description("Messages that a slow client did not get, as a newer one was there")
            .register(registry);
  }

  /** Whether there is room for one more, which then counts until {@link #close}. */
  boolean open() {
    if (clients.incrementAndGet() > clientsMax) {
      clients.decrementAndGet();
      return false;
    }
    return true;
  }

  void close() {
    clients.decrementAndGet();
  }

  void ticked() {
    tickedAtNanos = System.nanoTime();
  }

  /** When the questions were last asked. */
  long tickedAtNanos() {
    return tickedAtNanos;
  }

  void encoded() {
    encodings.increment();
  }

  void conflated() {
    conflated.increment();
  }

  int clients() {
    return clients.get();
  }

  int clientsMax() {
    return clientsMax;
  }

  long conflations() {
    return (long) conflated.count();
  }

  long encodings() {
    return (long) encodings.count();
  }
}
