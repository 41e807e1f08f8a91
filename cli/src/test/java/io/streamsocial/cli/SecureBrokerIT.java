package io.streamsocial.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.streamsocial.http.fixture.LogLines;
import io.streamsocial.processor.AccessException;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.InstanceAddress;
import io.streamsocial.processor.Role;
import io.streamsocial.processor.loop.Engine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.junit.jupiter.api.Test;

/**
 * A Kafka with ACLs: the list that doctor prints is enough, each entry of it is needed, and a
 * refusal names the missing entry and the command that adds it.
 */
final class SecureBrokerIT extends SecureKafkaCase {
  @Test
  void whatDoctorPrintsIsEnoughToServe() throws Exception {
    createPosts();
    kafka.addUser(user);
    kafka.allow(printed("serve", user));
    assertThat(run("doctor", user, "--port=0", "--shuffle-partitions=" + PARTITIONS))
        .as(out.toString())
        .isZero();
    post(50);
    postBad();
    try (Engine engine = Engine.start(config(0).build())) {
      awaitCounted(engine);
      assertThat(rejected()).as("what cannot be counted is kept").isEqualTo(bad);
    }
    post(50);
    try (Engine engine = Engine.start(config(0).standbys(1).build());
        Engine standby = Engine.start(config(1).standbys(1).build())) {
      awaitCounted(engine);
      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  List.of(engine, standby).stream()
                          .flatMap(each -> each.status().partitions().stream())
                          .filter(each -> each.role() == Role.STANDBY && !each.restoring())
                          .count()
                      == PARTITIONS);
      post(50);
      awaitCounted(engine);
      assertThat(engine.status().loops()).allMatch(loop -> loop.refused().isEmpty());
    }
    removeMembers();
    Path restored = temp.resolve("restored");
    kafka.allow(printed("restore,verify", user));
    assertThat(run("restore", user, "--state-dir=" + restored)).as(err.toString()).isZero();
    assertThat(run("verify", user, "--state-dir=" + restored)).as(out + "\n" + err).isZero();
  }

  @Test
  void nothingThatDoctorPrintsForServeIsTooMuch() throws Exception {
    createPosts();
    kafka.addUser(user);
    List<AclBinding> all = printed("serve", user);
    kafka.allow(all);
    // Nothing exists yet, so each topic cannot be created in turn.
    for (AclBinding need : all) {
      if (need.entry().operation() == AclOperation.CREATE) {
        kafka.forbid(need);
        assertThat(refusedAtStart()).anyMatch(text -> names(text, need));
        kafka.allow(List.of(need));
      }
    }
    // Records that are none of ours, so that there is something to delete behind the checkpoints.
    filler(1_200);
    try (Engine engine = Engine.start(config(0).build())) {
      awaitCounted(engine);
    }
    for (AclBinding need : all) {
      if (need.entry().operation() == AclOperation.CREATE) {
        continue; // they exist now
      }
      kafka.forbid(need);
      assertThat(refusedAtStart()).as("%s", need).anyMatch(text -> names(text, need));
      kafka.allow(List.of(need));
      if (need.entry().operation() == AclOperation.DELETE) {
        oldRecordsAreNotDeletedWithout(need);
      } else if (need.entry().operation() != AclOperation.DESCRIBE_CONFIGS) {
        refusedWhileItRuns(need);
      }
    }
  }

  /** It was allowed at the start, is not when it is needed, and is allowed again. */
  private void refusedWhileItRuns(AclBinding need) throws Exception {
    Path state = Files.createTempDirectory(temp, "state"); // empty: the changelog must be read
    try (LogLines said = new LogLines();
        Engine engine = Engine.open(config(0).stateDir(state).build())) {
      kafka.forbid(need);
      engine.join(InstanceAddress.NONE);
      post(10);
      postBad();
      await(need + " is missed")
          .atMost(PATIENCE)
          .until(
              () ->
                  engine.status().loops().get(0).refused().stream()
                          .anyMatch(text -> names(text, need))
                      && said.warnings().stream().anyMatch(line -> names(line, need)));
      long since = System.nanoTime();
      int before = said.warnings().size();
      await().pollDelay(Duration.ofSeconds(2)).until(() -> true);
      double seconds = (System.nanoTime() - since) / 1e9;
      assertThat(said.warnings().size() - before)
          .as("no busy loop without %s, but %s", need, said.warnings())
          .isLessThanOrEqualTo((int) (10 * seconds));
      assertThat(said.warnings().stream().filter(line -> names(line, need)))
          .as("it is said once: %s", said.warnings())
          .hasSize(1);
      kafka.allow(List.of(need));
      awaitCounted(engine);
      assertThat(engine.status().state()).isEqualTo(EngineState.RUNNING);
    }
    assertThat(rejected()).as("nothing was kept twice").isEqualTo(bad);
  }

  private void oldRecordsAreNotDeletedWithout(AclBinding delete) throws Exception {
    try (LogLines said = new LogLines();
        Engine engine = Engine.open(config(0).build())) {
      kafka.forbid(delete);
      engine.join(InstanceAddress.NONE);
      awaitCounted(engine);
      await()
          .atMost(PATIENCE)
          .until(() -> said.warnings().stream().anyMatch(line -> names(line, delete)));
      assertThat(engine.status().state()).isEqualTo(EngineState.RUNNING);
    } finally {
      kafka.allow(List.of(delete));
    }
  }

  @Test
  void eachCommandNeedsWhatDoctorPrintsForItAndNoMore() throws Exception {
    createPosts();
    kafka.addUser(user);
    kafka.allow(printed("serve", user));
    post(50);
    postBad();
    Path state = temp.resolve("state");
    try (Engine engine = Engine.start(config(0).stateDir(state).build())) {
      awaitCounted(engine);
    }
    removeMembers();
    String directory = "--state-dir=" + state;
    eachIsNeeded("restore", "restore", "--state-dir=" + temp.resolve("restored"));
    eachIsNeeded("verify", "verify", directory);
    assertThat(run("inspect", "nobody", directory)).as("needs no Kafka").isZero();
    eachIsNeeded("reset", "reset", "--topics", "--yes");
    // The broker that is asked hears of it a little later than the one that deletes.
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(kafka.admin().listTopics().names().get())
                    .contains(topic)
                    .doesNotContain(app + "-shuffle"));
  }

  private void eachIsNeeded(String purpose, String command, String... options) throws Exception {
    String operator = app + "-" + purpose;
    kafka.addUser(operator);
    List<AclBinding> needs = printed(purpose, operator);
    kafka.allow(needs);
    for (AclBinding need : needs) {
      kafka.forbid(need);
      assertThat(run(command, operator, options)).as("%s without %s", command, need).isEqualTo(1);
      assertThat(err.toString().lines()).anyMatch(line -> names(line, need));
      kafka.allow(List.of(need));
    }
    assertThat(run(command, operator, options)).as(out + "\n" + err).isZero();
  }

  /** Who, what, on what, and a command that allows exactly that. */
  private static boolean names(String text, AclBinding need) {
    int command = text.indexOf("kafka-acls.sh");
    String operation = need.entry().operation().name().replace("_", "").toLowerCase(Locale.ROOT);
    if (!text.contains(need.entry().principal() + " is not allowed to")
        || !text.toLowerCase(Locale.ROOT).contains(operation)
        || !text.contains(need.pattern().name())
        || command < 0) {
      return false;
    }
    String first = text.substring(command).split("; |\\n", -1)[0].trim();
    return SecureKafka.bindings(first).contains(need);
  }

  private List<String> refusedAtStart() {
    AccessException refused =
        catchThrowableOfType(
            AccessException.class,
            () -> Engine.open(config(0).stateDir(temp.resolve("refused")).build()).close());
    assertThat(refused).as("the start is refused").isNotNull();
    return refused.problems();
  }

  private List<AclBinding> printed(String purposes, String principal) throws Exception {
    assertThat(run("doctor", principal, "--acls", "--for=" + purposes)).as(err.toString()).isZero();
    return out.toString()
        .lines()
        .filter(line -> !line.startsWith("#"))
        .flatMap(line -> SecureKafka.bindings(line).stream())
        .toList();
  }
}
