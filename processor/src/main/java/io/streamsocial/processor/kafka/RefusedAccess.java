package io.streamsocial.processor.kafka;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.Moment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.acl.AclOperation;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Handles operations that brokers refuse to a running loop: logs the refusal once, waits a second
 * and tries again, until an operator has granted the permission. Owned by one loop.
 */
public final class RefusedAccess {
  private static final Logger log = LoggerFactory.getLogger(RefusedAccess.class);
  private static final long RETRY_MS = 1_000;
  // An operation that was not refused for this long counts as allowed: no other sign exists.
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

  /**
   * Whether an operation was refused less than a second ago, so that it is too early to try again.
   */
  public boolean mustWait(Moment now) {
    return now.steadyMs() < retryMs;
  }

  /**
   * @return whether the error is a refusal, which is then handled
   */
  public boolean takes(Throwable error, AclOperation wanted, Moment now) {
    String text = BrokerRefusal.explain(config, error, wanted);
    if (text == null) {
      return false;
    }
    retryMs = now.steadyMs() + RETRY_MS;
    Times times = refusals.get(text);
    if (times == null || now.steadyMs() - times.saidMs >= REMIND_MS) {
      log.error("{}: waiting until this is allowed: {}", name, text);
      times = new Times();
      times.saidMs = now.steadyMs();
      refusals.put(text, times);
    }
    times.lastMs = now.steadyMs();
    return true;
  }

  /** Forgets refusals that have not come again. */
  public void turn(Moment now) {
    // A slow turn attempts no more calls than a fast one, so its extra time does not count.
    long nowMs = now.steadyMs();
    long idleMs = Math.max(0, nowMs - turnMs - RETRY_MS);
    turnMs = nowMs;
    refusals.values().forEach(times -> times.lastMs += idleMs);
    Iterator<Map.Entry<String, Times>> each = refusals.entrySet().iterator();
    while (each.hasNext()) {
      Map.Entry<String, Times> refusal = each.next();
      if (nowMs - refusal.getValue().lastMs >= FORGET_MS) {
        each.remove();
        log.info("{}: continuing, no longer refused: {}", name, refusal.getKey());
      }
    }
  }

  /** The refusals that wait for an operator, as messages. */
  public List<String> texts() {
    return new ArrayList<>(refusals.keySet());
  }
}
