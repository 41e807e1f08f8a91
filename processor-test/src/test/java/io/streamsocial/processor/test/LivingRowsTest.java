package io.streamsocial.processor.test;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.trends.ViewEntry;
import io.streamsocial.processor.trends.ViewKeys;
import io.streamsocial.processor.trends.ViewRange;
import io.streamsocial.processor.trends.ViewRow;
import io.streamsocial.processor.trends.ViewState;
import io.streamsocial.processor.trends.ViewTop;
import io.streamsocial.processor.trends.WindowSpan;
import io.streamsocial.processor.views.View;
import io.streamsocial.processor.views.ViewKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A view whose rows have a time to live, through crashes and rebalances. */
class LivingRowsTest {
  private static final String TOPIC = "shop.orders";
  private static final long TTL = 60_000;

  private static final View LATELY =
      View.named("shops-lately")
          .from(
              TOPIC,
              (record, out) -> {
                String[] order = new String(record.valueBytes(), UTF_8).split(";", -1);
                long cents = Long.parseLong(order[2]);
                out.emit(Long.parseLong(order[3]), order[0], order[1], 1, cents);
              })
          .unwindowed(Duration.ofMillis(TTL))
          .groupedBy("country")
          .sum("orders")
          .last("cents")
          .build();

  private static EngineConfig config(SplittableRandom random) {
    return EngineConfig.defaults()
        .view(LATELY)
        .shufflePartitions(2)
        .standbys(random.nextInt(2))
        .checkpointMs(random.nextLong(500, 5_000))
        .storeMemoryBytes(8L << 20)
        .build();
  }

  private static void send(ViewTest test, String country, String shop, long cents, long timeMs) {
    String order = "%s;%s;%d;%d".formatted(country, shop, cents, timeMs);
    test.send(TOPIC, null, order.getBytes(UTF_8), timeMs);
  }

  private static @Nullable List<Long> row(ViewTest test, String country, String shop) {
    ViewState state = test.view("shops-lately");
    ViewKeys.Answer answer = state.get(country, WindowSpan.NONE, ViewKey.of(shop));
    return answer.entry(ViewKey.of(shop)).map(LivingRowsTest::values).orElse(null);
  }

  private static @Nullable List<Long> values(ViewEntry entry) {
    if (entry.rows().isEmpty()) {
      return null;
    }
    ViewRow row = entry.rows().get(0);
    return List.of(row.timeMs(), row.get("orders"), row.get("cents"));
  }

  @Test
  void aRowGoesAtTheEndOfItsTimeAndBeginsAnew() {
    try (ViewTest test = ViewTest.of(LATELY).partitions(1).start()) {
      long t = test.nowMs();
      send(test, "FR", "a", 5, t);
      test.settle();
      send(test, "FR", "b", 6, t + TTL - 1);
      test.advance(Duration.ofMillis(TTL));
      test.settle();
      assertThat(row(test, "FR", "a")).containsExactly(t, 1L, 5L);
      send(test, "FR", "b", 7, t + TTL);
      test.settle();
      assertThat(row(test, "FR", "a")).isNull();
      assertThat(row(test, "", "a")).isNull();
      assertThat(row(test, "", "b")).containsExactly(t + TTL, 2L, 7L);
      assertThat(top(test)).containsExactly("b 2");
      // As old as the time to live: late. One millisecond less: the row begins with it.
      send(test, "FR", "a", 8, t);
      test.settle();
      assertThat(row(test, "FR", "a")).isNull();
      assertThat(late(test)).isEqualTo(1);
      send(test, "FR", "a", 9, t + 1);
      test.settle();
      assertThat(row(test, "FR", "a")).containsExactly(t + 1, 1L, 9L);
      send(test, "FR", "a", 10, t + TTL);
      test.settle();
      assertThat(row(test, "FR", "a")).containsExactly(t + TTL, 2L, 10L);
    }
  }

  private static long late(ViewTest test) {
    return counted(test, EngineStatus.ViewCounters::lateRows);
  }

  private static long counted(ViewTest test, ToLongFunction<EngineStatus.ViewCounters> counter) {
    return test.engine(0).status().loops().stream()
        .map(loop -> requireNonNull(loop.counters().views().get("shops-lately")))
        .mapToLong(counter)
        .sum();
  }

