package io.streamsocial.cli.state;

import static io.streamsocial.cli.state.StateFiles.PARTITIONS;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.log.Combiner;
import io.streamsocial.processor.log.RowFormat;
import io.streamsocial.processor.loop.Engine;
import io.streamsocial.processor.posts.PostViews;
import io.streamsocial.processor.views.View;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.TaskStore;
import io.streamsocial.store.WindowStore;
import io.streamsocial.store.table.Tail;
import io.streamsocial.store.table.WindowKey;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** inspect, verify and restore of views beside the hashtags. */
final class OtherViewsIT extends OperatorCase {
  private static final int USERS = 40;
  private static final String VIEWS = "--views=trending,users,sessions";

  private final View users = PostViews.users(topic);

  private void countViews(Path state) {
    for (int i = 0; i < 2 * USERS; i++) {
      raw(
          i % SOURCES,
          "{\"text\":\"#tag%d\",\"user_id\":\"user%d\",\"region\":\"EU\",\"timestamp\":%d}"
              .formatted(i, i % USERS, nowMs - i));
    }
    EngineConfig config =
        EngineConfig.defaults()
            .bootstrap(bootstrap)
            .appId(app)
            .topic(topic)
            .hashtags(true)
            .view(users)
            .view(PostViews.sessions(topic))
            .shufflePartitions(PARTITIONS)
            .stateDir(state)
            .build();
    try (Engine engine = Engine.start(config)) {
      awaitCounted(engine, posted);
    }
  }

  @Test
  void viewsAreInspectedRestoredAndVerified() throws Exception {
    Path state = temp.resolve("state");
    countViews(state);
    removeMembers();

    assertThat(inspect(state, "--json", "--top=100")).as(err.toString()).isZero();
    JsonNode inspected = JSON.readTree(out.toString());
    Map<String, Long> rows = new HashMap<>();
    Map<String, JsonNode> top = new HashMap<>();
    for (JsonNode partition : inspected.path("partitions")) {
      for (JsonNode view : partition.path("views")) {
        rows.merge(view.path("view").asText(), view.path("rows").asLong(), Long::sum);
        for (JsonNode row : view.path("top")) {
          top.put(view.path("view").asText() + " " + row.path("key").asText(), row.path("values"));
        }
      }
    }
    // Sessions have a row of each region and one of all regions together.
    assertThat(rows)
        .isEqualTo(Map.of(PostViews.USERS, (long) USERS, PostViews.SESSIONS, 2L * USERS));
    assertThat(String.valueOf(top.get(PostViews.USERS + " user7")))
        .isEqualTo(
            "{\"posts\":2,\"first_seen\":%d,\"last_seen\":%d}"
                .formatted(nowMs - 7 - USERS, nowMs - 7));
    assertThat(Objects.requireNonNull(top.get(PostViews.SESSIONS + " user7")).path("posts").asInt())
        .isEqualTo(2);
    assertThat(inspect(state)).isZero();
    assertThat(out.toString()).contains("unwindowed", "sessions", "posts=2 first_seen=");

    assertEqual(state);
    Path fresh = temp.resolve("fresh");
    assertThat(restore(fresh, VIEWS)).as(err.toString()).isZero();
    assertEqual(fresh);

    alterOneUser(fresh);
    assertThat(verify(fresh, VIEWS)).isEqualTo(4);
    assertThat(out.toString())
        .contains("1 different", "user", "[")
        .containsPattern("\\[.*, 3, .*]");
    assertThat(verify(fresh, VIEWS, "--json")).isEqualTo(4);
    JsonNode difference = JSON.readTree(out.toString()).path("views").get(0).path("differences");
    assertThat(difference).hasSize(1);
    assertThat(difference.get(0).path("input").get(1).asInt()).isEqualTo(2);
    assertThat(difference.get(0).path("changelog").get(1).asInt()).isEqualTo(2);
    assertThat(difference.get(0).path("state").get(1).asInt()).isEqualTo(3);

    assertThat(verify(state, VIEWS, "--max-rows=1000")).as(out.toString() + err).isZero();
    onlyThePostsTellWhatIsWrongInTheChangelogToo();
    aViewThatCountsSinceLaterIsUnproven(state);
  }

