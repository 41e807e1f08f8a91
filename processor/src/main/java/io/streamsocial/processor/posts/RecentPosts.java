package io.streamsocial.processor.posts;

import io.streamsocial.store.HeapBudget;
import java.util.function.LongConsumer;

/**
 * The ids of the recent posts of one partition: says whether a post was there before. A post
 * repeats another one when the last post before it with the same id has a time that differs by at
 * most the span. That is decided by the log alone, and by no more of it than the span, so whoever
 * reads the log decides alike: another instance, this one after a restart, or a recount.
 *
 * <p>Posts may be read again, from where the last publish ended, see {@link #settle}: a post is no
 * repetition of itself, nor of those behind it.
 *
 * <pre>
 *   two tables:  current     takes every id that comes
 *                previous    took them before; forgotten when it is older than the span,
 *                            or when there is no room for more in current
 * </pre>
 *
 * <p>The time of the partition is the latest time of its records, but not ahead of the wall clock:
 * a record that is dated into the future makes nobody forget. Records may be a minute out of order.
 *
 * <p><b>Bound:</b> a part of the heap, {@link HeapBudget#recentPart}. When it does not suffice for
 * the span, the oldest ids are forgotten before their time. Without ids it takes nothing. Not
 * thread-safe.
 */
public final class RecentPosts implements AutoCloseable {
  private static final long DISORDER_MS = 60_000;
  private static final long NEVER = Long.MIN_VALUE;

  private final long spanMs;
  private final HeapBudget heap;
  private final LongConsumer forgotten;
  private IdTable current = new IdTable();
  private IdTable previous = new IdTable();
  private boolean isOpen; // takes part of the heap
  private long accounted;
  private long settledTo;
  private long settledMs; // time of the partition there
  private long timeMs; // of the partition, while there is any id
  private long turnedMs; // all that previous holds is not younger
  private long reachesBackMs = NEVER; // before that some ids were forgotten before their time

  /**
   * @param spanMs 1 or more
   * @param settledTo see {@link #settle}
   * @param forgotten hears how many ids are forgotten before their time
   */
  public RecentPosts(long spanMs, HeapBudget heap, long settledTo, LongConsumer forgotten) {
    this.spanMs = spanMs;
    this.heap = heap;
    this.settledTo = settledTo;
    this.forgotten = forgotten;
  }

  /**
   * Whether the post was there before; it is remembered in any case. A post with two ids was there
   * when one of them was.
   *
   * @param offset larger than that of the call before, unless it was {@link #rewind}ed
   * @param recordMs time of the record
   * @param wallMs the wall clock
   */
  public boolean isRepeated(PostIds ids, long offset, long recordMs, long wallMs) {
    passed(recordMs, wallMs);
    if (ids.isEmpty()) {
      return false;
    }
    if (size() == 0) {
      begin(Math.min(recordMs, wallMs));
    }
    long idMs = Math.max(0, recordMs);
    boolean repeats = false;
    if (ids.hasHeader()) {
      repeats = put(ids.header(), offset, idMs);
    }
    if (ids.hasPostId()) {
      repeats |= put(ids.postId(), offset, idMs);
    }
    return repeats;
  }

  private void begin(long nowMs) {
    if (!isOpen) {
      isOpen = true;
      heap.remembers(1);
    }
    timeMs = nowMs;
    turnedMs = nowMs;
  }

  /** A post has gone by that has no id, or does not count: time goes on. */
  public void passed(long recordMs, long wallMs) {
    timeMs = Math.max(timeMs, Math.min(recordMs, wallMs));
  }

  private boolean put(SipHash id, long offset, long recordMs) {
    int entry = current.find(id.low(), id.high());
    IdTable table = entry < 0 ? previous : current;
    int known = entry < 0 ? previous.find(id.low(), id.high()) : entry;
    long lastOffset = IdTable.NOWHERE;
    long lastMs = 0;
    long settledOffset = IdTable.NOWHERE;
    long settledAtMs = 0;
    if (known >= 0) {
      lastOffset = table.offset(known);
      lastMs = table.timeMs(known);
      settledOffset = table.settledOffset(known);
      settledAtMs = table.settledMs(known);
      if (lastOffset >= offset) { // read again: what is known comes from behind
        lastOffset = settledOffset;
        lastMs = settledAtMs;
      } else if (lastOffset < settledTo) {
        settledOffset = lastOffset;
        settledAtMs = lastMs;
      }
    }
    if (entry < 0) {
      entry = add(id);
    }
    current.put(entry, offset, recordMs);
    current.settle(entry, settledOffset, settledAtMs);
    return lastOffset != IdTable.NOWHERE && Math.abs(recordMs - lastMs) <= spanMs;
  }

  private int add(SipHash id) {
    long growth = current.growth();
    if (growth > 0 && current.size() > 0 && current.bytes() + growth > heap.recentPart() / 2) {
      if (previous.size() > 0) {
        forgotten.accept(previous.size());
        reachesBackMs = turnedMs;
      }
      turn();
    }
    int entry = current.add(id.low(), id.high());
    if (growth > 0) {
      account();
    }
    return entry;
  }

  private void turn() {
    previous = current;
    current = new IdTable();
    turnedMs = timeMs;
    account();
  }

  /**
   * What lies before is published, or was read only to remember it: it will not be read again. Ids
   * whose time is over are forgotten now; before, a post that is read again might repeat them.
   *
   * @param nextOffset first that may be read again
   */
  public void settle(long nextOffset) {
    settledTo = nextOffset;
    settledMs = timeMs;
    if (size() > 0 && timeMs - turnedMs >= spanMs + DISORDER_MS) {
      turn();
    }
  }

  /** What is not settled will be read again. */
  public void rewind() {
    timeMs = settledMs;
  }

  private void account() {
    long bytes = current.bytes() + previous.bytes();
    heap.add(HeapBudget.Use.RECENT_IDS, bytes - accounted);
    accounted = bytes;
  }

  /** Ids that are remembered; one that came again after a while may count twice. */
  public int size() {
    return current.size() + previous.size();
  }

  /**
   * Who reads on at an offset knows the same ids when it has read the posts from here on.
   *
   * @param nextOffset the answer when nothing is remembered
   */
  public long oldestOffset(long nextOffset) {
    return Math.min(nextOffset, Math.min(current.firstOffset(), previous.firstOffset()));
  }

  /** How far back every id is remembered: the span, or less after some were forgotten early. */
  public long horizonMs() {
    return reachesBackMs == NEVER ? spanMs : Math.max(0, Math.min(spanMs, timeMs - reachesBackMs));
  }

  /** Gives the heap back. */
  @Override
  public void close() {
    current = new IdTable();
    previous = new IdTable();
    account();
    if (isOpen) {
      isOpen = false;
      heap.remembers(-1);
    }
  }
}
