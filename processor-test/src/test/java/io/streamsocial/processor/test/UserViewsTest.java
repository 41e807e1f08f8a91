package io.streamsocial.processor.test;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineConfigBuilder;
import io.streamsocial.processor.trends.ViewActive;
import io.streamsocial.processor.trends.ViewEntry;
import io.streamsocial.processor.trends.ViewKeys;
import io.streamsocial.processor.trends.ViewRange;
import io.streamsocial.processor.trends.ViewRow;
import io.streamsocial.processor.trends.ViewSessions;
import io.streamsocial.processor.trends.ViewState;
import io.streamsocial.processor.trends.ViewTop;
import io.streamsocial.processor.trends.WindowSpan;
import io.streamsocial.processor.views.RejectedRecord;
import io.streamsocial.processor.views.View;
import io.streamsocial.processor.views.ViewKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Views of a program of its own, through crashes and rebalances. */
final class UserViewsTest {
  private static final String TOPIC = "shop.orders";
  private static final long MINUTE = 60_000;
  private static final long GAP = 5_000;

  /** An order, as its record says it. */
  private record Order(String country, String shop, long cents, long timeMs) {
    byte[] bytes() {
      return "%s;%s;%d;%d".formatted(country, shop, cents, timeMs).getBytes(UTF_8);
    }

    /** Of its cents. */
    byte[] lastDigit() {
      return new byte[] {(byte) (cents % 10)};
    }

    /** The later of two; of two at one time that with the larger bytes. */
    static Order later(Order a, Order b) {
      int order = Long.compare(a.timeMs, b.timeMs);
      order = order == 0 ? Arrays.compareUnsigned(a.bytes(), b.bytes()) : order;
      return order >= 0 ? a : b;
    }

    static Order of(byte @Nullable [] bytes) {
      String[] parts = bytes == null ? new String[0] : new String(bytes, UTF_8).split(";", -1);
      if (parts.length != 4) {
        throw new RejectedRecord("no_order", "not of four parts");
      }
      return new Order(parts[0], parts[1], Long.parseLong(parts[2]), Long.parseLong(parts[3]));
    }
  }

  private static final View REVENUE =
      View.named("revenue-by-shop")
          .from(
              TOPIC,
              (record, out) -> {
                Order order = Order.of(record.valueBytes());
                out.emit(order.timeMs, order.country, order.shop, 1, order.cents, order.cents);
              })
          .tumbling(Duration.ofMinutes(1), Duration.ofHours(1), Duration.ofHours(1))
          .groupedBy("country")
          .sum("orders")
          .sum("cents")
          .max("largest")
          .rankedBy("cents")
          .build();

  private static final View PRICES =
      View.named("prices")
          .from(
              TOPIC,
              (record, out) -> {
                Order order = Order.of(record.valueBytes());
                out.with(order.bytes()).emit(order.timeMs, order.shop, order.cents, order.cents);
              })
          .unwindowed()
          .last("last")
          .min("least")
          .latest("order")
          .build();

  private static final View VISITS =
      View.named("visits")
          .from(
              TOPIC,
              (record, out) -> {
                Order order = Order.of(record.valueBytes());
                out.with(order.lastDigit())
                    .emit(order.timeMs, order.country, order.shop, 1, order.cents);
              })
          .session(Duration.ofMillis(GAP), Duration.ofHours(1), Duration.ofHours(1))
          .groupedBy("country")
          .sum("orders")
          .max("largest")
          .aggregate("digits", new ByteSet())
          .build();

  /** No field at all: the last order of a shop and minute. */
  private static final View MINUTES =
      View.named("minutes")
          .from(
              TOPIC,
              (record, out) -> {
                Order order = Order.of(record.valueBytes());
                out.with(order.bytes()).emit(order.timeMs, order.shop);
              })
          .tumbling(Duration.ofMinutes(1), Duration.ofHours(1), Duration.ofHours(1))
          .latest("order")
          .build();

  private static EngineConfigBuilder config() {
    return EngineConfig.defaults()
        .view(REVENUE)
        .view(PRICES)
        .view(VISITS)
        .view(MINUTES)
        .shufflePartitions(3)
        .storeMemoryBytes(8L << 20);
  }

  private static void send(ViewTest test, Order order) {
    test.send(TOPIC, order.shop.getBytes(UTF_8), order.bytes(), order.timeMs);
  }

