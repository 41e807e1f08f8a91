package io.streamsocial.processor.kafka;

import io.streamsocial.processor.ConfigException;
import java.time.Duration;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The admin client of an instance, which can be replaced by a new one: its users ask for it at each
 * call. Any thread.
 */
public final class CurrentAdmin implements Supplier<Admin>, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(CurrentAdmin.class);

  private final Supplier<Admin> clients;
  private volatile Admin current;
  private boolean closed;

  /**
   * @param clients each time a new one
   * @throws ConfigException when no client can be made of the settings
   */
  public CurrentAdmin(Supplier<Admin> clients) {
    this.clients = clients;
    this.current = clients.get();
  }

  @Override
  public Admin get() {
    return current;
  }

  /** Calls that the old client has not answered fail, and are tried again by their callers. */
  public synchronized void renew() {
    if (closed) {
      return;
    }
    Admin old = current;
    try {
      current = clients.get();
    } catch (ConfigException e) {
      log.warn("going on with the old admin client: {}", e.getMessage());
      return;
    }
    old.close(Duration.ZERO);
  }

  /** Without waiting for calls under way. */
  @Override
  public synchronized void close() {
    closed = true;
    current.close(Duration.ZERO);
  }
}
