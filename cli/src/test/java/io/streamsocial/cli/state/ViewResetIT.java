package io.streamsocial.cli.state;

import static io.streamsocial.cli.state.StateFiles.PARTITIONS;
import static io.streamsocial.cli.state.StateFiles.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineConfigBuilder;
import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.kafka.NetworkClients;
import io.streamsocial.processor.log.Changelog;
import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.processor.loop.Engine;
import io.streamsocial.processor.posts.PostExtractor;
import io.streamsocial.processor.posts.PostViews;
import io.streamsocial.processor.task.NewestCheckpoint;
import io.streamsocial.processor.views.View;
import io.streamsocial.store.ReadOnlyStore;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.TaskStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.assertj.core.util.Throwables;
import org.junit.jupiter.api.Test;

/** A view is taken away, found by doctor, and deleted by reset. */
final class ViewResetIT extends OperatorCase {
  private static final int USERS = 40;

  private final View users = PostViews.users(topic);
  private final String usersChangelog = app + "-users-store-changelog";

  private EngineConfig config(Path state, boolean withUsers) {
    return config(state, withUsers ? Optional.of(users) : Optional.empty());
  }

  private EngineConfig config(Path state, Optional<View> view) {
    EngineConfigBuilder config =
        EngineConfig.defaults()
            .bootstrap(bootstrap)
            .appId(app)
            .topic(topic)
            .hashtags(true)
            .shufflePartitions(PARTITIONS)
            .stateDir(state);
    return view.map(config::view).orElse(config).build();
  }

  private Engine start(Path state, boolean withUsers) {
    Engine engine = Engine.start(config(state, withUsers));
    awaitCounted(engine, posted);
    return engine;
  }

  /** Each of the users once, with tags in every partition. */
  private void post() {
    post(0);
  }

  private void post(int firstUser) {
    for (int i = firstUser; i < USERS; i++) {
      raw(
          i % SOURCES,
          "{\"text\":\"#tag%d\",\"user_id\":\"user%d\",\"timestamp\":%d}".formatted(i, i, nowMs));
    }
  }

  /** Of all users, by the stores of an engine that has ended. */
  private long usersPosts(Path state) {
    long[] sum = new long[1];
    try (StoreMemory memory = new StoreMemory(8 << 20)) {
      for (int partition = 0; partition < PARTITIONS; partition++) {
        Path task = instance(state).resolve("task-" + partition);
        try (ReadOnlyStore store =
            ReadOnlyStore.open(task, users.name(), TaskStore.Kind.WINDOWS, users.lanes(), memory)) {
          store.forEachRow((key, row) -> sum[0] += row[users.lane(0)]);
        }
      }
    }
    return sum[0];
  }

  private List<String> viewsOnDisk(Path state) {
    List<String> views = new ArrayList<>();
    for (int partition = 0; partition < PARTITIONS; partition++) {
      views.addAll(TaskStore.names(instance(state).resolve("task-" + partition)));
    }
    return views;
  }

  @Test
  void aViewThatWasTakenAwayIsNamedAndDeleted() throws Exception {
    Path state = temp.resolve("state");
    post();
    try (Engine engine = start(state, true)) {
      assertThat(reset(temp.resolve("elsewhere"), false, "--view", "users", "--yes")).isEqualTo(1);
      assertThat(err.toString()).contains("1 member(s) of group " + app + " are alive", "0-0 at");
      assertThat(reset(state, false, "--view", "users", "--local", "--yes")).isEqualTo(1);
      assertThat(err.toString()).contains("pid " + ProcessHandle.current().pid());
      assertThat(engine.failure()).isNotDone();
    }
    assertThat(usersPosts(state)).isEqualTo(USERS);
    removeMembers();
    post();
    start(state, false).close();
    assertThat(doctor(state)).as(out.toString()).isZero();
    assertThat(out.toString())
        .contains(
            "view users-store", "has topic " + usersChangelog, "has rows in partitions [0, 1, 2]");
    Map<String, Long> trending = rows(instance(state));
    removeMembers();
    assertThat(reset(state, false, "--view", "users", "--topics", "--yes"))
        .as(err.toString())
        .isZero();
    assertThat(out.toString()).contains(usersChangelog).doesNotContain(changelog);
    awaitGone();
    assertThat(reset(state, false, "--view", "users", "--yes")).as(err.toString()).isZero();
    assertThat(out.toString()).contains("rows in store", "task-0");
    assertThat(viewsOnDisk(state)).containsOnly("hashtag-trends-store");
    assertThat(rows(instance(state))).isEqualTo(trending);
    assertThat(reset(state, false, "--view", "users")).isZero();
    assertThat(err.toString()).contains("there is nothing to delete");
    assertThat(reset(state, false, "--view", "usres", "--yes")).isEqualTo(1);
    assertThat(err.toString())
        .contains("there is no view 'usres'", "trending, users", "have hashtag-trends-store");
    removeMembers();
    assertThat(verify(state)).as(out.toString()).isZero();
  }

