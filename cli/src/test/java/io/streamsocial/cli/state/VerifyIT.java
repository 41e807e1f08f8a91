package io.streamsocial.cli.state;

import static io.streamsocial.cli.state.StateFiles.WINDOW_MS;
import static io.streamsocial.cli.state.StateFiles.alterOneRow;
import static io.streamsocial.cli.state.StateFiles.copy;
import static io.streamsocial.cli.state.StateFiles.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.loop.Engine;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** verify against a real input, equal, different and not to be proven. */
final class VerifyIT extends OperatorCase {
  @Test
  void verifyFindsASingleCountMoreOrLess() throws Exception {
    produce(POSTS, 500, 0);
    raw(0, "not json");
    raw(0, "{\"text\":\"#tomorrow\",\"timestamp\":" + (nowMs + 86_400_000L) + "}");
    Path state = temp.resolve("state");
    count(state).close();
    assertThat(verify(state, "--json")).as(out + "\n" + err).isZero();
    JsonNode json = JSON.readTree(out.toString());
    assertThat(json.path("verdict").asText()).isEqualTo("equal");
    assertThat(json.path("posts").asLong()).isEqualTo(posted);
    assertThat(json.path("rows").asLong()).isEqualTo(rows(instance(state)).size());
    assertThat(json.path("passes").asInt()).isEqualTo(1);
    // Rows beyond the bound are compared in slices, with the same result.
    assertThat(verify(state, "--json", "--max-rows", "1000")).as(err.toString()).isZero();
    JsonNode sliced = JSON.readTree(out.toString());
    assertThat(sliced.path("rows")).isEqualTo(json.path("rows"));
    assertThat(sliced.path("passes").asInt()).isGreaterThan(2);

    Path altered = temp.resolve("altered");
    copy(state, altered);
    long truth = alterOneRow(instance(altered));
    assertThat(verify(altered, "--json")).isEqualTo(4);
    JsonNode found = JSON.readTree(out.toString());
    assertThat(found.path("difference_count").asInt()).isEqualTo(1);
    JsonNode difference = found.path("differences").get(0);
    assertThat(difference.path("hashtag").asText()).isEqualTo("every");
    assertThat(difference.path("region").asText()).isEqualTo("EU-West");
    assertThat(difference.path("input").asLong()).isEqualTo(truth);
    assertThat(difference.path("changelog").asLong()).isEqualTo(truth);
    assertThat(difference.path("state").asLong()).isEqualTo(truth + 1);
    assertThat(verify(altered, "--max-differences", "0")).isEqualTo(4);
    assertThat(out.toString()).contains("different: ", "1 different").doesNotContain("#every");

    plantInChangelog(difference.path("partition").asInt(), difference, truth + 1);
    assertThat(verify(state, "--json")).isEqualTo(4);
    JsonNode planted = JSON.readTree(out.toString()).path("differences");
    assertThat(planted).hasSize(1);
    assertThat(planted.get(0).path("changelog").asLong()).isEqualTo(truth + 1);
    assertThat(planted.get(0).path("state").asLong()).isEqualTo(truth);
    // Who restores from it has it in the state, where only the input gives it away.
    Path restored = temp.resolve("restored");
    assertThat(restore(restored)).isZero();
    assertThat(verify(restored)).isEqualTo(4);
    assertThat(out.toString()).contains("#every", "EU-West", "1 different");
    assertThat(verify(restored, "--json")).isEqualTo(4);
    JsonNode both = JSON.readTree(out.toString()).path("differences").get(0);
    assertThat(both.path("window")).isEqualTo(difference.path("window"));
    assertThat(both.path("input").asLong()).isEqualTo(truth);
    assertThat(both.path("changelog").asLong()).isEqualTo(truth + 1);
    assertThat(both.path("state").asLong()).isEqualTo(truth + 1);
  }

  @Test
  void verifySaysWhatItCannotProve() throws Exception {
    produce(POSTS, 200, 0);
    Path state = temp.resolve("state");
    count(state).close();
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin
          .deleteRecords(Map.of(new TopicPartition(topic, 0), RecordsToDelete.beforeOffset(100)))
          .all()
          .get();
    }
    assertThat(verify(state)).as(out.toString()).isEqualTo(3);
    assertThat(out.toString()).contains("partial: ", "at_least");
    assertThat(err.toString()).contains("note: " + topic + "-0: posts before", "are deleted");
    alterOneRow(instance(state));
    assertThat(verify(state))
        .as("more than the posts that are left, but the changelog knows")
        .isEqualTo(4);
    assertThat(verify(state, "--window", "1m")).isEqualTo(1);
    assertThat(err.toString()).contains("was written with window 300000 ms, configured 60000 ms");
    assertThat(verify(state, "--topic", "no.such.topic")).isEqualTo(1);
    assertThat(err.toString()).contains("name the posts with --topic");
    String other = KafkaFixture.createTopic("other", SOURCES);
    Path sound = temp.resolve("sound");
    assertThat(restore(sound)).isZero();
    assertThat(verify(sound, "--topic", other)).isEqualTo(3);
    assertThat(err.toString())
        .contains("posts of another topic than " + other, "or --topic names another one");
  }

  @Test
  void postsOfATopicThatWasCreatedAgainAreNoDifference() throws Exception {
    produce(200, 50, 0);
    Path state = temp.resolve("state");
    count(state).close();
    removeMembers();
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin.deleteTopics(List.of(topic)).all().get();
      await().atMost(PATIENCE).until(() -> !admin.listTopics().names().get().contains(topic));
      admin.createTopics(List.of(new NewTopic(topic, SOURCES, (short) 1))).all().get();
    }
    posted = 0;
    for (int life = 0; life < 2; life++) {
      assertThat(verify(state)).as(out + "\n" + err).isEqualTo(3);
      assertThat(out.toString()).contains("partial: ", "at_least", " 0 different");
      assertThat(err.toString()).contains("note: the state includes posts of another topic");
      produce(300, 50, 0);
      count(state).close();
      removeMembers();
    }
    // What the present topic has explains must be there all the same.
    produce(100, 50, 0, nowMs + WINDOW_MS);
    count(state).close();
    assertThat(verify(state)).as(out + "\n" + err).isEqualTo(3);
    assertThat(out.toString()).contains("at_least", "exact", " 0 different");
  }

  @Test
  void lateMentionsMayBeMissingFromAWindowButNotAdded() throws Exception {
    Path state = temp.resolve("state");
    String[] grace = {"--grace", "0s"};
    produce(POSTS, 200, 2 * WINDOW_MS);
    try (Engine engine = count(state, Duration.ZERO)) {
      // Stream time is known to be at the end now: these are late.
      produce(100, 200, 0, nowMs - 2 * WINDOW_MS);
      awaitCounted(engine, posted);
      // The status is of the end of a turn, a little after the answers.
      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(sum(engine, EngineStatus.Counters::late)).isPositive());
    }
    assertThat(verify(state, grace)).as(out.toString()).isEqualTo(3);
    assertThat(out.toString()).contains("partial: ", "at_most", "exact");
    assertThat(verify(state)).as("with another grace than it was counted with").isEqualTo(4);
  }
}
