package io.streamsocial.cli.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.offline.StateVerify;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What instances hold at the end, row by row, beside what was posted. */
final class FinalState {
  private static final String RANGE = "/api/stores/hashtag-trends-store/range?limit=1000";

  private final List<Member> members;
  private final String bootstrap;
  private final Member.Application application;

  FinalState(List<Member> members, String bootstrap, Member.Application application) {
    this.members = List.copyOf(members);
    this.bootstrap = bootstrap;
    this.application = application;
  }

  /** As each instance tells them over HTTP, whoever holds them. */
  void requireOverHttp(Map<CountedPosts.Cell, Long> truth, String token)
      throws InterruptedException {
    List<String> regions = new ArrayList<>(CountedPosts.REGIONS);
    regions.add("");
    for (Member member : members) {
      Map<CountedPosts.Cell, Long> found = new HashMap<>();
      for (String region : regions) {
        read(member, region, token, found);
      }
      assertThat(CountedPosts.differences(truth, found)).as("instance " + member.id()).isEmpty();
      EnduranceIT.say("instance %d: all of %d rows are true".formatted(member.id(), found.size()));
    }
  }

  private static void read(
      Member member, String region, String token, Map<CountedPosts.Cell, Long> found)
      throws InterruptedException {
    String only = region.isEmpty() ? "" : "&region=" + region;
    String next = "";
    while (true) {
      String path = RANGE + only + next + "&require=complete&wait_ms=10000&after=" + token;
      JsonNode page =
          await()
              .atMost(EnduranceIT.PATIENCE)
              .until(() -> member.ask(path), answer -> !answer.isMissingNode());
      for (JsonNode entry : page.path("entries")) {
        for (JsonNode window : entry.path("windows")) {
          found.put(
              new CountedPosts.Cell(
                  window.path("window").asLong(), region, entry.path("key").asText()),
              window.path("count").asLong());
        }
      }
      if (page.path("next").isNull()) {
        return;
      }
      next = "&cursor=" + page.path("next").asText();
    }
  }

  /** Stops them: as it lies on each disk, beside the changelog and a recount of the topic. */
  void requireOnDisk(long posts) throws IOException, InterruptedException {
    for (Member member : members) {
      assertThat(member.terminate()).as(member.output()).isZero();
      EnduranceIT.say("instance %d told of %s".formatted(member.id(), member.incidents()));
    }
    for (Member member : members) {
      EngineConfig config =
          EngineConfig.defaults()
              .bootstrap(bootstrap)
              .appId(application.appId())
              .topic(application.topic())
              .instanceId(Integer.toString(member.id()))
              .stateDir(member.disk.root())
              .build();
      StateVerify.Result result =
          StateVerify.run(
              config,
              new StateVerify.Options(Set.of(), 2_000_000, 20),
              (pass, of, read, total) -> {},
              () -> false);
      EnduranceIT.say(
          "instance %d, verify: %s, %d rows of partitions %s against %d posts"
              .formatted(
                  member.id(),
                  result.verdict(),
                  result.rows(),
                  result.partitions(),
                  result.posts()));
      assertThat(result.differences()).as("%s", result.problems()).isEmpty();
      assertThat(result.problems()).isEmpty();
      // Beside the changelog a standby's row may lie between two records, which proves nothing.
      assertThat(result.windows())
          .as("what the recount proves")
          .extracting(StateVerify.Window::proof)
          .containsOnly(StateVerify.Proof.EXACT);
      assertThat(result.posts()).isEqualTo(posts);
    }
  }
}
