package io.streamsocial.processor.offline;

import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.processor.log.ShuffleRecord;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/**
 * A large publish is split over several shuffle records, and only its last one says which posts it
 * includes. A state that was written between them includes more than its offsets say.
 */
final class PublishBoundary {
  // As many records as are kept behind a checkpoint; no publish has more.
  private static final long RECORDS_MAX = 1_000;

  private PublishBoundary() {}

  /**
   * Whether a shuffle offset lies between two records of one publish. All records of a publish have
   * the same time.
   */
  static boolean isWithin(TopicRead topicRead, TopicPartition shuffle, long offset) {
    long from = Math.max(topicRead.begin(shuffle), offset - RECORDS_MAX);
    long end = Math.min(topicRead.end(shuffle), offset);
    if (from >= end) {
      return false;
    }
    Set<Long> open = new HashSet<>();
    ShuffleRecord.Reader reader = new ShuffleRecord.Reader();
    topicRead.read(
        Map.of(shuffle, new TopicRead.Range(from, end)),
        shuffled -> {
          byte[] value = shuffled.value();
          if (value != null && reader.begin(ByteBuffer.wrap(value))) {
            reader.skipGroups();
            if (reader.note(new InputProgress())) {
              open.remove(reader.publishedMs());
            } else {
              open.add(reader.publishedMs());
            }
          }
        });
    return !open.isEmpty();
  }
}
