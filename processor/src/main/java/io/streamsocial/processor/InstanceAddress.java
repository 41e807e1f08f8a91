package io.streamsocial.processor;

/**
 * The address of an instance for other instances. The engine only passes it on.
 *
 * @param host a name or address; empty when other instances cannot reach it
 * @param port 1 to 65535, or 0 when other instances cannot reach it
 */
public record InstanceAddress(String host, int port) {
  /** The address of an engine that answers no other instance. */
  public static final InstanceAddress NONE = new InstanceAddress("", 0);

  public boolean isReachable() {
    return !host.isEmpty() && port > 0;
  }

  @Override
  public String toString() {
    return host.contains(":") ? "[%s]:%d".formatted(host, port) : "%s:%d".formatted(host, port);
  }
}
