package io.streamsocial.cli.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.broker.BrokerConfig;
import io.streamsocial.broker.LocalBroker;
import io.streamsocial.broker.Topics;
import io.streamsocial.cli.MovedClock;
import io.streamsocial.fixture.SmallDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three instances under a kill, a clock step, a cut and a full disk each minute, one after the
 * other, each on an instance that the seed chooses: what they answer meanwhile is true, what they
 * hold at the end is exact, and the one that is never killed holds on to no more than at the start.
 *
 * <p>It lasts {@code -Dendurance.minutes}, 1 to 50, since no window may expire meanwhile. {@code
 * -Dseed} repeats the order of the faults, not what they meet.
 */
@Timeout(5_400)
final class EnduranceIT {
  static final int WINDOWS = 13;
  private static final int MINUTES = Integer.getInteger("endurance.minutes", 3);
  private static final int MEMBERS = 3;
  private static final int NEVER_KILLED = 0;
  private static final int PARTITIONS = 4;
  private static final int POSTS_A_SECOND = 500;
  private static final Duration SLOT = Duration.ofSeconds(15);
  static final Duration WINDOW = Duration.ofMinutes(5);
  static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final List<String> STEPS =
      List.of("PT8S", "-PT8S", "PT5M", "-PT5M", "PT24H", "-PT24H");
  // Of the instance that is never killed. Kafka's clients and RocksDB open and close some.
  private static final int MORE_THREADS = 15;
  private static final int MORE_FILES = 60;

