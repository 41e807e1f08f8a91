package io.streamsocial.processor.loop;

import static io.streamsocial.processor.Property.utf8;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.streamsocial.processor.task.CountTask;
import io.streamsocial.processor.views.InputRecord;
import io.streamsocial.processor.views.RejectedRecord;
import io.streamsocial.processor.views.View;
import io.streamsocial.store.ReadBudget;
import io.streamsocial.store.SessionStore;
import io.streamsocial.store.WindowStore;
import io.streamsocial.store.table.KeyRange;
import io.streamsocial.store.table.KeyRows;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Views of posts that a program might have: every merge, and every kind of windows. */
final class TestViews {
  private static final Pattern POST =
      Pattern.compile("\"text\":\"(.*?)\",\"region\":\"(.*?)\",\"timestamp\":(\\d+)");
  private static final long GAP = 1_500;
  private static final Pattern WORD = Pattern.compile("#(\\w+)");

  static final View WORDS =
      View.named("words")
          .from(
              "social.posts",
              (record, out) ->
                  emit(
                      record,
                      (at, region, word) -> {
                        long value = value(at);
                        out.emit(at, region, word, 1, value, value, value, value);
                      }))
          .tumbling(Duration.ofMillis(LoopRig.WINDOW), Duration.ofHours(1), Duration.ofHours(1))
          .groupedBy("region")
          .sum("posts")
          .min("least")
          .max("most")
          .first("first")
          .last("last")
          .rankedBy("posts")
          .build();

  static final View LATEST =
      View.named("latest")
          .from(
              "social.posts",
              (record, out) -> emit(record, (at, region, word) -> out.emit(at, word, 1, value(at))))
          .unwindowed()
          .sum("posts")
          .last("value")
          .build();

  /** Half a minute without a word ends its session. */
  static final View BURSTS =
      View.named("bursts")
          .from(
              "social.posts",
              (record, out) ->
                  emit(record, (at, region, word) -> out.emit(at, region, word, 1, value(at))))
          .session(Duration.ofMillis(GAP), Duration.ofHours(1), Duration.ofHours(1))
          .groupedBy("region")
          .sum("posts")
          .max("most")
          .build();

  static final List<View> ALL = List.of(WORDS, LATEST, BURSTS);

  private TestViews() {}

  private interface Word {
    void at(long timeMs, String region, String word);
  }

  private static void emit(InputRecord record, Word word) {
    Matcher post = POST.matcher(new String(record.valueBytes(), UTF_8));
    if (!post.find()) {
      throw new RejectedRecord("no_post", "neither text nor time");
    }
    long timeMs = Long.parseLong(post.group(3));
    String region = post.group(2).isEmpty() ? "nowhere" : post.group(2);
    Matcher words = WORD.matcher(post.group(1));
    while (words.find()) {
      word.at(timeMs, region, words.group(1));
    }
  }

  /** What a post of that time adds; negative as well. */
  private static long value(long timeMs) {
    return timeMs * 31 % 1_000 - 500;
  }

  /** What the views should hold: a plain account of the posts. */
  static final class Expected {
    private final Map<String, long[]> rows = new HashMap<>();
    // Times of events, by group and word.
    private final Map<String, TreeSet<Long>> times = new TreeMap<>();
    private final Map<String, Long> posts = new HashMap<>();

    void post(long timeMs, String region, List<String> words) {
      String group = region.isEmpty() ? "nowhere" : region;
      long start = timeMs - timeMs % LoopRig.WINDOW;
      for (String word : words) {
        for (String of : List.of("", group)) {
          add("words %d %s %s".formatted(start, of, word), timeMs);
          times.computeIfAbsent(of + " " + word, key -> new TreeSet<>()).add(timeMs);
          posts.merge(of + " " + word + " " + timeMs, 1L, Long::sum);
        }
        add("latest 0  " + word, timeMs);
      }
    }

