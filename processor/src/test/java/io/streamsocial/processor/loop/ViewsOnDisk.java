package io.streamsocial.processor.loop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.streamsocial.processor.Recount;
import io.streamsocial.processor.log.ByteWriter;
import io.streamsocial.processor.posts.PostExtractor;
import io.streamsocial.processor.posts.PostViews;
import io.streamsocial.processor.views.InputRecord;
import io.streamsocial.processor.views.View;
import io.streamsocial.store.ReadOnlyStore;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.TaskStore;
import io.streamsocial.store.table.SessionKey;
import io.streamsocial.store.table.Tail;
import io.streamsocial.store.table.WindowKey;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * The views of {@link EngineProcess}: those of the application and one of every merge. What their
 * stores hold, and what a plain recount of the posts says that they should.
 */
final class ViewsOnDisk {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern HASHTAG = Pattern.compile("#(\\w+)");
  private static final long MINUTE = 60_000;

  private final Map<String, String> rows = new HashMap<>();
  // Of sessions: count by time, by view and key.
  private final Map<String, Map<Long, Long>> times = new HashMap<>();
  private final Map<String, long[]> merged = new HashMap<>();

  private ViewsOnDisk() {}

  static List<View> of(String topic) {
    return List.of(
        PostViews.users(topic),
        PostViews.sessions(topic),
        PostViews.bursts(topic),
        everyMerge(topic));
  }

  /** A row of 1 for each post that is counted: which were, and that none was twice. */
  static View everyPost(String name, String topic) {
    return View.named(name)
        .from(topic, (post, out) -> out.emit(post.timestampMs(), post(post), 1))
        .unwindowed()
        .sum("posts")
        .build();
  }

  private static String post(InputRecord post) {
    return post.partition() + "-" + post.offset();
  }

  private static View everyMerge(String topic) {
    PostExtractor extractor =
        (post, out) -> {
          long at = post.timestampMs();
          long value = value(at);
          for (int i = 0; i < post.hashtags().size(); i++) {
            int begin = post.hashtags().offset(i);
            byte[] tag =
                Arrays.copyOfRange(
                    post.hashtags().bytes(), begin, begin + post.hashtags().length(i));
            out.with(latest(at)).emit(at, post.region(), tag, 1, value, value, value, value);
          }
        };
    return View.named("every-merge")
        .from(topic, extractor)
        .tumbling(Duration.ofMinutes(1), Duration.ofHours(1), Duration.ofHours(1))
        .groupedBy("region")
        .sum("mentions")
        .min("least")
        .max("most")
        .first("first")
        .last("last")
        .latest("latest")
        .rankedBy("mentions")
        .build();
  }

  /** Of one length, so that a recount has it in one place of the row. */
  private static byte[] latest(long timeMs) {
    return "p%015d".formatted(timeMs).getBytes(UTF_8);
  }

  private static long value(long timeMs) {
    return timeMs * 31 % 1_000 - 500;
  }

  // ---------------------------------------------------------------- on disk

  /** All rows that an instance which is not running has of these views. */
  static Map<String, String> read(Path instanceDir, int partitions, List<View> views) {
    Map<String, String> rows = new HashMap<>();
    try (StoreMemory memory = new StoreMemory(64 << 20)) {
      for (int p = 0; p < partitions; p++) {
        for (View view : views) {
          read(instanceDir.resolve("task-" + p), view, memory, rows);
        }
      }
    }
    return rows;
  }

  private static void read(Path task, View view, StoreMemory memory, Map<String, String> rows) {
    boolean sessions = view.kind() == View.Kind.SESSION;
    TaskStore.Kind kind = sessions ? TaskStore.Kind.SESSIONS : TaskStore.Kind.WINDOWS;
    try (ReadOnlyStore store = ReadOnlyStore.open(task, view.name(), kind, view.lanes(), memory)) {
      store.forEachRow(
          (key, row) -> {
            String name =
                sessions
                    ? name(
                        view.name(),
                        SessionKey.start(key),
                        SessionKey.group(key),
                        SessionKey.key(key))
                    : name(
                        view.name(),
                        WindowKey.windowStart(key),
                        WindowKey.region(key),
                        WindowKey.tag(key));
            if (rows.put(name, Arrays.toString(row)) != null) {
              throw new AssertionError(name + " stands in two partitions");
            }
          });
    }
  }

  private static String name(String view, long start, byte[] group, byte[] key) {
    return name(view, start, new String(group, UTF_8), new String(key, UTF_8));
  }

  private static String name(String view, long start, String group, String key) {
    return "%s %d %s %s".formatted(view, start, group, key);
  }

  // ---------------------------------------------------------------- recount

  /**
   * What the stores should hold.
   *
   * @param counts whether an event of that time counts in a view of that name
   */
  static Map<String, String> recount(
      String bootstrap, String topic, BiPredicate<String, Long> counts) {
    ViewsOnDisk recount = new ViewsOnDisk();
    for (ConsumerRecord<byte[], byte[]> post : Recount.readAll(bootstrap, topic)) {
      recount.add(post.value(), counts);
    }
    recount.merged.forEach((name, row) -> recount.rows.put(name, Arrays.toString(row)));
    recount.times.forEach(recount::addSessions);
    return recount.rows;
  }

  /** Of rows of {@link #everyPost}: which posts they are, each counted once. */
  static Set<String> posts(Map<String, String> rows) {
    Set<String> posts = new HashSet<>();
    rows.forEach(
        (name, row) -> {
          assertThat(row).as(name).endsWith(", 1]");
          posts.add(name.substring(name.lastIndexOf(' ') + 1));
        });
    return posts;
  }