  @TempDir Path directory;
  private final List<Member> members = new ArrayList<>();
  private final Map<String, Integer> done = new TreeMap<>();
  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);

  @BeforeEach
  void needsClockAndDisk() throws IOException, InterruptedException {
    Optional<String> obstacle = MovedClock.obstacle();
    assumeTrue(obstacle.isEmpty(), obstacle.orElse(""));
    Optional<SmallDisk> disk = SmallDisk.mount(Files.createDirectory(directory.resolve("try")), 1);
    assumeTrue(disk.isPresent(), "needs root and mount, for a file system that can be filled");
    disk.get().close();
    assertThat(MINUTES).as("endurance.minutes").isBetween(1, 50);
  }

  @AfterEach
  void end() throws IOException {
    for (Member member : members) {
      member.close();
    }
  }

  @Test
  @Tag("long")
  void countsStayExactAndAnswersTrueUnderFaultsOfEveryKind() throws Exception {
    say("%d minutes; repeat the order of faults with -Dseed=%d".formatted(MINUTES, seed));
    List<Link> links = new ArrayList<>();
    BrokerConfig config = BrokerConfig.defaults();
    for (int id = 0; id < MEMBERS; id++) {
      links.add(new Link());
      config = config.listenerBehind("LINK" + id, links.get(id).port());
    }
    try (LocalBroker kafka = LocalBroker.start(config)) {
      Member.Application application = new Member.Application("endurance", "posts");
      Topics.ensure(kafka.bootstrap(), application.topic(), PARTITIONS, Map.of());
      for (int id = 0; id < MEMBERS; id++) {
        String door = kafka.bootstrap("LINK" + id);
        links.get(id).leadTo(Integer.parseInt(door.substring(door.indexOf(':') + 1)));
        members.add(new Member(id, application, directory.resolve("member-" + id), links.get(id)));
        members.get(id).start();
      }
      awaitUp();
      try (CountedPosts posts =
              CountedPosts.start(
                  kafka.bootstrap(), application.topic(), PARTITIONS, POSTS_A_SECOND, WINDOW);
          Witness witness = Witness.start(members, posts)) {
        calm(Duration.ofSeconds(30));
        Map<Integer, Vitals> before = vitals("after the warm-up");
        for (int minute = 1; minute <= MINUTES; minute++) {
          minuteOfFaults();
          Map<Integer, Vitals> unused = vitals("after minute " + minute);
          say(witness.summary());
        }
        Map<CountedPosts.Cell, Long> truth = posts.stop();
        String token = awaitSettled(posts.sent());
        calm(Duration.ofSeconds(30));
        Map<Integer, Vitals> after = vitals("at the end");
        witness.stop();
        say("faults: %s".formatted(done));
        say("seen: %s".formatted(witness.summary()));
        FinalState state = new FinalState(members, kafka.bootstrap(), application);
        state.requireOverHttp(truth, token);
        state.requireOnDisk(posts.sent());
        assertThat(witness.objections()).isEmpty();
        assertThat(members).flatMap(Member::deaths).isEmpty();
        holdsOnToNoMore(before.get(NEVER_KILLED), after.get(NEVER_KILLED));
      }
    }
  }

  static void say(String line) {
    System.out.printf("%tT EnduranceIT: %s%n", LocalTime.now(ZoneOffset.UTC), line);
  }

  private void supervise() throws IOException, InterruptedException {
    for (Member member : members) {
      member.supervise();
    }
  }

  private void calm(Duration length) throws IOException, InterruptedException {
    awaitNanos(System.nanoTime() + length.toNanos());
  }

  private void awaitNanos(long until) throws IOException, InterruptedException {
    while (System.nanoTime() - until < 0) {
      supervise();
      TimeUnit.MILLISECONDS.sleep(500);
    }
  }

  private void awaitUp() {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(500))
        .untilAsserted(
            () -> {
              supervise();
              for (Member member : members) {
                assertThat(member.isUp())
                    .as("instance %d is ready: %s", member.id(), member.output())
                    .isTrue();
              }
            });
  }

  // ---------------------------------------------------------------- faults

  private void minuteOfFaults() throws IOException, InterruptedException {
    List<Fault> faults =
        new ArrayList<>(
            List.of(
                Fault.kill(),
                Fault.clockStep(Duration.parse(STEPS.get(random.nextInt(STEPS.size())))),
                Fault.cut(random.nextBoolean() ? Link.State.SILENT : Link.State.BROKEN),
                Fault.fullDisk()));
    Collections.shuffle(faults, random);
    for (Fault fault : faults) {
      long slotEnd = System.nanoTime() + SLOT.toNanos();
      boolean isDeadly = fault.name().startsWith("kill");
      int victim = isDeadly ? 1 + random.nextInt(MEMBERS - 1) : random.nextInt(MEMBERS);
      int seconds = 3 + random.nextInt(7);
      calm(Duration.ofMillis(random.nextInt(3_000)));
      say("%s for %d s: instance %d".formatted(fault.name(), seconds, victim));
      Member member = members.get(victim);
      for (int i = 0; i < seconds; i++) {
        fault.impose().on(member);
        calm(Duration.ofSeconds(1));
      }
      fault.lift().on(member);
      done.merge(fault.name(), 1, Integer::sum);
      awaitNanos(slotEnd);
    }
  }

  private Map<Integer, Vitals> vitals(String when) throws IOException {
    Map<Integer, Vitals> all = new TreeMap<>();
    for (Member member : members) {
      if (member.isUp()) {
        all.put(member.id(), member.vitals());
        say("%s, instance %d: %s".formatted(when, member.id(), all.get(member.id())));
      }
    }
    return all;
  }

  private static void holdsOnToNoMore(Vitals before, Vitals after) {
    assertThat(after.ageS()).as("it was never started again").isGreaterThan(before.ageS());
    assertThat(after.threads()).as("threads").isLessThan(before.threads() + MORE_THREADS);
    assertThat(after.openFiles()).as("open files").isLessThan(before.openFiles() + MORE_FILES);
  }

  // ---------------------------------------------------------------- the end

  /** Every instance is up and answers with all posts; returns the token of such an answer. */
  private String awaitSettled(long posts) {
    awaitUp();
    String[] token = {""};
    for (Member member : members) {
      await("instance %d includes all posts".formatted(member.id()))
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(500))
          .untilAsserted(
              () -> {
                supervise();
                JsonNode answer = member.ask("/api/trending?limit=1&require=complete");
                long included = 0;
                for (JsonNode next : answer.path("as_of")) {
                  included += next.asLong();
                }
                assertThat(included).as(answer.toString()).isEqualTo(posts);
                token[0] = answer.path("token").asText();
              });
    }
    return token[0];
  }
}
