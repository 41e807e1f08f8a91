package io.streamsocial.processor;

/**
 * Where other instances reach an instance. The engine only hands it on.
 *
 * @param host a name or address; empty when nobody can reach it
 * @param port 1 to 65535, or 0 when nobody can reach it
 */
public record InstanceAddress(String host, int port) {
  /** Of an engine that answers no other instance. */
  public static final InstanceAddress NONE = new InstanceAddress("", 0);

  public boolean isReachable() {
    return !host.isEmpty() && port > 0;
  }

  @Override
  public String toString() {
    return host.contains(":") ? "[%s]:%d".formatted(host, port) : "%s:%d".formatted(host, port);
  }
}
