package io.streamsocial.processor.loop;

import io.streamsocial.processor.kafka.PostsTopic;
import io.streamsocial.processor.test.memory.MemoryKafka;
import org.apache.kafka.common.TopicPartition;

/** Knows each end at once. */
record MemoryPosts(MemoryKafka kafka, String topic) implements PostsTopic {
  @Override
  public int partitions() {
    return LoopRig.POSTS;
  }

  @Override
  public long end(int partition) {
    return kafka.end(new TopicPartition(topic, partition));
  }
}