  /** What was posted while it was away is in no row of it, and no topic says so. */
  @Test
  void aViewThatWasTakenAwayAndCameBackIsUnproven() throws Exception {
    Path state = temp.resolve("state");
    post();
    start(state, true).close();
    removeMembers();
    post(USERS / 2);
    start(state, false).close();
    removeMembers();
    post();
    start(state, true).close();
    removeMembers();
    assertThat(usersPosts(state)).isEqualTo(2 * USERS);
    assertThat(verify(state, "--views=trending,users", "--json")).as(out + "\n" + err).isEqualTo(3);
    JsonNode view = JSON.readTree(out.toString()).path("views").get(0);
    assertThat(view.path("difference_count").asInt()).isZero();
    assertThat(view.path("rows").asInt()).isEqualTo(USERS);
    assertThat(view.path("unproven").asInt()).isEqualTo(USERS / 2);
    assertThat(err.toString()).contains("view users-store: ", "did not count for a while");
  }

  /** As users were before they had their latest post. */
  private View usersOfBefore() {
    PostExtractor extractor =
        (post, out) -> {
          byte[] user = Arrays.copyOf(post.user().bytes(), post.user().length());
          out.emit(post.timestampMs(), user, 1, post.timestampMs(), post.timestampMs());
        };
    return View.named(PostViews.USERS)
        .from(topic, extractor)
        .unwindowed(PostViews.USERS_TTL)
        .sum("posts")
        .min("first_seen")
        .max("last_seen")
        .build();
  }

  @Test
  void aViewWithOtherFieldsIsRefusedAndCountsAnewAfterAReset() throws Exception {
    Path state = temp.resolve("state");
    post();
    try (Engine before = Engine.start(config(state, Optional.of(usersOfBefore())))) {
      awaitCounted(before, posted);
    }
    removeMembers();
    try (Engine refused = Engine.start(config(state, true))) {
      assertThat(refused.failure())
          .succeedsWithin(PATIENCE)
          .extracting(Throwables::getStackTrace)
          .asString()
          .contains("view users-store in", "run reset --view users-store");
    }
    removeMembers();
    String views = "--views=trending,users";
    assertThat(verify(state, views)).isEqualTo(1);
    assertThat(err.toString()).contains("view users-store in", "other fields");
    // Nor does another disk take rows from the changelog that it would misread.
    assertThat(restore(temp.resolve("fresh"), views)).isEqualTo(1);
    assertThat(err.toString())
        .contains(
            usersChangelog,
            "another definition of view users-store",
            usersOfBefore().rowDefinition(),
            users.rowDefinition(),
            "run reset --view users-store");
    assertThat(inspect(state, "--json")).isZero();
    assertThat(out.toString()).contains(usersOfBefore().rowDefinition(), "\"max_4\"");
    assertThat(reset(state, false, "--view", "users-store", "--yes")).as(err.toString()).isZero();
    awaitGone();
    Engine again = start(state, true);
    post();
    awaitCounted(again, posted);
    again.close();
    assertThat(usersPosts(state)).isEqualTo(USERS);
    removeMembers();
    start(state, true).close();
    assertThat(usersPosts(state)).isEqualTo(USERS);
    removeMembers();
    assertThat(verify(state)).as(out.toString()).isZero();
  }

  /** As an instance without the view writes it that has taken a partition over. */
  private void passOverRowsOfUsers() throws Exception {
    EngineConfig config = config(temp, false);
    try (Consumer<byte[], byte[]> consumer = new NetworkClients(config).restore(0);
        Producer<byte[], byte[]> producer = new NetworkClients(config).producer(0)) {
      producer.initTransactions();
      producer.beginTransaction();
      for (int partition = 0; partition < PARTITIONS; partition++) {
        ConsumerRecord<byte[], byte[]> last =
            NewestCheckpoint.record(consumer, new TopicPartition(changelog, partition))
                .orElseThrow();
        Changelog.Checkpoint newest =
            Changelog.Checkpoint.decode(
                last.headers().lastHeader(Changelog.CHECKPOINT_HEADER).value());
        InputProgress account = InputProgress.decode(newest.progress());
        account.passedOver(users.id(), newest.shuffleOffset() - 1);
        ProducerRecord<byte[], byte[]> again =
            new ProducerRecord<>(changelog, partition, last.key(), last.value());
        again
            .headers()
            .add(
                Changelog.CHECKPOINT_HEADER,
                new Changelog.Checkpoint(
                        newest.windowSizeMs(),
                        newest.shuffleOffset(),
                        newest.streamTimeMs(),
                        account.encode())
                    .encode());
        var unused = producer.send(again);
      }
      producer.commitTransaction();
    }
  }

  @Test
  void aViewThatLacksItsFirstRowsSaysSoUntilAResetOnWhateverDisk() throws Exception {
    post();
    start(temp.resolve("without"), false).close();
    removeMembers();
    passOverRowsOfUsers();
    try (Engine lacks = start(temp.resolve("added"), true)) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(lacks.incidents().open().toString())
                      .contains("view users-store", "has no checkpoint", "run reset --view"));
    }
    removeMembers();
    // No store is there: the changelog of the hashtags alone can tell the next disk.
    assertThat(reset(temp.resolve("elsewhere"), false, "--view", "users", "--yes"))
        .as(err.toString())
        .isZero();
    awaitGone();
    Path state = temp.resolve("again");
    try (Engine again = start(state, true)) {
      post();
      awaitCounted(again, posted);
      assertThat(again.incidents().open(Incidents.Kind.VIEWS_WAITING)).isZero();
    }
    assertThat(usersPosts(state)).isEqualTo(USERS);
  }

  private void awaitGone() {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
                assertThat(admin.listTopics().names().get())
                    .contains(changelog)
                    .doesNotContain(usersChangelog);
              }
            });
  }
}
