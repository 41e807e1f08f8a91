package io.streamsocial.http.net;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.netty.channel.Channel;
import io.streamsocial.http.auth.AddressLimits;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How many connections each address has open; as small as the number of those. Another instance
 * asks over as many as it has queries under way, so from where one has shown that it is one, there
 * is no limit for a minute. Any thread.
 */
final class AddressConnections {
  private static final int INSTANCES_MAX = 10_000;

  private final AddressLimits limits;
  private final Cache<InetAddress, Boolean> instances =
      Caffeine.newBuilder()
          .maximumSize(INSTANCES_MAX)
          .expireAfterWrite(Duration.ofMinutes(1))
          .build();
  private final Map<InetAddress, Integer> open = new ConcurrentHashMap<>();

  AddressConnections(AddressLimits limits) {
    this.limits = limits;
  }

  /** How many one address may have open; 0 for any number. */
  int most() {
    return limits.connections();
  }

  /** Whether there is room for one more of its address; then it counts until it is closed. */
  boolean admit(Channel channel) {
    InetAddress address = ((InetSocketAddress) channel.remoteAddress()).getAddress();
    if (limits.connections() == 0 || (limits.exemptsLoopback() && address.isLoopbackAddress())) {
      return true;
    }
    boolean isInstance = instances.getIfPresent(address) != null;
    if (open.merge(address, 1, Integer::sum) > limits.connections() && !isInstance) {
      leave(address);
      return false;
    }
    channel.closeFuture().addListener(closed -> leave(address));
    return true;
  }

  /** An instance has asked from there, and has shown that it is one. */
  void instanceAt(InetAddress address) {
    instances.put(address, true);
  }

  private void leave(InetAddress address) {
    open.computeIfPresent(address, (unused, count) -> count == 1 ? null : count - 1);
  }
}
