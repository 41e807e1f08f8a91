package io.streamsocial.processor.kafka;

import org.apache.kafka.common.TopicPartition;

/** Where the input ends, as the brokers have it. Any thread; never blocks. */
public interface InputEnds {
  /** When its end was not learned, or not lately. */
  long UNKNOWN = -1;

  /**
   * The high watermark of a partition, as of about a second ago: the offset behind the last record
   * that the brokers have acknowledged, whether its transaction is committed, open or aborted. A
   * consumer that reads committed records does not see it: its own lag ends where the oldest open
   * transaction begins. {@link #UNKNOWN} when the brokers did not say.
   */
  long end(TopicPartition source);
}
