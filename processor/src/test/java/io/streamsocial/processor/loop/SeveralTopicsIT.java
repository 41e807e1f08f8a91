package io.streamsocial.processor.loop;

import static io.streamsocial.processor.Property.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineConfigBuilder;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.trends.InputOffsets;
import io.streamsocial.processor.trends.ViewKeys;
import io.streamsocial.processor.trends.WindowSpan;
import io.streamsocial.processor.views.Extractor;
import io.streamsocial.processor.views.View;
import io.streamsocial.processor.views.ViewBuilder;
import io.streamsocial.processor.views.ViewKey;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A second topic comes with a view in a rolling restart, on a real broker. */
final class SeveralTopicsIT {
  private static final int RECORDS = 1_000;
  private static final ViewKey KEY = ViewKey.of("all");
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final String bootstrap = KafkaFixture.bootstrap();
  private final String orders = KafkaFixture.createTopic("orders", 3);
  private final String returns = KafkaFixture.createTopic("returns", 2);
  private final String app = KafkaFixture.uniqueName("topics");

  @TempDir Path stateDir;

  private static View view(String name, String... topics) {
    Extractor counting = (record, out) -> out.emit(record.timestampMs(), "all", 1);
    ViewBuilder view = View.named(name).unwindowed().sum("records");
    for (String topic : topics) {
      view.from(topic, counting);
    }
    return view.build();
  }

  private Engine start(String instance, boolean both) {
    EngineConfigBuilder config =
        EngineConfig.defaults()
            .bootstrap(bootstrap)
            .appId(app)
            .instanceId(instance)
            .stateDir(stateDir)
            .shufflePartitions(1)
            .standbys(1)
            .leaveOnStop(true)
            .view(view("orders", orders));
    if (both) {
      config.view(view("both", orders, returns));
    }
    Engine engine = Engine.start(config.build());
    await().atMost(PATIENCE).until(() -> engine.status().state() == EngineState.RUNNING);
    return engine;
  }

  private static void send(KafkaProducer<byte[], byte[]> producer, String topic) {
    for (int i = 0; i < RECORDS; i++) {
      var unused = producer.send(new ProducerRecord<>(topic, utf8("" + i), utf8("x")));
    }
    producer.flush();
  }

  private static long count(Engine engine, String view) {
    ViewKeys.Answer answer = engine.view(view).get("", WindowSpan.NONE, KEY);
    return answer.entry(KEY).stream()
        .flatMap(entry -> entry.rows().stream())
        .mapToLong(row -> row.get("records"))
        .sum();
  }

  private static void awaitCount(Engine engine, String view, long records) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(count(engine, view)).isEqualTo(records));
  }

  @Test
  void aTopicThatComesWithAViewIsCountedFromItsBeginning() {
    Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap);
    ByteArraySerializer bytes = new ByteArraySerializer();
    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings, bytes, bytes)) {
      send(producer, orders);
      send(producer, returns);
      Engine first = start("0", false);
      awaitCount(first, "orders", RECORDS);
      Engine second = start("1", true);
      send(producer, orders);
      awaitCount(second, "orders", 2 * RECORDS);
      assertThat(count(second, "both")).as("the first instance lacks it").isZero();
      first.close(PATIENCE);
      awaitCount(second, "both", RECORDS);
      try (Engine third = start("0", true)) {
        send(producer, orders);
        send(producer, returns);
        for (Engine engine : new Engine[] {second, third}) {
          awaitCount(engine, "orders", 3 * RECORDS);
          awaitCount(engine, "both", 3 * RECORDS);
        }
        InputOffsets offsets =
            third.view("both").get("", WindowSpan.NONE, KEY).completeness().offsets();
        assertThat(sum(offsets.posts())).isGreaterThanOrEqualTo(3 * RECORDS);
        assertThat(offsets.others()).containsOnlyKeys(returns);
        assertThat(sum(new TreeMap<>(offsets.others().get(returns))))
            .isGreaterThanOrEqualTo(2 * RECORDS);
      } finally {
        second.close(PATIENCE);
      }
    }
  }

  private static long sum(Map<Integer, Long> offsets) {
    return offsets.values().stream().mapToLong(Long::longValue).sum();
  }
}
