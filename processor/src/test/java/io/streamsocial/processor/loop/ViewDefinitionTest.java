package io.streamsocial.processor.loop;

import static io.streamsocial.processor.Property.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.Guarantee;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.log.Changelog;
import io.streamsocial.processor.test.memory.MemoryKafka;
import io.streamsocial.processor.views.Extractor;
import io.streamsocial.processor.views.View;
import io.streamsocial.processor.views.ViewBuilder;
import io.streamsocial.store.WindowStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A view that was defined otherwise when its changelog, or its disk, was written. */
final class ViewDefinitionTest {
  private static final int KEYS = 30;
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final String CHANGELOG =
      TopicNames.changelog(EngineConfig.defaults().build().identity().appId(), "orders");
  private static final Extractor EXTRACTOR =
      (record, out) -> {
        for (int i = 0; i < KEYS; i++) {
          out.emit(LoopRig.START, "EU", "key" + i, i, 2);
        }
      };

  @TempDir Path directory;

  private final MemoryKafka kafka = new MemoryKafka();
  private int disks;

  private static ViewBuilder named() {
    return View.named("orders").from("social.posts", EXTRACTOR);
  }

  private static ViewBuilder windowed(Duration size) {
    return named().tumbling(size, HOUR, HOUR);
  }

  private static ViewBuilder original() {
    return windowed(MINUTE).groupedBy("region").sum("a").sum("b");
  }

  private Path disk() {
    return directory.resolve("disk-" + disks++);
  }

  /** An instance that begins on a disk with what the changelogs have. */
  private LoopRig rig(Path disk, View view) {
    LoopRig rig = new LoopRig(disk, Guarantee.EXACTLY_ONCE, kafka).with(List.of(view));
    rig.crash();
    return rig;
  }

  @BeforeEach
  void count() {
    try (LoopRig rig = rig(disk(), original().build())) {
      rig.run();
      rig.post(0, "#java");
      rig.settle();
      assertThat(rows(rig)).hasSize(KEYS);
      rig.restart(); // which checkpoints every partition
    }
    kafka.restorePollMax = 1; // a checkpoint comes in many batches
  }

  @AfterEach
  void oneWhoNeverFailed() {
    kafka.restorePollMax = Integer.MAX_VALUE;
    try (LoopRig rig = rig(disk(), original().build())) {
      rig.run();
      assertThat(rows(rig)).as("the changelog is as it was").isEqualTo(expected());
    }
  }

  private static Map<String, List<Long>> rows(LoopRig rig) {
    Map<String, List<Long>> rows = new TreeMap<>();
    for (int i = 0; i < KEYS; i++) {
      String key = "key" + i;
      WindowStore store = (WindowStore) rig.task(LoopRig.owner(key)).store(1);
      long[] row = store.rows(new long[] {LoopRig.START}, utf8("EU"), utf8(key))[0];
      if (row != null) {
        rows.put(key, List.of(row[0], row[1]));
      }
    }
    return rows;
  }

  private static Map<String, List<Long>> expected() {
    Map<String, List<Long>> rows = new TreeMap<>();
    for (long i = 0; i < KEYS; i++) {
      rows.put("key" + i, List.of(i, 2L));
    }
    return rows;
  }

  private static List<View> changed() {
    return List.of(
        windowed(MINUTE).groupedBy("region").sum("b").sum("a").build(),
        windowed(MINUTE).groupedBy("region").sum("a").max("b").build(),
        windowed(MINUTE).groupedBy("region").sum("a").build(),
        windowed(MINUTE).groupedBy("region").sum("a").sum("b").sum("c").build(),
        windowed(MINUTE).groupedBy("region").sum("a").sum("b").latest("text").build(),
        windowed(MINUTE).groupedBy("country").sum("a").sum("b").build(),
        windowed(MINUTE).sum("a").sum("b").build(),
        windowed(MINUTE.multipliedBy(5)).groupedBy("region").sum("a").sum("b").build(),
        named().session(MINUTE, HOUR, HOUR).groupedBy("region").sum("a").sum("b").build(),
        named().unwindowed().groupedBy("region").sum("a").sum("b").build());
  }

