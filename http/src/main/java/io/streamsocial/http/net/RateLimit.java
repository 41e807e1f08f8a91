package io.streamsocial.http.net;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * So many requests a second from each address; a second's worth may come at once. For each address
 * it keeps the one number that the generic cell rate algorithm needs: when, at the allowed rate,
 * its next request would be due. Bounded in memory: of very many addresses the idle ones are
 * forgotten. Any thread.
 */
final class RateLimit {
  private static final int ADDRESSES_MAX = 100_000;
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final int IPV6_NETWORK_BYTES = 8;

  private final long nanosEach;
  private final Cache<Object, AtomicLong> dueNanos =
      Caffeine.newBuilder()
          .maximumSize(ADDRESSES_MAX)
          .expireAfterAccess(Duration.ofMinutes(1))
          .build();

  /**
   * @param perSecond 0 for no limit
   */
  RateLimit(int perSecond) {
    nanosEach = perSecond == 0 ? 0 : SECOND / perSecond;
  }

  /**
   * Takes one.
   *
   * @param nowNanos of a clock that does not go back
   * @return 0 when there was one, else the nanoseconds until there is
   */
  long take(InetAddress address, long nowNanos) {
    if (nanosEach == 0) {
      return 0;
    }
    AtomicLong due = dueNanos.get(key(address), unused -> new AtomicLong(nowNanos));
    while (true) {
      long before = due.get();
      long start = before - nowNanos < 0 ? nowNanos : before;
      long wait = start - nowNanos - (SECOND - nanosEach);
      if (wait > 0) {
        return wait;
      }
      if (due.compareAndSet(before, start + nanosEach)) {
        return 0;
      }
    }
  }

  /** The owner of one IPv6 address has its whole network, so the network is counted. */
  private static Object key(InetAddress address) {
    if (address instanceof Inet6Address) {
      byte[] network = Arrays.copyOf(address.getAddress(), IPV6_NETWORK_BYTES);
      return ByteBuffer.wrap(network);
    }
    return address;
  }
}