  private void onlyThePostsTellWhatIsWrongInTheChangelogToo() throws Exception {
    byte[] user = "user7".getBytes(UTF_8);
    byte[] text = "#tag7".getBytes(UTF_8);
    long[] row = Arrays.copyOf(new long[] {nowMs - 7, 1, nowMs - 7, nowMs - 7}, 6);
    Tail.put(text, 0, text.length, row, 4);
    RowFormat ofUsers = RowFormat.of(users);
    plant(users, user, ofUsers.key(0, new byte[0], user, 0, user.length), ofUsers.value(row, 0));
    View sessions = PostViews.sessions(topic);
    byte[] other = "user8".getBytes(UTF_8);
    long[] session = {nowMs - 8 - USERS, nowMs - 8, 3};
    RowFormat ofSessions = RowFormat.of(sessions);
    byte[] region = "EU".getBytes(UTF_8);
    plant(
        sessions,
        other,
        ofSessions.key(session[0], region, other, 0, other.length, session, 0),
        ofSessions.value(session, 0));
    Path restored = temp.resolve("restored");
    assertThat(restore(restored, VIEWS)).as(err.toString()).isZero();
    assertThat(verify(restored, VIEWS, "--json")).as(out.toString()).isEqualTo(4);
    JsonNode views = JSON.readTree(out.toString()).path("views");
    JsonNode wrong = views.get(0).path("differences");
    assertThat(wrong).hasSize(1);
    assertThat(wrong.get(0).path("key").asText()).isEqualTo("user7");
    assertThat(wrong.get(0).path("input").get(1).asInt()).isEqualTo(2);
    assertThat(wrong.get(0).path("input_bytes").asText()).isEqualTo("#tag7");
    assertThat(wrong.get(0).path("changelog")).isEqualTo(wrong.get(0).path("state"));
    assertThat(wrong.get(0).path("state").get(1).asInt()).isEqualTo(1);
    wrong = views.get(1).path("differences");
    assertThat(wrong).hasSize(1);
    assertThat(wrong.get(0).path("key").asText()).isEqualTo("user8");
    assertThat(wrong.get(0).path("group").asText()).isEqualTo("EU");
    assertThat(wrong.get(0).path("input").get(0).asInt()).isEqualTo(2);
    assertThat(wrong.get(0).path("state").get(0).asInt()).isEqualTo(3);
  }

  private void plant(View view, byte[] key, byte[] rowKey, byte[] value) {
    plantInChangelog(
        app + "-" + view.name() + "-changelog", Combiner.partition(key, PARTITIONS), rowKey, value);
  }

  /** Bursts are added now: the posts from before are not in them, and no topic says so. */
  private void aViewThatCountsSinceLaterIsUnproven(Path state) throws Exception {
    EngineConfig withBursts =
        EngineConfig.defaults()
            .bootstrap(bootstrap)
            .appId(app)
            .topic(topic)
            .hashtags(true)
            .view(users)
            .view(PostViews.sessions(topic))
            .view(PostViews.bursts(topic))
            .shufflePartitions(PARTITIONS)
            .stateDir(state)
            .build();
    try (Engine engine = Engine.start(withBursts)) {
      for (int i = 0; i < 10; i++) {
        raw(i % SOURCES, "{\"text\":\"#new%d\",\"timestamp\":%d}".formatted(i, nowMs));
      }
      awaitCounted(engine, posted);
    }
    removeMembers();
    String bursts = "--views=trending,bursts";
    assertThat(verify(state, bursts, "--json")).as(out.toString() + err).isEqualTo(3);
    JsonNode view = JSON.readTree(out.toString()).path("views").get(0);
    assertThat(view.path("difference_count").asInt()).isZero();
    assertThat(view.path("rows").asInt()).isEqualTo(2 * (2 * USERS + 10));
    assertThat(view.path("unproven").asInt()).isEqualTo(2 * 2 * USERS);
    assertThat(err.toString()).contains("the view may have been added then");
  }

  private void assertEqual(Path state) {
    assertThat(verify(state, VIEWS)).as(out.toString() + err).isZero();
    assertThat(out.toString())
        .contains(
            "view users-store: %d rows against posts and changelog; 0 different, 0 unproven"
                .formatted(USERS),
            "view user-sessions-store: %d rows against posts and changelog; 0 different, 0 unproven"
                .formatted(2 * USERS));
  }

  /** One post more of some user. */
  private void alterOneUser(Path state) {
    TaskStore.Spec spec =
        TaskStore.Spec.windows(
            users.name(), Long.MAX_VALUE, users.lanes(), WindowStore.Bounds.ofHeads(0));
    for (int partition = 0; partition < PARTITIONS; partition++) {
      try (StoreMemory memory = new StoreMemory(32 << 20);
          TaskStore store =
              TaskStore.open(instance(state).resolve("task-" + partition), List.of(spec), memory)) {
        WindowStore counted = store.windows(0);
        TreeSet<String> keys = new TreeSet<>();
        counted.forEachRow((key, row) -> keys.add(new String(WindowKey.tag(key), UTF_8)));
        if (!keys.isEmpty()) {
          byte[] key = keys.first().getBytes(UTF_8);
          try (WindowStore.Fold fold = counted.fold()) {
            fold.merge(
                counted.window(0, new byte[0]),
                key,
                0,
                key.length,
                new long[] {0, 1, Long.MAX_VALUE, 0, Tail.NONE},
                0);
          }
          store.commit(List.of(counted.position()));
          store.flush();
          return;
        }
      }
    }
    throw new AssertionError("no user in " + state);
  }
}
