package io.streamsocial.cli.state;

import static io.streamsocial.cli.state.StateFiles.PARTITIONS;
import static io.streamsocial.cli.state.StateFiles.damage;
import static io.streamsocial.cli.state.StateFiles.everythingButPositions;
import static io.streamsocial.cli.state.StateFiles.isPersisted;
import static io.streamsocial.cli.state.StateFiles.positions;
import static io.streamsocial.cli.state.StateFiles.rows;
import static io.streamsocial.cli.state.StateFiles.rowsOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.cli.CommandProcess;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.loop.Engine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** restore from a real changelog, whole, broken off and of a million keys. */
final class RestoreIT extends OperatorCase {
  @Test
  void restoreMakesTheSameStateAndServeHasNothingLeftToRestore() throws Exception {
    produce(POSTS, 500, 0);
    Path live = temp.resolve("live");
    count(live).close();
    Path restored = temp.resolve("restored");
    assertThat(restore(restored, "--partitions", "all", "--parallel", "2", "--json"))
        .as(err.toString())
        .isZero();
    JsonNode json = JSON.readTree(out.toString());
    assertThat(json.path("complete").asBoolean()).isTrue();
    assertThat(json.path("set_aside")).isEmpty();
    assertThat(json.path("partitions")).hasSize(PARTITIONS);
    for (JsonNode partition : json.path("partitions")) {
      assertThat(partition.path("records").asLong()).isPositive();
      assertThat(partition.path("records_per_s").asLong()).isPositive();
    }
    assertThat(rows(instance(restored))).isNotEmpty();
    assertThat(everythingButPositions(instance(restored)))
        .as("every row, and the format, byte by byte")
        .isEqualTo(everythingButPositions(instance(live)));
    assertThat(positions(instance(restored)))
        .as("but for the control record at the end of the changelog")
        .usingRecursiveFieldByFieldElementComparatorIgnoringFields("changelogOffset")
        .isEqualTo(positions(instance(live)));
    for (int partition = 0; partition < PARTITIONS; partition++) {
      // The writer of the last checkpoint is at the offset after its last record; a reader is after
      // the commit marker, too.
      assertThat(positions(instance(restored)).get(partition).changelogOffset())
          .isEqualTo(positions(instance(live)).get(partition).changelogOffset() + 1);
    }
    assertThat(verify(restored)).as(out.toString()).isZero();
    assertThat(restore(restored)).isZero();
    assertThat(out.toString()).containsPattern("2 +\\d+ +\\d+ +0 ");
    try (Engine engine = count(restored)) {
      assertThat(sum(engine, EngineStatus.Counters::restoredRecords)).isZero();
      assertThat(restore(restored)).isEqualTo(1);
      assertThat(err.toString()).contains("pid " + ProcessHandle.current().pid());
    }
    damage(instance(restored).resolve("task-0"));
    damage(instance(restored).resolve("task-2"));
    assertThat(verify(restored)).isEqualTo(1);
    assertThat(err.toString())
        .contains(
            "the store of partition 0 is damaged", "the store of partition 2 is damaged", "restore")
        .doesNotContain("partition 1 is damaged");
    assertThat(restore(restored, "--json")).as(err.toString()).isZero();
    List<String> setAside = new ArrayList<>();
    JSON.readTree(out.toString()).path("set_aside").forEach(each -> setAside.add(each.asText()));
    assertThat(setAside)
        .hasSize(2)
        .allMatch(each -> Files.isDirectory(Path.of(each)))
        .anyMatch(each -> each.contains("task-0"))
        .anyMatch(each -> each.contains("task-2"));
    assertThat(rows(instance(restored))).isEqualTo(rows(instance(live)));
    assertThat(verify(restored)).as(err.toString()).isZero();
    Files.delete(instance(restored).resolve("task-0").resolve("CURRENT"));
    assertThat(restore(restored, "--partitions", "0")).isZero();
    assertThat(rows(instance(restored))).isEqualTo(rows(instance(live)));
    assertThat(restore(restored, "--partitions", "3")).isEqualTo(1);
    assertThat(err.toString()).contains("partition 3 does not exist");
  }

