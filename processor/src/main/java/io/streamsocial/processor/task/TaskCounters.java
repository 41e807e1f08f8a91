package io.streamsocial.processor.task;

/** What the count tasks of one loop did since it started. One writer: the loop. */
public final class TaskCounters {
  private long counted;
  private long late;
  private long lateRows;
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

  void lateRows(long rows) {
    lateRows += rows;
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

  /** Rows of other views than the hashtags that were dropped as the active, folded as they came. */
  public long lateRows() {
    return lateRows;
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