  /** Nothing but input moves stream time. */
  @Test
  void noRowGoesWhileNoInputComes() {
    try (ViewTest test = ViewTest.of(LATELY).partitions(1).start()) {
      long t = test.nowMs();
      send(test, "FR", "a", 5, t);
      test.advance(Duration.ofMillis(10 * TTL));
      assertThat(row(test, "FR", "a")).containsExactly(t, 1L, 5L);
      test.crash(0);
      test.restart(0);
      test.settle();
      assertThat(row(test, "FR", "a")).containsExactly(t, 1L, 5L);
    }
  }

  @Test
  void expiredRowsGetTombstonesInTheChangelog() {
    try (ViewTest test = ViewTest.of(LATELY).partitions(1).start()) {
      long t = test.nowMs();
      for (int i = 0; i < 50; i++) {
        send(test, "FR", "shop-" + i, i, t);
      }
      test.settle();
      test.advance(Duration.ofMillis(2 * TTL));
      send(test, "FR", "new", 1, test.nowMs());
      test.settle();
      test.advance(Duration.ofMillis(TTL));
      Map<String, byte @Nullable []> changelog = new TreeMap<>();
      test.records("streamsocial-trending-shops-lately-changelog")
          .forEach(each -> changelog.put(new String(each.key(), UTF_8), each.value()));
      changelog.values().removeIf(value -> value == null);
      assertThat(changelog.keySet()).contains("\0new", "FR\0new");
      // Beside it the first row of each group in each of the partitions.
      int partitions = EngineConfig.defaults().build().tasks().shufflePartitions();
      assertThat(changelog).hasSizeBetween(2, 2 + 2 * partitions);
      // Of 50 shops in two groups.
      assertThat(counted(test, EngineStatus.ViewCounters::sweptRows))
          .isBetween(100L - 2 * partitions, 100L);
    }
  }

  private static List<String> top(ViewTest test) {
    ViewState state = test.view("shops-lately");
    ViewTop.Question question = new ViewTop.Question(state.schema(), "", 0, 1, test.nowMs(), 10);
    List<String> top = new ArrayList<>();
    state.ask(question).rows().forEach(row -> top.add(row.key() + " " + row.total()));
    return top;
  }

  /** A plain map. Stream time is the largest time that was sent, since there is one partition. */
  private static final class Account {
    private final Map<List<String>, List<Long>> rows = new TreeMap<>(LivingRowsTest::byText);
    private long streamTime = Long.MIN_VALUE;

    private static boolean isGone(long timeMs, long streamTime) {
      return streamTime != Long.MIN_VALUE && timeMs + TTL <= streamTime;
    }

    private boolean isGone(@Nullable List<Long> row) {
      return row == null || isGone(row.get(0), streamTime);
    }

    /** Whether it matters when in the publishes up to this time it is judged. */
    private boolean isUnclear(long timeMs, long until) {
      return isGone(timeMs, streamTime) != isGone(timeMs, until);
    }

    boolean isUnclear(String country, String shop, long timeMs, long until) {
      if (isUnclear(timeMs, until)) {
        return true;
      }
      for (String of : List.of("", country)) {
        List<Long> row = rows.get(List.of(of, shop));
        if (row != null && isUnclear(row.get(0), until)) {
          return true;
        }
      }
      return false;
    }

    void note(String country, String shop, long cents, long timeMs) {
      if (isGone(timeMs, streamTime)) {
        return;
      }
      for (String of : List.of("", country)) {
        List<Long> row = rows.get(List.of(of, shop));
        List<Long> one = List.of(timeMs, 1L, cents);
        rows.put(List.of(of, shop), row == null || isGone(row) ? one : joined(row, one));
      }
    }

    private static List<Long> joined(List<Long> a, List<Long> b) {
      boolean isLater = b.get(0) > a.get(0) || (b.get(0).equals(a.get(0)) && b.get(2) > a.get(2));
      return List.of(Math.max(a.get(0), b.get(0)), a.get(1) + 1, isLater ? b.get(2) : a.get(2));
    }

