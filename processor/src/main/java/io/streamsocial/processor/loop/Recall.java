package io.streamsocial.processor.loop;

import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of a posts partition from its first id that still matters to where counting begins: the
 * posts in between are counted already, and read again for their ids alone. Says in the log how far
 * it is. Owned by one loop.
 */
final class Recall {
  private static final Logger log = LoggerFactory.getLogger(Recall.class);
  private static final long PROGRESS_MS = 10_000;

  private final TopicPartition posts;
  private final long from;
  private final long end;
  private final long beganMs; // by the steady clock, as all here
  private long next;
  private long saidMs;

  /**
   * @param end where counting begins
   * @param steadyMs now
   */
  Recall(TopicPartition posts, long from, long end, long steadyMs) {
    this.posts = posts;
    this.from = Math.min(from, end);
    this.next = this.from;
    this.end = end;
    this.beganMs = steadyMs;
    this.saidMs = steadyMs;
    if (isUnderWay()) {
      log.info("{}: reading the ids of offsets {} to {} again", posts, from, end - 1);
    }
  }

  boolean isUnderWay() {
    return next < end;
  }

  /** Whether a post is one that is only remembered. */
  boolean covers(long offset) {
    return offset < end;
  }

  /** Where it began. */
  long from() {
    return from;
  }

  /** Where it stands, for a reader that has to begin anew. */
  long next() {
    return next;
  }

  /**
   * @param position the next offset that will be read
   * @param ids that are remembered so far
   */
  void polled(long position, int ids, long steadyMs) {
    if (!isUnderWay()) {
      return;
    }
    next = Math.max(next, position);
    if (!isUnderWay()) {
      log.info("{}: {} ids are known again after {} ms", posts, ids, steadyMs - beganMs);
    } else if (steadyMs - saidMs >= PROGRESS_MS) {
      saidMs = steadyMs;
      log.info("{}: reading ids again, at offset {} of {} to {}", posts, next, from, end - 1);
    }
  }
}