  /** Rows of the revenue by window, country and shop: orders, cents, largest. */
  private static Map<List<Object>, List<Long>> revenue(ViewTest test, String country) {
    ViewState state = test.view("revenue-by-shop");
    Map<List<Object>, List<Long>> rows = new HashMap<>();
    ViewKey from = ViewKey.FIRST;
    while (from != null) {
      ViewRange.Answer page =
          state.ask(
              new ViewRange.Question(
                  state.schema(),
                  country,
                  WindowSpan.upTo(state.schema().windowing(), test.nowMs()),
                  from,
                  null,
                  4));
      assertThat(page.completeness().partial()).isFalse();
      for (ViewEntry entry : page.entries()) {
        for (ViewRow row : entry.rows()) {
          rows.put(
              List.of(row.windowStartMs(), country, entry.key().toString()),
              List.of(row.get("orders"), row.get("cents"), row.get("largest")));
        }
      }
      from = page.next();
    }
    return rows;
  }

  /** A plain account of the orders. */
  private static final class Account {
    private final Map<List<Object>, List<Long>> revenue = new HashMap<>();
    private final Map<String, Order> last = new TreeMap<>();
    private final Map<String, Long> least = new TreeMap<>();
    private final Map<String, Order> latest = new TreeMap<>();
    private final Map<String, Map<Long, Order>> minutes = new TreeMap<>();
    private final List<Order> orders = new ArrayList<>();

    void note(Order order) {
      orders.add(order);
      for (String country : List.of("", order.country)) {
        revenue.merge(
            List.of(order.timeMs - order.timeMs % MINUTE, country, order.shop),
            List.of(1L, order.cents, order.cents),
            (a, b) -> List.of(a.get(0) + 1, a.get(1) + b.get(1), Math.max(a.get(2), b.get(2))));
      }
      last.merge(
          order.shop,
          order,
          (a, b) -> b.timeMs > a.timeMs || (b.timeMs == a.timeMs && b.cents > a.cents) ? b : a);
      least.merge(order.shop, order.cents, Math::min);
      latest.merge(order.shop, order, Order::later);
      minutes
          .computeIfAbsent(order.shop, shop -> new TreeMap<>())
          .merge(order.timeMs - order.timeMs % MINUTE, order, Order::later);
    }

    /** The different last digits of a shop's orders from one time to another. */
    long digits(String country, String shop, long fromMs, long toMs) {
      return orders.stream()
          .filter(order -> order.shop.equals(shop))
          .filter(order -> country.isEmpty() || order.country.equals(country))
          .filter(order -> order.timeMs >= fromMs && order.timeMs <= toMs)
          .map(order -> order.cents % 10)
          .distinct()
          .count();
    }

    /** Of one shop: first and last time, orders, largest; split at pauses of more than the gap. */
    List<List<Long>> visits(String country, String shop) {
      List<List<Long>> visits = new ArrayList<>();
      orders.stream()
          .filter(order -> order.shop.equals(shop))
          .filter(order -> country.isEmpty() || order.country.equals(country))
          .sorted(Comparator.comparingLong(Order::timeMs))
          .forEach(order -> add(visits, order));
      return visits;
    }

    private static void add(List<List<Long>> visits, Order order) {
      List<Long> last = visits.isEmpty() ? List.of() : visits.get(visits.size() - 1);
      if (last.isEmpty() || order.timeMs - last.get(1) > GAP) {
        visits.add(List.of(order.timeMs, order.timeMs, 1L, order.cents));
      } else {
        visits.set(
            visits.size() - 1,
            List.of(
                last.get(0), order.timeMs, last.get(2) + 1, Math.max(last.get(3), order.cents)));
      }
    }

    Map<List<Object>, List<Long>> of(String country) {
      Map<List<Object>, List<Long>> of = new HashMap<>(revenue);
      of.keySet().removeIf(row -> !row.get(1).equals(country));
      return of;
    }
  }

