package io.streamsocial.store;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The heap that the state of a process takes, by estimate: one bound for all stores and loops,
 * divided into shares. While others leave room a use may take more than its share. Once all
 * together exceed the bound, the uses that exceed their share give memory back: ranked heads shrink
 * or go, overlays are checkpointed, restored rows are written. Thread-safe.
 */
public final class HeapBudget {
  /** What takes heap. */
  public enum Use {
    /** Ranked heads, and the regions themselves. */
    HEADS(45),
    /** Counts that changed since the last checkpoint, and some that changed before. */
    OVERLAYS(30),
    /** Mentions that are folded and not published yet. */
    UNPUBLISHED(10),
    /** Rows that a restore or a follower has read and not written yet. */
    RESTORE(15),
    /** Ids of posts that may be sent again. What they take, the others do not share. */
    RECENT_IDS(20);

    private final int percent;

    Use(int percent) {
      this.percent = percent;
    }
  }

  private final long bytes;
  private final Map<Use, AtomicLong> used = new EnumMap<>(Use.class); // not changed any more
  private final AtomicInteger stores = new AtomicInteger();
  private final AtomicInteger remembering = new AtomicInteger();

  /**
   * @param bytes the bound; 0 for a third of the largest heap that the JVM may take
   */
  public HeapBudget(long bytes) {
    this.bytes = bytes > 0 ? bytes : Runtime.getRuntime().maxMemory() / 3;
    for (Use use : Use.values()) {
      used.put(use, new AtomicLong());
    }
  }

  /** The bound. */
  public long bytes() {
    return bytes;
  }

  /** Estimated bytes in use. */
  public long used(Use use) {
    return counter(use).get();
  }

  /** What a use may take when all together exceed the bound. */
  public long share(Use use) {
    long shared = use == Use.RECENT_IDS ? bytes : bytes - used(Use.RECENT_IDS);
    return shared * use.percent / 100;
  }

  /** What the recent ids of one posts partition may take. */
  public long recentPart() {
    return share(Use.RECENT_IDS) / Math.max(1, remembering.get());
  }

  /**
   * @param more posts partitions that remember ids, more than before; negative for fewer
   */
  public void remembers(int more) {
    int unused = remembering.addAndGet(more);
  }

  private long used() {
    long sum = 0;
    for (AtomicLong each : used.values()) {
      sum += each.get();
    }
    return sum;
  }

  private AtomicLong counter(Use use) {
    return Objects.requireNonNull(used.get(use));
  }

  /**
   * @param more bytes more than before; negative for less
   */
  public void add(Use use, long more) {
    long unused = counter(use).addAndGet(more);
  }

  void storeOpened() {
    int unused = stores.incrementAndGet();
  }

  void storeClosed() {
    int unused = stores.decrementAndGet();
  }

  /**
   * Whether one store must give memory back: all together exceed the bound, and the store its part
   * of the share.
   *
   * @param own bytes of this use in the store
   */
  boolean isOver(Use use, long own) {
    return own > share(use) / Math.max(1, stores.get()) && used() > bytes;
  }

  /** The same with a quarter more: whoever fills the use must stop until it has been emptied. */
  boolean isFull(Use use, long own) {
    return own > share(use) / Math.max(1, stores.get()) && used() > bytes + bytes / 4;
  }

  /** Whether checkpoints of actives should be read one after the other. */
  public boolean isFollowingToWait() {
    return used(Use.RESTORE) > share(Use.RESTORE);
  }

  /** Whether the input must wait, because what it fills cannot be emptied as fast. */
  public boolean isInputToWait() {
    return used(Use.OVERLAYS) > share(Use.OVERLAYS) && used() > bytes + bytes / 4;
  }
}
