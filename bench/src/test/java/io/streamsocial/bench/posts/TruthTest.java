package io.streamsocial.bench.posts;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TruthTest {
  private static final Pattern HASHTAG = Pattern.compile("#(\\w+)");
  private static final int POSTS = 5_000;

  private record Key(String group, String key) {}

  private final PostSource source =
      new PostSource(
          new PostSource.Parameters(
              5,
              100,
              1_700_000_000_000L,
              JobView.span(Set.of(JobView.SESSIONS)).toMillis(),
              POSTS,
              Users.resident(900)));
  private final Truth truth = new Truth(source, EnumSet.allOf(JobView.class));
  private final List<JsonNode> posts = new ArrayList<>();

  @BeforeEach
  void make() throws IOException {
    for (int i = 0; i < POSTS; i++) {
      posts.add(new ObjectMapper().readTree(source.post(i)));
      truth.add();
    }
  }

  /** Sessions of times that are in order. */
  private static Digest sessions(Map<Key, List<Long>> times, long gapMs) {
    Digest digest = new Digest();
    times.forEach(
        (key, at) -> {
          int from = 0;
          for (int i = 1; i <= at.size(); i++) {
            if (i == at.size() || at.get(i) - at.get(i - 1) > gapMs) {
              digest.addSpan(
                  key.group.getBytes(UTF_8),
                  key.key.getBytes(UTF_8),
                  at.get(from),
                  at.get(i - 1),
                  i - from);
              from = i;
            }
          }
        });
    return digest;
  }

  private static void add(Map<Key, List<Long>> times, String group, String key, JsonNode post) {
    times
        .computeIfAbsent(new Key(group, key), k -> new ArrayList<>())
        .add(post.get("timestamp").asLong());
  }

  @Test
  void usersHaveOneRowEach() {
    Map<Key, List<Long>> times = new HashMap<>();
    posts.forEach(post -> add(times, "", post.get("user_id").asText(), post));
    Digest users = truth.of(Set.of(JobView.USERS));
    assertThat(users.toString()).isEqualTo(sessions(times, Long.MAX_VALUE).toString());
    assertThat(users.additions()).isEqualTo(times.size());
    assertThat(users.mentions()).isEqualTo(POSTS);
  }

  @Test
  void sessionsAreOfEachRegionAndOfAll() {
    Map<Key, List<Long>> times = new HashMap<>();
    for (JsonNode post : posts) {
      add(times, post.get("region").asText(), post.get("user_id").asText(), post);
      add(times, "", post.get("user_id").asText(), post);
    }
    Digest sessions = truth.of(Set.of(JobView.SESSIONS));
    assertThat(sessions.toString())
        .isEqualTo(sessions(times, JobView.SESSION_GAP.toMillis()).toString());
    assertThat(sessions.additions()).as("more than one of a user").isGreaterThan(times.size());
  }

  @Test
  void burstsAreOfEachRegionAndOfAll() {
    Map<Key, List<Long>> times = new HashMap<>();
    for (JsonNode post : posts) {
      Matcher hashtags = HASHTAG.matcher(post.get("text").asText());
      while (hashtags.find()) {
        add(times, post.get("region").asText(), hashtags.group(1), post);
        add(times, "", hashtags.group(1), post);
      }
    }
    Digest bursts = truth.of(Set.of(JobView.BURSTS));
    assertThat(bursts.toString())
        .isEqualTo(sessions(times, JobView.BURST_GAP.toMillis()).toString());
    assertThat(bursts.additions()).isGreaterThan(times.size());
  }

  @Test
  void truthOfSeveralViewsIsOfAllTheirRows() {
    Set<JobView> both = Set.of(JobView.TRENDING, JobView.USERS);
    Digest sum = new Digest();
    sum.add(source.truth());
    sum.add(truth.of(Set.of(JobView.USERS)));
    assertThat(truth.of(both).toString()).isEqualTo(sum.toString());
  }

  @Test
  void viewThatWasNotAskedForHasNoTruth() {
    Truth trending = new Truth(source, Set.of(JobView.TRENDING));
    assertThatThrownBy(() -> trending.of(Set.of(JobView.USERS)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("users");
  }
}
