package io.streamsocial.cli.state;

import static io.streamsocial.cli.state.StateFiles.PARTITIONS;
import static io.streamsocial.cli.state.StateFiles.WINDOW_MS;
import static io.streamsocial.cli.state.StateFiles.damage;
import static io.streamsocial.cli.state.StateFiles.rows;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.loop.Engine;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** inspect on a real state directory, in use and not, whole and damaged. */
final class InspectIT extends OperatorCase {
  @Test
  void inspectTellsWhatAStateHoldsAndRefusesOneInUse() throws Exception {
    assertThat(run("inspect", "--state-dir", temp.resolve("none").toString())).isEqualTo(1);
    assertThat(err.toString()).contains("there is no state directory", "--state-dir");
    produce(POSTS, 500, 0);
    Path state = temp.resolve("state");
    try (Engine engine = count(state)) {
      assertThat(engine.status().state()).isEqualTo(EngineState.RUNNING);
      assertThat(inspect(state)).isEqualTo(1);
      assertThat(err.toString()).contains("pid " + ProcessHandle.current().pid());
    }
    assertThat(inspect(state, "--json", "--top", "3")).as(err.toString()).isZero();
    JsonNode json = JSON.readTree(out.toString());
    assertThat(json.path("partitions")).hasSize(PARTITIONS);
    long rows = 0;
    long mentions = 0;
    for (JsonNode partition : json.path("partitions")) {
      assertThat(partition.path("damage").isNull()).isTrue();
      assertThat(partition.path("window_size_ms").asLong()).isEqualTo(WINDOW_MS);
      assertThat(partition.path("posts_offsets").path("0").asLong()).isEqualTo(POSTS / 2);
      assertThat(partition.path("posts_offsets").path("1").asLong()).isEqualTo(POSTS / 2);
      assertThat(partition.path("bytes").asLong()).isPositive();
      assertThat(partition.path("top")).hasSize(3);
      assertThat(partition.path("top").get(0).path("count").asLong())
          .isGreaterThanOrEqualTo(partition.path("top").get(2).path("count").asLong());
      rows += partition.path("rows").asLong();
      for (JsonNode window : partition.path("windows")) {
        mentions += window.path("regions").get(0).path("mentions").asLong();
      }
    }
    assertThat(rows).isEqualTo(rows(instance(state)).size());
    assertThat(mentions).as("three tags a post").isEqualTo(3L * POSTS);
    // The instance's own directory will do, and people get tables.
    assertThat(run("inspect", "--state-dir", instance(state).toString())).isZero();
    assertThat(out.toString()).contains("INPUT INCLUDED", "{0=3000, 1=3000}", "#every");
    assertThat(run("inspect", "--state-dir", state.toString(), "--app-id", "other")).isEqualTo(1);
    assertThat(err.toString()).contains("there are: " + app);
    assertThat(inspect(state, "--partitions", "0,7")).isEqualTo(1);
    assertThat(err.toString()).contains("partition 7 is not in");
    damage(instance(state).resolve("task-1"));
    Files.createDirectories(instance(state).resolve("task-2.corrupt-1700000000000"));
    assertThat(inspect(state)).isEqualTo(1);
    assertThat(err.toString()).contains("damaged: partition 1", "set aside:", "task-2.corrupt");
    assertThat(doctor(state)).isEqualTo(3);
    assertThat(out.toString()).contains("partitions [1] are damaged");
  }
}