    Map<List<String>, List<Long>> living() {
      Map<List<String>, List<Long>> living = new TreeMap<>(LivingRowsTest::byText);
      living.putAll(rows);
      living.values().removeIf(this::isGone);
      return living;
    }
  }

  private static int byText(List<String> a, List<String> b) {
    return String.join("\0", a).compareTo(String.join("\0", b));
  }

  private static Map<List<String>, List<Long>> all(ViewTest test) {
    ViewState state = test.view("shops-lately");
    Map<List<String>, List<Long>> rows = new TreeMap<>(LivingRowsTest::byText);
    for (String country : List.of("", "FR", "PT")) {
      ViewKey from = ViewKey.FIRST;
      while (from != null) {
        ViewRange.Answer page =
            state.ask(
                new ViewRange.Question(state.schema(), country, WindowSpan.NONE, from, null, 4));
        assertThat(page.completeness().partial()).isFalse();
        for (ViewEntry entry : page.entries()) {
          List<Long> values = values(entry);
          if (values != null) {
            rows.put(List.of(country, entry.key().toString()), values);
          }
        }
        from = page.next();
      }
    }
    return rows;
  }

  /** One run: batches of orders, all of one time or older, and between them anything happens. */
  private static final class Run {
    private final SplittableRandom random;
    private final ViewTest test;
    private final Account account = new Account();
    private final Set<Integer> down = new HashSet<>();
    private final int instances;
    private final long seed;
    private int anew;

    Run(long seed) {
      this.seed = seed;
      this.random = new SplittableRandom(seed);
      this.instances = random.nextInt(1, 4);
      this.test = ViewTest.of(config(random)).instances(instances).partitions(1).seed(seed).start();
    }

    void run() {
      try (test) {
        for (int step = 0; step < 40; step++) {
          upset(random.nextInt(instances));
          if (down.size() < instances) {
            batch();
          }
        }
      }
    }

    private void upset(int instance) {
      switch (random.nextInt(10)) {
        case 0 -> {
          if (down.add(instance)) {
            test.crash(instance);
          }
        }
        case 1 -> {
          if (down.add(instance)) {
            test.stop(instance);
          }
        }
        case 2, 3, 4 -> {
          if (down.remove(instance)) {
            test.restart(instance);
          }
        }
        case 5 -> {
          if (down.size() < instances && random.nextInt(3) == 0) {
            test.rebalance();
          }
        }
        default -> test.advance(Duration.ofMillis(random.nextLong(TTL / 2)));
      }
    }

    private void batch() {
      long now = Math.max(test.nowMs(), account.streamTime);
      Set<String> touched = new HashSet<>();
      for (int i = random.nextInt(20); i >= 0; i--) {
        String country = random.nextBoolean() ? "FR" : "PT";
        String shop = "shop-" + random.nextInt(12);
        boolean isOld = random.nextInt(4) == 0;
        long timeMs = isOld ? now - random.nextLong(2 * TTL) : now;
        // A late order shares the fate of another one of its key, if one publish has both.
        boolean isAlone = isOld ? touched.add(shop) : !touched.contains("old " + shop);
        touched.add(isOld ? "old " + shop : shop);
        if (isAlone && !account.isUnclear(country, shop, timeMs, now)) {
          long cents = random.nextLong(1_000);
          anew += account.isGone(account.rows.get(List.of("", shop))) ? 1 : 0;
          account.note(country, shop, cents, timeMs);
          send(test, country, shop, cents, timeMs);
        }
      }
      // Stream time is that of the batch, whatever was left out.
      send(test, "FR", "clock", 0, now);
      test.settle();
      account.streamTime = now;
      Map<List<String>, List<Long>> rows = all(test);
      rows.keySet().removeIf(row -> row.get(1).equals("clock"));
      assertThat(rows).as("seed %d", seed).isEqualTo(account.living());
    }
  }

  @Test
  void theRowsAreThoseOfAPlainMapWhateverTheSeed() {
    int anew = 0;
    for (long seed = 0; seed < Integer.getInteger("cases", 6); seed++) {
      Run run = new Run(seed);
      run.run();
      anew += run.anew;
    }
    assertThat(anew).isGreaterThan(50);
  }
}