  @Test
  void aNewDiskRefusesTheChangelogOfAnotherDefinition() {
    for (View view : changed()) {
      Path disk = disk();
      try (LoopRig rig = rig(disk, view)) {
        assertThatThrownBy(rig::run)
            .as(view.definition())
            .isInstanceOf(ConfigException.class)
            .hasMessageContaining(CHANGELOG)
            .hasMessageContaining(original().build().rowDefinition())
            .hasMessageContaining(view.rowDefinition())
            .hasMessageContaining("another name")
            .hasMessageContaining("reset --view orders");
      }
      try (LoopRig back = rig(disk, original().build())) {
        back.run();
        assertThat(rows(back)).as("nothing is in the way of who goes back").isEqualTo(expected());
      }
    }
  }

  @Test
  void aDiskRefusesAnotherDefinitionOfItsRows() {
    Path disk = disk();
    try (LoopRig rig = rig(disk, original().build())) {
      rig.run();
      rig.restart();
    }
    for (View view : changed()) {
      try (LoopRig rig = rig(disk, view)) {
        assertThatThrownBy(rig::run)
            .as(view.definition())
            .isInstanceOf(ConfigException.class)
            .hasMessageContaining(disk.toString());
      }
    }
    View swapped = changed().get(0);
    try (LoopRig rig = rig(disk, swapped)) {
      assertThatThrownBy(rig::run)
          .hasMessageContaining(original().build().rowDefinition())
          .hasMessageContaining(swapped.rowDefinition())
          .hasMessageContaining("reset --view orders");
    }
    try (LoopRig rig = rig(disk, original().build())) {
      rig.run();
      assertThat(rows(rig)).isEqualTo(expected());
    }
  }

  /** What says nothing of the rows may change under them. */
  @Test
  void otherTimesAnotherTopicAndARankingAreNoOtherDefinition() {
    View other =
        View.named("orders")
            .from("social.posts", EXTRACTOR)
            .from(LoopRig.OTHER_TOPIC, EXTRACTOR)
            .tumbling(MINUTE, MINUTE, HOUR.multipliedBy(2))
            .groupedBy("region")
            .sum("a")
            .sum("b")
            .rankedBy("b")
            .build();
    try (LoopRig rig = rig(disk(), other)) {
      rig.run();
      assertThat(rows(rig)).isEqualTo(expected());
    }
  }

  /** Written by a version that said nothing, or by Kafka Streams: what is there must do. */
  @Test
  void aChangelogThatDoesNotSayWhatItsRowsAreIsTakenAsBefore() {
    List<ConsumerRecord<byte[], byte[]>> all = kafka.records(CHANGELOG);
    assertThat(all).anySatisfy(each -> assertThat(rowsOf(each)).isNotEmpty());
    all.forEach(each -> kafka.recreate(new TopicPartition(CHANGELOG, each.partition())));
    for (ConsumerRecord<byte[], byte[]> each : all) {
      RecordHeaders headers = new RecordHeaders();
      each.headers()
          .forEach(
              header -> {
                if (header.key().equals(Changelog.CHECKPOINT_HEADER)) {
                  headers.add(header);
                }
              });
      kafka.append(
          new TopicPartition(CHANGELOG, each.partition()), headers, each.key(), each.value(), 1);
    }
    assertThat(kafka.records(CHANGELOG))
        .hasSameSizeAs(all)
        .allSatisfy(each -> assertThat(rowsOf(each)).isEmpty());
    try (LoopRig rig = rig(disk(), original().build())) {
      rig.run();
      assertThat(rows(rig)).isEqualTo(expected());
    }
    View other = windowed(MINUTE.multipliedBy(5)).groupedBy("region").sum("a").sum("b").build();
    try (LoopRig rig = rig(disk(), other)) {
      assertThatThrownBy(rig::run)
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("written with window 60000 ms, configured 300000 ms");
    }
  }

  private static String rowsOf(ConsumerRecord<byte[], byte[]> record) {
    return Changelog.rowDefinition(record.headers());
  }
}
