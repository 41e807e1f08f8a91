package io.streamsocial.processor.test;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineConfigBuilder;
import io.streamsocial.processor.trends.Trending;
import io.streamsocial.processor.trends.ViewEntry;
import io.streamsocial.processor.trends.ViewKeys;
import io.streamsocial.processor.trends.ViewRow;
import io.streamsocial.processor.trends.ViewState;
import io.streamsocial.processor.trends.WindowSpan;
import io.streamsocial.processor.views.RejectedRecord;
import io.streamsocial.processor.views.View;
import io.streamsocial.processor.views.ViewKey;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** One engine that reads several topics, through crashes and rebalances. */
final class TopicsTest {
  private static final String POSTS = "social.posts";
  private static final String ORDERS = "shop.orders";
  private static final String RETURNS = "shop.returns";
  private static final long MINUTE = 60_000;
  private static final Duration IDLE = Duration.ofSeconds(10);

  private static String text(byte @Nullable [] bytes) {
    if (bytes == null || bytes.length == 0) {
      throw new RejectedRecord("empty", "nothing is said");
    }
    return new String(bytes, UTF_8);
  }

  private static long cents(String text) {
    return Long.parseLong(text);
  }

  /** Of orders and of returns. */
  private static final View BALANCE =
      View.named("balance")
          .from(
              ORDERS,
              (record, out) ->
                  out.emit(
                      record.timestampMs(),
                      text(record.keyBytes()),
                      1,
                      0,
                      cents(text(record.valueBytes()))))
          .from(
              RETURNS,
              (record, out) ->
                  out.emit(
                      record.timestampMs(),
                      text(record.keyBytes()),
                      0,
                      1,
                      -cents(text(record.valueBytes()))))
          .unwindowed()
          .sum("orders")
          .sum("returns")
          .sum("cents")
          .build();

  /** Of orders alone, in windows. */
  private static final View SALES =
      View.named("sales")
          .from(ORDERS, (record, out) -> out.emit(record.timestampMs(), text(record.keyBytes()), 1))
          .tumbling(Duration.ofMinutes(1), Duration.ofHours(1), Duration.ofHours(1))
          .sum("orders")
          .build();

  private static EngineConfigBuilder config() {
    return EngineConfig.defaults()
        .hashtags(true)
        .view(BALANCE)
        .view(SALES)
        .shufflePartitions(3)
        .sourceIdle(IDLE)
        .storeMemoryBytes(8L << 20);
  }

  private static void send(ViewTest test, String topic, String shop, long cents, long timeMs) {
    test.send(topic, shop.getBytes(UTF_8), Long.toString(cents).getBytes(UTF_8), timeMs);
  }

  private static void post(ViewTest test, String tag) {
    test.send(POSTS, "{\"text\":\"#%s\"}".formatted(tag).getBytes(UTF_8));
  }

  /** A plain account. */
  private static final class Account {
    private final Map<String, List<Long>> balance = new TreeMap<>();
    private final Map<String, Map<Long, Long>> sales = new TreeMap<>();
    private final Map<String, Long> tags = new TreeMap<>();
    private long rejected;

    void note(String topic, String shop, long cents, long timeMs) {
      boolean isOrder = topic.equals(ORDERS);
      balance.merge(
          shop,
          List.of(isOrder ? 1L : 0, isOrder ? 0L : 1, isOrder ? cents : -cents),
          (a, b) -> List.of(a.get(0) + b.get(0), a.get(1) + b.get(1), a.get(2) + b.get(2)));
      if (isOrder) {
        sales
            .computeIfAbsent(shop, key -> new TreeMap<>())
            .merge(timeMs - timeMs % MINUTE, 1L, Long::sum);
      }
    }

    void verify(ViewTest test, long seed) {
      assertThat(rows(test, "balance", balance, "orders", "returns", "cents"))
          .as("seed %d", seed)
          .isEqualTo(balance);
      ViewState state = test.view("sales");
      WindowSpan all = WindowSpan.upTo(state.schema().windowing(), test.nowMs());
      sales.forEach(
          (shop, windows) -> {
            Map<Long, Long> found = new TreeMap<>();
            ViewEntry entry =
                state.get("", all, ViewKey.of(shop)).entry(ViewKey.of(shop)).orElseThrow();
            entry.rows().forEach(row -> found.put(row.windowStartMs(), row.get("orders")));
            assertThat(found).as("seed %d, %s", seed, shop).isEqualTo(windows);
          });
      assertThat(tags(test)).as("seed %d", seed).isEqualTo(tags);
      assertThat(test.records("streamsocial-trending-rejected"))
          .as("seed %d", seed)
          .hasSize((int) rejected);
    }
  }

