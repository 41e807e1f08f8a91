package io.streamsocial.processor.task;

import java.util.HashMap;
import java.util.Map;

/** What the count tasks of one loop did since it started. One writer: the loop. */
public final class TaskCounters {
  private long counted;
  private long late;
  private final Map<String, Long> lateRows = new HashMap<>();
  private final Map<String, Long> sweptRows = new HashMap<>();
  private long otherRegion;
  private long foreign;
  private long restoredRecords;
  private long storesSetAside;

  void counted(long mentions) {
    counted += mentions;
  }

  void late(long mentions) {
    late += mentions;
  }

  void lateRows(String view, long rows) {
    lateRows.merge(view, rows, Long::sum);
  }

  void sweptRows(String view, long rows) {
    sweptRows.merge(view, rows, Long::sum);
  }

  void otherRegion(long mentions) {
    otherRegion += mentions;
  }

  /**
   * A record in an internal topic that this application did not write.
   *
   * @return whether to log it: at the first and then at each doubling, as a topic may be full of
   *     them
   */
  boolean foreign() {
    foreign++;
    return Long.bitCount(foreign) == 1;
  }

  void restored(int records) {
    restoredRecords += records;
  }

  /** A damaged store was set aside. */
  public void setAside() {
    storesSetAside++;
  }

  /** Mentions that were folded as the active. */
  public long counted() {
    return counted;
  }

  /** Mentions that were dropped as the active. */
  public long late() {
    return late;
  }

  /** Rows of another view than the hashtags that were dropped as the active. */
  public long lateRows(String view) {
    return lateRows.getOrDefault(view, 0L);
  }

  /** Rows of a view that were past their time to live, and found on disk, as the active. */
  public long sweptRows(String view) {
    return sweptRows.getOrDefault(view, 0L);
  }

  /** Mentions that were folded as the active into the region other, for want of room. */
  public long otherRegion() {
    return otherRegion;
  }

  /** Foreign records that were skipped. */
  public long foreignRecords() {
    return foreign;
  }

  /** Changelog records that were read before a task was live. */
  public long restoredRecords() {
    return restoredRecords;
  }

  public long storesSetAside() {
    return storesSetAside;
  }
}
