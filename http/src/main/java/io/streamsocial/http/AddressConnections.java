package io.streamsocial.http;

import io.netty.channel.Channel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** How many connections each address has open; as small as the number of those. Any thread. */
final class AddressConnections {
  private final AddressLimits limits;
  private final Map<InetAddress, Integer> open = new ConcurrentHashMap<>();

  AddressConnections(AddressLimits limits) {
    this.limits = limits;
  }

  /** Whether there is room for one more of its address; then it counts until it is closed. */
  boolean admit(Channel channel) {
    InetAddress address = ((InetSocketAddress) channel.remoteAddress()).getAddress();
    if (limits.connections() == 0 || (limits.exemptsLoopback() && address.isLoopbackAddress())) {
      return true;
    }
    if (open.merge(address, 1, Integer::sum) > limits.connections()) {
      leave(address);
      return false;
    }
    channel.closeFuture().addListener(closed -> leave(address));
    return true;
  }

  private void leave(InetAddress address) {
    open.computeIfPresent(address, (unused, count) -> count == 1 ? null : count - 1);
  }
}