  private static void run(long seed) {
    Upheaval upheaval = new Upheaval(seed);
    SplittableRandom random = upheaval.random();
    Account account = new Account();
    upheaval.run(
        config(),
        test -> {
          for (int i = random.nextInt(30); i > 0; i--) {
            Order order =
                new Order(
                    random.nextBoolean() ? "FR" : "PT",
                    "shop-" + random.nextInt(12),
                    random.nextLong(10_000),
                    test.nowMs() - random.nextLong(100_000));
            account.note(order);
            send(test, order);
          }
        },
        test -> {
          for (String country : List.of("", "FR", "PT")) {
            assertThat(revenue(test, country))
                .as("seed %d, country '%s'", seed, country)
                .isEqualTo(account.of(country));
          }
          prices(test, account, seed);
          visits(test, account, seed);
          minutes(test, account, seed);
        });
  }

  private static void visits(ViewTest test, Account account, long seed) {
    ViewState state = test.view("visits");
    for (String country : List.of("", "FR", "PT")) {
      for (String shop : account.last.keySet()) {
        ViewSessions.Answer answer =
            state.ask(
                new ViewSessions.Question(
                    state.schema(), country, ViewKey.of(shop), 0, Long.MAX_VALUE));
        List<List<Long>> visits = new ArrayList<>();
        for (ViewRow row : answer.entry().orElseThrow().rows()) {
          visits.add(
              List.of(row.windowStartMs(), row.endMs(), row.get("orders"), row.get("largest")));
          assertThat(row.get("digits"))
              .as("seed %d, %s in '%s'", seed, shop, country)
              .isEqualTo(account.digits(country, shop, row.windowStartMs(), row.endMs()));
        }
        assertThat(visits)
            .as("seed %d, %s in '%s'", seed, shop, country)
            .isEqualTo(account.visits(country, shop));
      }
    }
  }

  private static void prices(ViewTest test, Account account, long seed) {
    ViewState state = test.view("prices");
    ViewKey[] shops = account.last.keySet().stream().map(ViewKey::of).toArray(ViewKey[]::new);
    ViewKeys.Answer answer = state.get("", WindowSpan.NONE, shops);
    assertThat(answer.entries()).hasSize(shops.length);
    account.last.forEach(
        (shop, order) -> {
          ViewRow row = answer.entry(ViewKey.of(shop)).orElseThrow().rows().get(0);
          assertThat(List.of(row.timeMs(), row.get("last"), row.get("least")))
              .as("seed %d, %s", seed, shop)
              .isEqualTo(List.of(order.timeMs, order.cents, account.least.get(shop)));
          assertThat(row.bytes())
              .as("seed %d, %s", seed, shop)
              .isEqualTo(Objects.requireNonNull(account.latest.get(shop)).bytes());
        });
  }

  private static void minutes(ViewTest test, Account account, long seed) {
    ViewState state = test.view("minutes");
    WindowSpan all = WindowSpan.upTo(state.schema().windowing(), test.nowMs());
    account.minutes.forEach(
        (shop, byMinute) -> {
          Map<Long, Order> found = new TreeMap<>();
          ViewKeys.Answer answer = state.get("", all, ViewKey.of(shop));
          for (ViewRow row : answer.entry(ViewKey.of(shop)).orElseThrow().rows()) {
            Order order = Order.of(row.bytes());
            assertThat(row.timeMs()).isEqualTo(order.timeMs);
            found.put(row.windowStartMs(), order);
          }
          assertThat(found).as("seed %d, %s", seed, shop).isEqualTo(byMinute);
        });
  }

  @Test
  void theRowsAreThoseOfAPlainAccountWhateverTheSeed() {
    for (long seed = 0; seed < Integer.getInteger("cases", 6); seed++) {
      run(seed);
    }
  }

  @Test
  void aStateThatCannotBeMergedStopsTheEngineAndNamesTheFunction() {
    ByteSet failing =
        new ByteSet() {
          @Override
          public byte[] decode(byte[] bytes) {
            throw new IllegalArgumentException("not mine");
          }
        };
    View view =
        View.named("failing")
            .from(TOPIC, (record, out) -> out.with("x").emit(record.timestampMs(), "key"))
            .unwindowed()
            .aggregate("set", failing)
            .build();
    EngineConfig config = EngineConfig.defaults().view(view).shufflePartitions(1).build();
    assertThatThrownBy(
            () -> {
              try (ViewTest test = ViewTest.of(config).start()) {
                test.send(TOPIC, null, "a".getBytes(UTF_8), test.nowMs());
                test.send(TOPIC, null, "b".getBytes(UTF_8), test.nowMs());
                test.settle();
              }
            })
        .hasStackTraceContaining("the aggregate function byte-set of view failing threw")
        .hasStackTraceContaining("not mine");
  }

