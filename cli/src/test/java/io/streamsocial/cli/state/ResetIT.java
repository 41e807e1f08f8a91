package io.streamsocial.cli.state;

import static io.streamsocial.cli.state.StateFiles.copy;
import static io.streamsocial.cli.state.StateFiles.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.loop.Engine;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;

/** reset of stores, topics and offsets, and state from before it. */
final class ResetIT extends OperatorCase {
  @Test
  void resetShowsAsksAndDeletes() throws Exception {
    produce(POSTS, 200, 0);
    Path state = temp.resolve("state");
    try (Engine engine = count(state)) {
      assertThat(reset(state, false, "--local", "--yes")).isEqualTo(1);
      assertThat(err.toString()).contains("pid " + ProcessHandle.current().pid());
      assertThat(reset(temp.resolve("elsewhere"), false, "--topics", "--yes")).isEqualTo(1);
      assertThat(err.toString()).contains("1 member(s) of group " + app + " are alive", "0-0 at");
      assertThat(engine.status().state()).isEqualTo(EngineState.RUNNING);
    }
    removeMembers();
    assertThat(reset(state, false)).isEqualTo(2);
    assertThat(err.toString()).contains("say --local, --topics or both");
    assertThat(reset(state, false, "--local", "--topics")).isEqualTo(1);
    assertThat(out.toString()).contains("task-0", changelog, app + "-shuffle", "group offsets");
    assertThat(err.toString()).contains("say --yes");
    InputStream stdin = System.in;
    try {
      System.setIn(new ByteArrayInputStream("n\n".getBytes(StandardCharsets.UTF_8)));
      assertThat(reset(state, true, "--local")).isEqualTo(1);
      assertThat(err.toString()).contains("[y/N]", "nothing was deleted");
      assertThat(rows(instance(state))).isNotEmpty();
      System.setIn(new ByteArrayInputStream("y\n".getBytes(StandardCharsets.UTF_8)));
      assertThat(reset(state, true, "--local")).isZero();
    } finally {
      System.setIn(stdin);
    }
    assertThat(instance(state).resolve("task-0")).doesNotExist();
    assertThat(reset(state, false, "--local", "--topics", "--yes")).as(err.toString()).isZero();
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(admin.listTopics().names().get())
                      .contains(topic)
                      .noneMatch(name -> name.startsWith(app)));
    }
    assertThat(reset(state, false, "--local", "--topics")).isZero();
    assertThat(err.toString()).contains("there is nothing to delete");
    count(state).close(); // all over again
    assertThat(verify(state)).as(out.toString()).isZero();
  }

  /** The directory of an instance that was forgotten at the reset, and is used again later. */
  @Test
  void stateFromBeforeAResetIsRefusedByNameOfTheCure() throws Exception {
    produce(POSTS, 200, 0);
    Path state = temp.resolve("state");
    Path forgotten = temp.resolve("forgotten");
    count(state).close();
    copy(state, forgotten);
    removeMembers();
    assertThat(reset(state, false, "--local", "--topics", "--yes")).as(err.toString()).isZero();
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(topics()).noneMatch(name -> name.startsWith(app)));
    // More than before, so that no offset gives it away.
    produce(POSTS, 200, 0);
    count(state).close();
    removeMembers();
    assertThatThrownBy(() -> count(forgotten).close())
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll("belongs to another life of topic " + changelog, "reset --local");
    assertThat(restore(forgotten)).isEqualTo(1);
    assertThat(verify(forgotten)).isEqualTo(1);
    assertThat(err.toString()).contains("belongs to another life of topic " + changelog);
    assertThat(reset(forgotten, false, "--local", "--yes")).isZero();
    count(forgotten).close();
    assertThat(verify(forgotten)).as(out.toString()).isZero();
  }

  private Set<String> topics() throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      return admin.listTopics().names().get();
    }
  }
}
