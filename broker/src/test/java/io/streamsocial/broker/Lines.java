package io.streamsocial.broker;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Writes and reads lines of text transactionally, in partition 0 of a topic. */
final class Lines {

  private static final Duration READ_TIMEOUT = Duration.ofMinutes(1);
  // A node that was killed may have led what is written to.
  private static final int PATIENCE_MS = 180_000;

  private Lines() {}

  static void write(String bootstrap, String topic, boolean commit, String... lines) {
    Map<String, Object> config =
        Map.of(
            ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
            bootstrap,
            ProducerConfig.TRANSACTIONAL_ID_CONFIG,
            "writer-of-" + topic,
            ProducerConfig.MAX_BLOCK_MS_CONFIG,
            PATIENCE_MS);
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
      producer.initTransactions();
      producer.beginTransaction();
      for (String line : lines) {
        // A failed send fails the commit.
        var unused = producer.send(new ProducerRecord<>(topic, 0, null, line));
      }
      producer.flush();
      if (commit) {
        producer.commitTransaction();
      } else {
        producer.abortTransaction();
      }
    }
  }

  /** All committed lines, up to the end of the topic at the time of the call. */
  static List<String> read(String bootstrap, String topic) {
    Properties config = new Properties();
    config.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
    config.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    config.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, PATIENCE_MS);
    TopicPartition partition = new TopicPartition(topic, 0);
    List<String> lines = new ArrayList<>();
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
      long deadline = System.nanoTime() + READ_TIMEOUT.toNanos();
      while (consumer.position(partition) < end) {
        if (System.nanoTime() - deadline > 0) {
          throw new AssertionError(
              "%s is read to %d of %d".formatted(partition, consumer.position(partition), end));
        }
        consumer.poll(Duration.ofMillis(100)).forEach(record -> lines.add(record.value()));
      }
    }
    return lines;
  }
}
