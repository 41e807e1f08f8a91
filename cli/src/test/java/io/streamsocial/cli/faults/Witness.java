package io.streamsocial.cli.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/**
 * A client that asks the instances in turn, all the time, and holds each answer against the posts
 * and against the answers before it. What it objects to:
 *
 * <ul>
 *   <li>an answer that counts fewer posts than it says it includes, or more than were sent,
 *   <li>one that claims to be fresher than it is,
 *   <li>a count of a window that goes back where the client insists on the token of its last
 *       answer; where it does not, a count of a window that ended a while ago,
 *   <li>an instance that runs and does not answer, or says that it does not live.
 * </ul>
 */
final class Witness implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long PAUSE_MS = 200;
  private static final Duration LIVE = Duration.ofSeconds(20);
  private static final Duration ANSWER = Duration.ofMinutes(1);
  private static final String COUNTS =
      "/api/trending/%s?windows=%d".formatted(CountedPosts.EVERY, EnduranceIT.WINDOWS);

  // No answer is so stale that it lacks posts of windows that ended before.
  private static final Duration PAST = Duration.ofMinutes(1);

  // A note that is under way when a clock is set back counts as just published.
  private static final long UNDERSTATED_MS = 3_000;

  private final List<Member> members;
  private final CountedPosts posts;
  private final List<String> objections = Collections.synchronizedList(new ArrayList<>());
  private final Map<String, AtomicLong> tally = Collections.synchronizedMap(new TreeMap<>());
  private final Thread thread = new Thread(this::run, "witness");
  private volatile boolean stopping;
  private String token = "";
  private final Map<Long, Long> insisted = new HashMap<>();
  private final Map<Long, Long> plain = new HashMap<>();

  private Witness(List<Member> members, CountedPosts posts) {
    this.members = members;
    this.posts = posts;
  }

  static Witness start(List<Member> members, CountedPosts posts) {
    Witness witness = new Witness(members, posts);
    witness.thread.start();
    return witness;
  }

  List<String> objections() {
    return List.copyOf(objections);
  }

  /** What it saw, and how often. */
  String summary() {
    synchronized (tally) {
      return tally.entrySet().stream()
          .map(each -> each.getValue() + " " + each.getKey())
          .collect(Collectors.joining(", "));
    }
  }

  private void count(String what) {
    tally.computeIfAbsent(what, key -> new AtomicLong()).incrementAndGet();
  }

  private void object(String kind, String text) {
    count(kind);
    String objection = "%tT %s: %s".formatted(LocalTime.now(ZoneOffset.UTC), kind, text);
    System.out.println("Witness: " + objection);
    objections.add(objection);
  }

  private void run() {
    try {
      for (int i = 0; !stopping; i++) {
        Member member = members.get(i % members.size());
        if (member.isUp()) {
          live(member);
          ranking(member);
          plain(member);
          insisting(member);
        }
        TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | IOException e) {
      object("broken off", String.valueOf(e));
    }
  }

  /**
   * An answer and what was true when it was asked for.
   *
   * @param body a missing node when there was none
   */
  private record Answer(Member member, JsonNode body, long askedNanos) {
    Map<Integer, Long> included() {
      Map<Integer, Long> next = new HashMap<>();
      for (Map.Entry<String, JsonNode> entry : body.path("as_of").properties()) {
        next.put(Integer.valueOf(entry.getKey()), entry.getValue().asLong());
      }
      return next;
    }

    long stalenessMs() {
      return body.path("staleness_ms").asLong(Long.MAX_VALUE);
    }

    Map<Long, Long> windows() {
      Map<Long, Long> counts = new TreeMap<>();
      for (JsonNode window : body.path("stats").path("windows")) {
        counts.put(window.path("window").asLong(), window.path("count").asLong());
      }
      return counts;
    }
  }

  /** Empty when it was killed meanwhile; that it does not answer otherwise is objected to. */
  private Optional<HttpResponse<String>> get(Member member, String path, Duration timeout)
      throws InterruptedException {
    try {
      Optional<HttpResponse<String>> response = Optional.of(member.get(path, timeout));
      count("answers");
      return response;
    } catch (IOException e) {
      if (member.isUp()) {
        object("failed", "instance %d, %s: %s".formatted(member.id(), path, e));
      }
      return Optional.empty();
    }
  }

  private void live(Member member) throws InterruptedException {
    get(member, "/livez", LIVE)
        .filter(response -> response.statusCode() != 200)
        .ifPresent(r -> object("not alive", "instance %d: %s".formatted(member.id(), r.body())));
  }

  private Answer ask(Member member, String path) throws InterruptedException, IOException {
    long askedNanos = System.nanoTime();
    JsonNode body = JSON.missingNode();
    Optional<HttpResponse<String>> response = get(member, path, ANSWER);
    if (response.isPresent()) {
      int status = response.get().statusCode();
      body = JSON.readTree(response.get().body());
      if (status != 200) {
        String type = body.path("type").asText();
        count("%d %s".formatted(status, type.substring(type.lastIndexOf('/') + 1)));
        if (status != 503) {
          object("refused", "instance %d, %s: %s".formatted(member.id(), path, body));
        }
        body = JSON.missingNode();
      }
    }
    return new Answer(member, body, askedNanos);
  }

  private void ranking(Member member) throws InterruptedException, IOException {
    Answer answer = ask(member, "/api/trending?limit=3");
    if (answer.body.path("partial").asBoolean()) {
      count("partial");
    } else if (!answer.body.isMissingNode()) {
      isAsFreshAsItSays(answer);
    }
  }

  private void plain(Member member) throws InterruptedException, IOException {
    Answer answer = ask(member, COUNTS);
    if (answer.body.isMissingNode()) {
      return;
    }
    isAsFreshAsItSays(answer);
    countsWhatItIncludes(answer);
    Map<Long, Long> before = new HashMap<>(plain);
    String back = backwards(answer, plain);
    if (!back.isEmpty()) {
      count("older than the answer before, without a token");
      System.out.printf(
          "Witness: %tT instance %d: %s staleness_ms %d%n",
          LocalTime.now(ZoneOffset.UTC), answer.member.id(), back, answer.stalenessMs());
    }
    long pastMs = System.currentTimeMillis() - PAST.toMillis();
    before.keySet().removeIf(window -> window + EnduranceIT.WINDOW.toMillis() > pastMs);
    back = backwards(answer, before);
    if (!back.isEmpty()) {
      object(
          "regressed",
          "instance %d, a past window: %s: %s".formatted(answer.member.id(), back, answer.body));
    }
  }

  private void insisting(Member member) throws InterruptedException, IOException {
    String path = token.isEmpty() ? COUNTS : COUNTS + "&wait_ms=1000&after=" + token;
    Answer answer = ask(member, path);
    if (answer.body.isMissingNode()) {
      return;
    }
    token = answer.body.path("token").asText();
    String back = backwards(answer, insisted);
    if (!back.isEmpty()) {
      object(
          "regressed",
          "instance %d with a token: %s: %s".formatted(member.id(), back, answer.body));
    }
  }

  /** The windows whose count is lower than it was seen before; then remembers the counts. */
  private static String backwards(Answer answer, Map<Long, Long> seen) {
    StringBuilder back = new StringBuilder();
    answer
        .windows()
        .forEach(
            (window, count) -> {
              long before = seen.getOrDefault(window, 0L);
              if (count < before) {
                back.append("window %d: %d after %d; ".formatted(window, count, before));
              }
              seen.put(window, Math.max(before, count));
            });
    return back.toString();
  }

  private void isAsFreshAsItSays(Answer answer) {
    long missingMs = posts.missingMs(answer.included(), answer.askedNanos);
    if (answer.stalenessMs() < missingMs - UNDERSTATED_MS) {
      object(
          "lied",
          "instance %d lacks a post that is in the log for %d ms: %s"
              .formatted(answer.member.id(), missingMs, answer.body));
    }
  }

  private void countsWhatItIncludes(Answer answer) {
    if (!answer.member.wasRightSince(answer.askedNanos)) {
      return; // then it speaks of the windows of another day
    }
    long claimed = answer.included().values().stream().mapToLong(Long::longValue).sum();
    long told = answer.body.path("stats").path("total_count").asLong();
    if (told < claimed || told > posts.sent()) {
      object(
          "miscounted",
          "instance %d counts %d posts, claims %d, sent were %d: %s"
              .formatted(answer.member.id(), told, claimed, posts.sent(), answer.body));
    }
  }

  @Override
  public void close() {
    stop();
  }

  /** When this returns it asks nothing more. */
  void stop() {
    stopping = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
