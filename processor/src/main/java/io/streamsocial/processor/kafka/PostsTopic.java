package io.streamsocial.processor.kafka;

/** The posts topic as the brokers have it. Any thread; never blocks. */
public interface PostsTopic {
  /** When its end was not learned, or not lately. */
  long UNKNOWN = -1;

  /** Its partitions now. */
  int partitions();

  /**
   * The high watermark of a partition, as of about a second ago: the offset behind the last post
   * that the brokers have acknowledged, whether its transaction is committed, open or aborted. A
   * consumer that reads committed records does not see it: its own lag ends where the oldest open
   * transaction begins. {@link #UNKNOWN} when the brokers did not say.
   */
  long end(int partition);
}