  @Test
  void whatAFunctionCannotAddIsRejected() {
    ByteSet odd =
        new ByteSet() {
          @Override
          public byte[] add(byte[] state, long timeMs, byte[] bytes, int offset, int length) {
            if (bytes[offset] == '!') {
              throw new IllegalArgumentException("not a byte of mine");
            }
            return super.add(state, timeMs, bytes, offset, length);
          }
        };
    View view =
        View.named("odd")
            .from(
                TOPIC,
                (record, out) ->
                    out.with(Objects.requireNonNull(record.valueBytes()))
                        .emit(record.timestampMs(), "key"))
            .unwindowed()
            .aggregate("set", odd)
            .build();
    EngineConfig config = EngineConfig.defaults().view(view).shufflePartitions(1).build();
    try (ViewTest test = ViewTest.of(config).start()) {
      for (String value : List.of("ab", "!", "bc")) {
        test.send(TOPIC, null, value.getBytes(UTF_8), test.nowMs());
      }
      test.settle();
      ViewKey key = ViewKey.of("key");
      ViewKeys.Answer answer = test.view("odd").get("", WindowSpan.NONE, key);
      assertThat(answer.entry(key).orElseThrow().rows().get(0).result()).isEqualTo(3);
      assertThat(test.records("streamsocial-trending-rejected")).hasSize(1);
    }
  }

  @Test
  void theTopIsThatOfAllInstances() {
    try (ViewTest test = ViewTest.of(config().build()).instances(3).start()) {
      for (int shop = 1; shop <= 20; shop++) {
        send(test, new Order("FR", "shop-" + shop, shop * 100L, test.nowMs()));
      }
      test.settle();
      ViewState state = test.view("revenue-by-shop");
      ViewTop.Question question = new ViewTop.Question(state.schema(), "FR", 1, 1, test.nowMs(), 3);
      ViewTop.Answer top = state.ask(question);
      assertThat(top.completeness().partial()).isFalse();
      assertThat(top.rows())
          .extracting(row -> row.key().toString() + " " + row.total())
          .containsExactly("shop-20 2000", "shop-19 1900", "shop-18 1800");
      assertThat(state.tryTop(question)).contains(top);
      assertThat(test.engine(0).view("revenue-by-shop").ask(question).completeness().partial())
          .isTrue();
    }
  }

  @Test
  void activeKeysAreThoseOfAllInstances() {
    try (ViewTest test = ViewTest.of(config().build()).instances(3).start()) {
      for (int shop = 0; shop < 9; shop++) {
        send(test, new Order(shop < 4 ? "FR" : "PT", "shop-" + shop, 1, test.nowMs()));
      }
      long sentMs = test.nowMs();
      test.settle();
      ViewState state = test.view("visits");
      ViewActive.Answer then = state.ask(new ViewActive.Question(state.schema(), "", sentMs));
      assertThat(then.completeness().partial()).isFalse();
      assertThat(then.active()).isEqualTo(9);
      assertThat(then.groups()).containsExactly(Map.entry("PT", 5L), Map.entry("FR", 4L));
      ViewActive.Question later = new ViewActive.Question(state.schema(), "", sentMs + GAP + 1);
      assertThat(state.ask(later).active()).isZero();
    }
  }

  @Test
  void whatAnExtractorRejectsIsRejected() {
    try (ViewTest test = ViewTest.of(config().build()).start()) {
      test.send(TOPIC, null, "nothing".getBytes(UTF_8), test.nowMs());
      test.send(TOPIC, null, "FR;shop-1;many;1".getBytes(UTF_8), test.nowMs());
      test.settle();
      assertThat(test.records("streamsocial-trending-rejected")).hasSize(2);
      assertThat(revenue(test, "")).isEmpty();
    }
  }

  @Test
  void aViewThatTheApplicationDoesNotHaveIsNamedWithThoseItHas() {
    try (ViewTest test = ViewTest.of(config().build()).start()) {
      assertThatThrownBy(() -> test.view("revenue"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "there is no view 'revenue'; the views are: revenue-by-shop, prices, visits, minutes");
    }
  }
}
