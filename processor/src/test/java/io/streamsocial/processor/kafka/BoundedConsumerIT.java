package io.streamsocial.processor.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.broker.Topics;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.TopicNames;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Polls of records that take a thousand times as much memory as they took in the fetch, and of
 * those that are a thousand times as much work.
 */
@Timeout(180)
final class BoundedConsumerIT {
  private static final int RECORDS = 100;
  private static final int RECORD_BYTES = 1_000_000;

  private static final int MENTION_BYTES = 10;

  private final EngineConfig config =
      EngineConfig.defaults()
          .bootstrap(KafkaFixture.bootstrap())
          .appId(KafkaFixture.uniqueName("bounded"))
          .build();
  private final NetworkClients clients = new NetworkClients(config);

  @Test
  void aPollOfLargeRecordsIsBounded() {
    TopicPartition tp = new TopicPartition(KafkaFixture.createTopic("large", 1), 0);
    send(tp, List.of(new byte[10], new byte[RECORD_BYTES]));
    assertThat(polls(clients.look(0), tp)).allMatch(s -> s <= BoundedConsumer.POLL_BYTES);
  }

  /**
   * Each of its mentions may read two rows from disk, and no turn ends before its poll is folded.
   */
  @Test
  void aPollOfTheShuffleBringsFewMentions() {
    TopicPartition tp = new TopicPartition(TopicNames.of(config).shuffle(), 0);
    Topics.ensure(KafkaFixture.bootstrap(), tp.topic(), 1, Map.of());
    send(tp, List.of(new byte[10], new byte[RECORD_BYTES / 10]));
    assertThat(polls(clients.follow(0), tp)).allMatch(bytes -> bytes / MENTION_BYTES < 60_000);
  }

  /** Reads all records; returns the bytes of each poll. */
  private static List<Integer> polls(Consumer<ByteBuffer, ByteBuffer> client, TopicPartition tp) {
    List<Integer> sizes = new ArrayList<>();
    try (Consumer<ByteBuffer, ByteBuffer> consumer = client) {
      consumer.assign(List.of(tp));
      consumer.seek(tp, 0);
      long offset = 0;
      while (offset < 2 * RECORDS) {
        int bytes = 0;
        for (ConsumerRecord<ByteBuffer, ByteBuffer> each : consumer.poll(Duration.ofSeconds(5))) {
          assertThat(each.offset()).as("each record once").isEqualTo(offset++);
          bytes += each.key().remaining() + each.value().remaining();
        }
        assertThat(consumer.position(tp)).isEqualTo(offset);
        sizes.add(bytes);
      }
    }
    return sizes;
  }

  /** Keys and values in turn, so that either can be what fills a poll. */
  private static void send(TopicPartition tp, List<byte[]> parts) {
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers",
            KafkaFixture.bootstrap(),
            "compression.type",
            "gzip",
            "linger.ms",
            50,
            "batch.size",
            8_000_000,
            "max.request.size",
            16_000_000);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (int i = 0; i < RECORDS; i++) {
        for (int k = 0; k < 2; k++) {
          var unused =
              producer.send(new ProducerRecord<>(tp.topic(), parts.get(k), parts.get(1 - k)));
        }
      }
    }
  }
}