  /** Not a row too few, too many or wrong; a failure names the first few. */
  static void assertEqual(Map<String, String> found, Map<String, String> truth) {
    Map<String, String> wrong = new TreeMap<>(truth);
    wrong.entrySet().removeAll(found.entrySet());
    Map<String, String> tooMuch = new TreeMap<>(found);
    tooMuch.entrySet().removeAll(truth.entrySet());
    assertThat(wrong.size()).as("missing or wrong: %s", first(wrong)).isZero();
    assertThat(tooMuch.size()).as("should not be there: %s", first(tooMuch)).isZero();
  }

  private static List<String> first(Map<String, String> rows) {
    return rows.entrySet().stream().limit(10).map(Object::toString).toList();
  }

  private void add(byte[] value, BiPredicate<String, Long> counts) {
    JsonNode post;
    try {
      post = JSON.readTree(new String(value, UTF_8));
    } catch (JsonProcessingException e) {
      return;
    }
    if (post == null || !post.path("text").isTextual() || !post.path("timestamp").isNumber()) {
      return;
    }
    long at = post.get("timestamp").asLong();
    if (!counts.test("", at)) {
      return;
    }
    String region = post.path("region").asText("unknown");
    String user = post.path("user_id").asText("");
    if (!user.isEmpty()) {
      merge(
          name(PostViews.USERS, 0, "", user),
          at,
          withBytes(latestPost(post.get("text").asText()), at, 1, at, at));
      if (counts.test(PostViews.SESSIONS, at)) {
        session(PostViews.SESSIONS, region, user, at);
      }
    }
    Matcher tags = HASHTAG.matcher(post.get("text").asText());
    while (tags.find()) {
      String tag = tags.group(1).toLowerCase(Locale.ROOT);
      if (counts.test(PostViews.BURSTS, at)) {
        session(PostViews.BURSTS, region, tag, at);
      }
      if (counts.test("every-merge", at)) {
        long v = value(at);
        for (String group : List.of("", region)) {
          long[] row = withBytes(latest(at), at, 1, v, v, at, v, at, v);
          merge(name("every-merge", at - at % MINUTE, group, tag), at, row);
        }
      }
    }
  }

  private static long[] withBytes(byte[] bytes, long... lanes) {
    long[] row = Arrays.copyOf(lanes, lanes.length + Tail.longs(bytes.length));
    Tail.put(bytes, 0, bytes.length, row, lanes.length);
    return row;
  }

  /** Of a text without a character that would be cut. */
  private static byte[] latestPost(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    return Arrays.copyOf(bytes, Math.min(bytes.length, PostViews.LATEST_POST_BYTES));
  }

  private void mergeUser(String name, long[] known, long[] row) {
    boolean isLatest =
        row[0] > known[0]
            || (row[0] == known[0]
                && Arrays.compareUnsigned(Tail.bytes(row, 4), Tail.bytes(known, 4)) > 0);
    long[] newer = isLatest ? row : known;
    byte[] bytes = Tail.bytes(newer, 4);
    merged.put(
        name,
        withBytes(
            bytes, newer[0], known[1] + 1, Math.min(known[2], row[2]), Math.max(known[3], row[3])));
  }

  private void merge(String name, long at, long[] row) {
    long[] known = merged.putIfAbsent(name, row);
    if (known == null) {
      return;
    }
    if (name.startsWith(PostViews.USERS)) {
      mergeUser(name, known, row);
      return;
    }
    known[1]++;
    known[2] = Math.min(known[2], row[2]);
    known[3] = Math.max(known[3], row[3]);
    if (at < known[4]) {
      known[4] = at;
      known[5] = row[5];
    }
    if (at > known[6]) {
      known[0] = at;
      System.arraycopy(row, 6, known, 6, 5);
    }
  }

  private void session(String view, String region, String key, long at) {
    for (String group : List.of("", region)) {
      times
          .computeIfAbsent(view + " " + group + " " + key, name -> new HashMap<>())
          .merge(at, 1L, Long::sum);
    }
  }

  /** The bytes of a burst of less than six hours. */
  private static byte[] peak(SortedMap<Long, Long> minutes) {
    ByteWriter state = new ByteWriter();
    long before = 0;
    for (Map.Entry<Long, Long> each : minutes.entrySet()) {
      state.putVarint(each.getKey() - before);
      state.putVarint(each.getValue());
      before = each.getKey();
    }
    return state.toBytes();
  }

  private void addSessions(String name, Map<Long, Long> counts) {
    int end = name.indexOf(' ');
    String view = name.substring(0, end);
    long gapMs = view.equals(PostViews.BURSTS) ? MINUTE : PostViews.ACTIVE.toMillis();
    List<Long> sorted = new ArrayList<>(counts.keySet());
    sorted.sort(null);
    int begin = 0;
    for (int i = 1; i <= sorted.size(); i++) {
      if (i == sorted.size() || sorted.get(i) - sorted.get(i - 1) > gapMs) {
        long events = 0;
        SortedMap<Long, Long> minutes = new TreeMap<>();
        for (long at : sorted.subList(begin, i)) {
          events += counts.getOrDefault(at, 0L);
          minutes.merge(at / MINUTE, counts.getOrDefault(at, 0L), Long::sum);
        }
        long[] row = {sorted.get(begin), sorted.get(i - 1), events};
        if (view.equals(PostViews.BURSTS)) {
          row = withBytes(peak(minutes), row);
        }
        rows.put(view + " " + row[0] + name.substring(end), Arrays.toString(row));
        begin = i;
      }
    }
  }
}
