package io.streamsocial.processor.kafka;

import io.streamsocial.processor.ClientFigures;
import io.streamsocial.processor.Incidents;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.common.KafkaException;

/**
 * Reports when no broker answers any more, and when one answers again. Kafka's clients do not
 * report it: a poll without brokers returns no records. A member of a group receives bytes twice a
 * second, so after some seconds of silence this class asks the brokers; only a missing answer is
 * reported. It has its own thread, because the loop may be waiting for those brokers.
 */
public final class BrokerWatch implements AutoCloseable {
  private static final long TICK_MS = 500;
  private static final long SILENCE_MS = 2_000;
  private static final int ANSWER_MS = 2_000;

  private final String bootstrap;
  private final Supplier<Admin> admin;
  private final Supplier<Collection<ClientFigures>> clients;
  private final Incidents incidents;
  private final Thread thread = new Thread(this::run, "broker-watch");
  private volatile boolean closed;

  /**
   * @param admin the present client; stays the caller's
   */
  public BrokerWatch(
      String bootstrap,
      Supplier<Admin> admin,
      Supplier<Collection<ClientFigures>> clients,
      Incidents incidents) {
    this.bootstrap = bootstrap;
    this.admin = admin;
    this.clients = clients;
    this.incidents = incidents;
    thread.setDaemon(true);
  }

  /** Once. */
  public void start() {
    thread.start();
  }

  private void run() {
    double heard = -1;
    long heardNanos = System.nanoTime();
    try {
      while (!closed) {
        Thread.sleep(TICK_MS);
        double now = bytesHeard();
        boolean isOpen = incidents.open(Incidents.Kind.BROKERS_UNREACHABLE) > 0;
        long silentMs = (System.nanoTime() - heardNanos) / 1_000_000;
        if (now != heard && !isOpen) {
          heard = now;
          heardNanos = System.nanoTime();
        } else if (isOpen || silentMs >= SILENCE_MS) {
          ask();
          heard = bytesHeard();
          heardNanos = System.nanoTime();
        }
      }
    } catch (InterruptedException e) {
      // Closed.
    }
  }

  private double bytesHeard() {
    double bytes = 0;
    for (ClientFigures client : clients.get()) {
      double incoming = client.value(client.kind().type() + "-metrics", "incoming-byte-total");
      bytes += Double.isNaN(incoming) ? 0 : incoming;
    }
    return bytes;
  }

  private void ask() throws InterruptedException {
    try {
      var unused =
          admin
              .get()
              .describeCluster(new DescribeClusterOptions().timeoutMs(ANSWER_MS))
              .nodes()
              .get();
      incidents.end(Incidents.Kind.BROKERS_UNREACHABLE, bootstrap, "the brokers answer again");
    } catch (ExecutionException | KafkaException | IllegalStateException e) {
      if (!closed) {
        incidents.begin(
            Incidents.Kind.BROKERS_UNREACHABLE,
            bootstrap,
            "no broker at %s answers: counts stand still and are served as they are, posts wait in Kafka; check that it runs and can be reached"
                .formatted(bootstrap));
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      thread.join(Duration.ofSeconds(1).toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