  @Test
  void aRestoreThatIsKilledGoesOnFromWhereItWas() throws Exception {
    produce(60_000, 60_000, 0);
    Path live = temp.resolve("live");
    count(live).close();
    Path restored = temp.resolve("restored");
    List<String> line =
        new ArrayList<>(
            List.of(
                "restore",
                "--partitions",
                "0",
                "--json",
                // One batch an answer, or one answer would have all of it.
                "--kafka.consumer.max.partition.fetch.bytes=1"));
    line.addAll(common(restored));
    throttle(20_000.0);
    try (CommandProcess process = CommandProcess.start(line)) {
      Path store = instance(restored).resolve("task-0");
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(20))
          .until(
              () -> {
                assertThat(process.isAlive()).as(process.output()).isTrue();
                return isPersisted(store);
              });
      assertThat(process.handle().destroyForcibly()).isTrue();
      assertThat(process.awaitEnd()).isEqualTo(128 + 9);
    } finally {
      throttle(null);
    }
    assertThat(verify(restored)).as("a part is no state, and no wrong one").isEqualTo(3);
    // Killed just between two checkpoints it can be compared, but what is newer stays unproven.
    assertThat(err.toString() + out)
        .containsPattern(
            "partition 0 was not compared.*broken off; run restore|[1-9]\\d* unproven|\"unproven\" ?: ?[1-9]");
    assertThat(run(line.toArray(new String[0]))).as(err.toString()).isZero();
    JsonNode partition = JSON.readTree(out.toString()).path("partitions").get(0);
    System.out.printf(
        "RestoreIT: killed at changelog offset %s of %s, %s records left%n",
        partition.path("from"), partition.path("to"), partition.path("records"));
    assertThat(partition.path("from").asLong())
        .isPositive()
        .isLessThan(partition.path("to").asLong());
    assertThat(partition.path("records").asLong()).isPositive();
    assertThat(rows(instance(restored))).isEqualTo(rowsOf(instance(live), 0)).isNotEmpty();
    assertThat(verify(restored)).as(out.toString()).isZero();
  }

  /**
   * The rate of a restore that docs/operating/commands.md gives. -Doperate.keys=N takes another
   * number of keys.
   */
  @Test
  @Tag("long")
  void aMillionKeysAreRestoredAtTheRateThatIsTold() throws Exception {
    int keys = Integer.getInteger("operate.keys", 1_000_000);
    produceDistinct(keys);
    Path live = temp.resolve("live");
    count(live).close();
    for (int parallel : new int[] {1, 2}) {
      Path restored = temp.resolve("restored-" + parallel);
      List<String> line = new ArrayList<>(List.of("restore", "--parallel=" + parallel));
      line.addAll(common(restored));
      try (CommandProcess process = CommandProcess.startOptimizing(line)) {
        assertThat(process.awaitEnd(120)).as(process.output()).isZero();
        System.out.printf(
            "RestoreIT: restore of %d keys, --parallel %d, %d processors:%n%s%n",
            keys, parallel, Runtime.getRuntime().availableProcessors(), process.output());
        assertThat(process.output()).contains(" records/s, ", " MB/s");
      }
      assertThat(everythingButPositions(instance(restored))).hasSizeGreaterThanOrEqualTo(keys);
      assertThat(everythingButPositions(instance(restored)))
          .isEqualTo(everythingButPositions(instance(live)));
    }
    assertThat(verify(temp.resolve("restored-1"), "--max-rows", Integer.toString(4 * keys)))
        .as(out.toString())
        .isZero();
  }

  private void throttle(@Nullable Double bytesPerSecond) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin
          .alterClientQuotas(
              List.of(
                  new ClientQuotaAlteration(
                      new ClientQuotaEntity(
                          Map.of(ClientQuotaEntity.CLIENT_ID, app + "-restore-0-0")),
                      List.of(new ClientQuotaAlteration.Op("consumer_byte_rate", bytesPerSecond)))))
          .all()
          .get();
    }
  }
}
