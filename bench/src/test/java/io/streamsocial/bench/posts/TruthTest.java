package io.streamsocial.bench.posts;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TruthTest {
  private static final Pattern HASHTAG = Pattern.compile("#(\\w+)");
  private static final int POSTS = 5_000;

  private record Key(String group, String key) {}

  private record Event(long timeMs, String text) {}

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
  private static Digest sessions(
      Map<Key, List<Event>> times, long gapMs, Function<List<Event>, byte[]> more) {
    Digest digest = new Digest();
    times.forEach(
        (key, at) -> {
          int from = 0;
          for (int i = 1; i <= at.size(); i++) {
            if (i == at.size() || at.get(i).timeMs - at.get(i - 1).timeMs > gapMs) {
              digest.addSpan(
                  key.group.getBytes(UTF_8),
                  key.key.getBytes(UTF_8),
                  at.get(from).timeMs,
                  at.get(i - 1).timeMs,
                  i - from,
                  more.apply(at.subList(from, i)));
              from = i;
            }
          }
        });
    return digest;
  }

  private static void add(Map<Key, List<Event>> times, String group, String key, JsonNode post) {
    times
        .computeIfAbsent(new Key(group, key), k -> new ArrayList<>())
        .add(new Event(post.get("timestamp").asLong(), post.get("text").asText()));
  }

  private static byte[] nothing(List<Event> events) {
    return new byte[0];
  }

  private static byte[] latest(List<Event> events) {
    return events.stream()
        .max(Comparator.comparingLong(Event::timeMs).thenComparing(Event::text))
        .orElseThrow()
        .text
        .getBytes(UTF_8);
  }

  private static byte[] peak(List<Event> events) {
    long most =
        events.stream()
            .collect(Collectors.groupingBy(event -> event.timeMs / 60_000, Collectors.counting()))
            .values()
            .stream()
            .mapToLong(Long::longValue)
            .max()
            .orElseThrow();
    return ByteBuffer.allocate(Long.BYTES).putLong(most).array();
  }

  @Test
  void usersHaveOneRowEach() {
    Map<Key, List<Event>> times = new HashMap<>();
    posts.forEach(post -> add(times, "", post.get("user_id").asText(), post));
    Digest users = truth.of(Set.of(JobView.USERS));
    assertThat(users.toString())
        .isEqualTo(sessions(times, Long.MAX_VALUE, TruthTest::latest).toString());
    assertThat(users.additions()).isEqualTo(times.size());
    assertThat(users.mentions()).isEqualTo(POSTS);
  }

  @Test
  void sessionsAreOfEachRegionAndOfAll() {
    Map<Key, List<Event>> times = new HashMap<>();
    for (JsonNode post : posts) {
      add(times, post.get("region").asText(), post.get("user_id").asText(), post);
      add(times, "", post.get("user_id").asText(), post);
    }
    Digest sessions = truth.of(Set.of(JobView.SESSIONS));
    assertThat(sessions.toString())
        .isEqualTo(sessions(times, JobView.SESSION_GAP.toMillis(), TruthTest::nothing).toString());
    assertThat(sessions.additions()).as("more than one of a user").isGreaterThan(times.size());
  }

  @Test
  void burstsAreOfEachRegionAndOfAll() {
    Map<Key, List<Event>> times = new HashMap<>();
    for (JsonNode post : posts) {
      Matcher hashtags = HASHTAG.matcher(post.get("text").asText());
      while (hashtags.find()) {
        add(times, post.get("region").asText(), hashtags.group(1), post);
        add(times, "", hashtags.group(1), post);
      }
    }
    Digest bursts = truth.of(Set.of(JobView.BURSTS));
    assertThat(bursts.toString())
        .isEqualTo(sessions(times, JobView.BURST_GAP.toMillis(), TruthTest::peak).toString());
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
