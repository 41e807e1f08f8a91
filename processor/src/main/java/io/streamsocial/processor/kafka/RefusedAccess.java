package io.streamsocial.processor.kafka;

import io.streamsocial.processor.EngineConfig;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.acl.AclOperation;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a loop does when brokers refuse it something while it runs: it says so once, waits a second,
 * and tries again, until a person has mended it. Owned by one loop.
 */
public final class RefusedAccess {
  private static final Logger log = LoggerFactory.getLogger(RefusedAccess.class);
  private static final long RETRY_MS = 1_000;
  // Not refused for so long: allowed. What is rarely tried is only known to be refused by trying.
  private static final long FORGET_MS = 5_000;
  private static final long REMIND_MS = 300_000;

  private final EngineConfig config;
  private final String name;
  private final Map<String, Times> refusals = new HashMap<>();
  private long retryMs;
  private long turnMs;

  private static final class Times {
    private long saidMs;
    private long lastMs;
  }

  public RefusedAccess(EngineConfig config, String name) {
    this.config = config;
    this.name = name;
  }

  /** Whether something was refused a moment ago, and it is too early to try again. */
  public boolean mustWait(long nowMs) {
    return nowMs < retryMs && nowMs >= retryMs - RETRY_MS;
  }

  /**
   * @return whether it is a refusal; then it is taken care of
   */
  public boolean takes(Throwable error, AclOperation wanted, long nowMs) {
    String text = BrokerRefusal.explain(config, error, wanted);
    if (text == null) {
      return false;
    }
    retryMs = nowMs + RETRY_MS;
    Times times = refusals.get(text);
    if (times == null || nowMs - times.saidMs >= REMIND_MS) {
      log.error("{}: waiting, and going on by itself once it is mended: {}", name, text);
      times = new Times();
      times.saidMs = nowMs;
      refusals.put(text, times);
    }
    times.lastMs = nowMs;
    return true;
  }

  /** Forgets what is refused no longer. */
  public void turn(long nowMs) {
    // Where a turn took long, as on a busy machine, no more was tried than in a short one.
    long idleMs = Math.max(0, nowMs - turnMs - RETRY_MS);
    turnMs = nowMs;
    refusals.values().forEach(times -> times.lastMs += idleMs);
    Iterator<Map.Entry<String, Times>> each = refusals.entrySet().iterator();
    while (each.hasNext()) {
      Map.Entry<String, Times> refusal = each.next();
      if (nowMs - refusal.getValue().lastMs >= FORGET_MS) {
        each.remove();
        log.info("{}: going on, this is refused no longer: {}", name, refusal.getKey());
      }
    }
  }

  /** What waits for a person, in words. */
  public List<String> texts() {
    return new ArrayList<>(refusals.keySet());
  }
}