  private static Map<String, Long> tags(ViewTest test) {
    Map<String, Long> tags = new TreeMap<>();
    Trending.Answer answer =
        test.queries().trending(new Trending.Question(100, 12, null, test.nowMs()));
    answer.rows().forEach(row -> tags.put(row.hashtag(), row.count()));
    return tags;
  }

  private static Map<String, List<Long>> rows(
      ViewTest test, String view, Map<String, ?> keys, String... fields) {
    ViewKey[] asked = keys.keySet().stream().map(ViewKey::of).toArray(ViewKey[]::new);
    ViewKeys.Answer answer = test.view(view).get("", WindowSpan.NONE, asked);
    Map<String, List<Long>> rows = new TreeMap<>();
    for (ViewEntry entry : answer.entries().values()) {
      ViewRow row = entry.rows().get(0);
      rows.put(entry.key().toString(), Arrays.stream(fields).map(row::get).toList());
    }
    return rows;
  }

  private static void run(long seed) {
    Upheaval upheaval = new Upheaval(seed);
    SplittableRandom random = upheaval.random();
    Account account = new Account();
    // A topic is silent for a while, or from the beginning.
    boolean[] silent = {random.nextBoolean()};
    upheaval.run(
        config(),
        Map.of(ORDERS, 1 + random.nextInt(5), RETURNS, 1 + random.nextInt(3), POSTS, 2),
        test -> {
          if (random.nextInt(4) == 0) {
            silent[0] = !silent[0];
          }
          for (int i = random.nextInt(30); i > 0; i--) {
            String shop = "shop-" + random.nextInt(12);
            long timeMs = test.nowMs() - random.nextLong(100_000);
            switch (random.nextInt(8)) {
              case 0 -> {
                String tag = "tag" + random.nextInt(5);
                account.tags.merge(tag, 1L, Long::sum);
                post(test, tag);
              }
              case 1 -> {
                account.rejected++;
                test.send(ORDERS, shop.getBytes(UTF_8), new byte[0], timeMs);
              }
              default -> {
                String topic = silent[0] || random.nextBoolean() ? ORDERS : RETURNS;
                long cents = random.nextLong(10_000);
                account.note(topic, shop, cents, timeMs);
                send(test, topic, shop, cents, timeMs);
              }
            }
          }
        },
        test -> account.verify(test, seed));
  }

  @Test
  void theRowsAreThoseOfAPlainAccountWhateverTheSeed() {
    for (long seed = 0; seed < Integer.getInteger("cases", 6); seed++) {
      run(seed);
    }
  }

  @Test
  void aTopicThatIsEmptyFromTheStartHoldsBackNothing() {
    try (ViewTest test = ViewTest.of(config().build()).partitions(RETURNS, 3).start()) {
      long firstMs = test.nowMs();
      send(test, ORDERS, "one", 5, firstMs);
      test.advance(IDLE.multipliedBy(2));
      send(test, ORDERS, "one", 5, test.nowMs());
      test.settle();
      test.engine(0)
          .status()
          .partitions()
          .forEach(
              partition -> assertThat(partition.streamTimeMs()).isBetween(firstMs, test.nowMs()));
      Trending.Answer answer =
          test.queries().trending(new Trending.Question(1, 1, null, test.nowMs()));
      assertThat(answer.completeness().asOf()).containsOnlyKeys(0, 1, 2, 3);
      assertThat(answer.completeness().offsets().others()).containsOnlyKeys(ORDERS, RETURNS);
      assertThat(
              requireNonNull(answer.completeness().offsets().others().get(ORDERS)).values().stream()
                  .mapToLong(Long::longValue)
                  .sum())
          .isEqualTo(2);
      assertThat(answer.completeness().freshMs()).isPositive();
    }
  }

  @Test
  void aSlowTopicHoldsBackStreamTimeForAllViews() {
    try (ViewTest test = ViewTest.of(config().build()).partitions(1).start()) {
      long beganMs = test.nowMs();
      send(test, ORDERS, "one", 5, beganMs);
      send(test, RETURNS, "one", 5, beganMs - 20 * MINUTE);
      post(test, "tag");
      test.settle();
      assertThat(test.engine(0).status().partitions().get(0).streamTimeMs())
          .isEqualTo(beganMs - 20 * MINUTE);
    }
  }
}