    /** Count, least, most, time and value of the first, time and value of the last. */
    private void add(String row, long timeMs) {
      long value = value(timeMs);
      long[] known = rows.get(row);
      if (known == null) {
        rows.put(row, new long[] {1, value, value, timeMs, value, timeMs, value});
        return;
      }
      known[0]++;
      known[1] = Math.min(known[1], value);
      known[2] = Math.max(known[2], value);
      if (timeMs < known[3]) {
        known[3] = timeMs;
        known[4] = value;
      }
      if (timeMs > known[5]) {
        known[5] = timeMs;
        known[6] = value;
      }
    }

    Map<String, String> rows() {
      Map<String, String> text = new HashMap<>();
      rows.forEach(
          (row, all) -> {
            long[] shown =
                row.startsWith("latest") ? new long[] {all[5], all[0], all[5], all[6]} : all;
            text.put(row, Arrays.toString(shown));
          });
      times.forEach((key, at) -> addSessions(text, key, at));
      return text;
    }

    private void addSessions(Map<String, String> text, String key, SortedSet<Long> at) {
      long start = at.first();
      long end = start;
      long count = 0;
      long most = Long.MIN_VALUE;
      for (long timeMs : at) {
        if (timeMs - end > GAP) {
          text.put("bursts %d %s".formatted(start, key), session(start, end, count, most));
          start = timeMs;
          count = 0;
          most = Long.MIN_VALUE;
        }
        end = timeMs;
        count += posts.getOrDefault(key + " " + timeMs, 0L);
        most = Math.max(most, value(timeMs));
      }
      text.put("bursts %d %s".formatted(start, key), session(start, end, count, most));
    }

    private static String session(long start, long end, long count, long most) {
      return Arrays.toString(new long[] {start, end, count, most});
    }
  }

  /** All rows of the views, of some windows and groups. */
  static Map<String, String> rows(LoopRig rig, long[] starts, List<String> groups) {
    Map<String, String> rows = new HashMap<>();
    for (int partition = 0; partition < LoopRig.SHUFFLES; partition++) {
      rows(rig.task(partition), starts, groups)
          .forEach(
              (row, values) -> {
                if (rows.put(row, values) != null) {
                  throw new AssertionError("two partitions have " + row);
                }
              });
    }
    return rows;
  }

  /** The rows of one task. */
  static Map<String, String> rows(CountTask task, long[] starts, List<String> groups) {
    Map<String, String> rows = new HashMap<>();
    for (String group : groups) {
      for (long start : starts) {
        add(rows, (WindowStore) task.store(1), "words", start, group);
      }
      addSessions(rows, (SessionStore) task.store(3), group);
    }
    add(rows, (WindowStore) task.store(2), "latest", 0, "");
    return rows;
  }

  private static void addSessions(Map<String, String> rows, SessionStore store, String group) {
    SessionStore.Range all = new SessionStore.Range(new byte[0], null, 0, Long.MAX_VALUE);
    for (KeyRows each : store.page(group, all, 100_000)) {
      for (long[] session : each.rows()) {
        String key = new String(each.key(), UTF_8);
        String name = "bursts %d %s %s".formatted(session[0], group, key);
        if (rows.put(name, Arrays.toString(session)) != null) {
          throw new AssertionError("twice: " + name);
        }
      }
    }
  }

  private static void add(
      Map<String, String> rows, WindowStore store, String view, long start, String group) {
    KeyRange all =
        store.range(
            new long[] {start},
            group,
            new byte[0],
            null,
            100_000,
            ReadBudget.of(Long.MAX_VALUE, Duration.ofDays(1)));
    for (KeyRows each : all.keys()) {
      String key = new String(each.key(), UTF_8);
      String name = "%s %d %s %s".formatted(view, start, group, key);
      if (rows.put(name, Arrays.toString(each.rows()[0])) != null) {
        throw new AssertionError("two partitions have " + name);
      }
      long[] found = store.rows(new long[] {start}, utf8(group), each.key())[0];
      if (!Arrays.equals(found, each.rows()[0])) {
        throw new AssertionError("point and range differ: " + name);
      }
    }
  }
}
