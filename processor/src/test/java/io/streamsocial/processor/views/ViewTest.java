package io.streamsocial.processor.views;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.processor.Property;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.views.View.Field;
import io.streamsocial.store.Windowing;
import io.streamsocial.store.table.Lanes.Merge;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class ViewTest {
  private static final Extractor NOTHING = (record, out) -> {};

  private static ViewBuilder revenue() {
    return View.named("revenue-by-shop")
        .from("shop.orders", NOTHING)
        .tumbling(Duration.ofMinutes(1), Duration.ofMinutes(5), Duration.ofDays(1))
        .groupedBy("country")
        .sum("orders")
        .sum("cents")
        .max("last_ms");
  }

  @Test
  void aWindowedViewSaysWhatItsRowsAre() {
    View view = revenue().rankedBy("cents").build();
    assertThat(view.name()).isEqualTo("revenue-by-shop");
    assertThat(view.topics()).containsExactly("shop.orders");
    assertThat(view.extractor("shop.orders")).containsSame(NOTHING);
    assertThat(view.windowing()).isEqualTo(new Windowing(60_000, 300_000, 86_400_000));
    assertThat(view.kind()).isEqualTo(View.Kind.TUMBLING);
    assertThat(view.groupName()).isEqualTo("country");
    assertThat(view.fields())
        .containsExactly(
            new Field("orders", Merge.SUM),
            new Field("cents", Merge.SUM),
            new Field("last_ms", Merge.MAX));
    assertThat(view.ranked()).hasValue(1);
    assertThat(view.lanes().width()).isEqualTo(3);
    assertThat(view.lane(2)).isEqualTo(2);
    assertThat(view.definition())
        .isEqualTo(
            "revenue-by-shop from shop.orders, tumbling windows of 60000 ms, grace 300000 ms, "
                + "retention 86400000 ms, grouped by country, SUM orders, SUM cents, MAX last_ms, "
                + "ranked by cents");
  }

  /** It lies in changelogs and on disks: another text for the same rows would be refused there. */
  @Test
  void whatARowIsStaysInTheseWords() {
    assertThat(revenue().rankedBy("cents").build().rowDefinition())
        .isEqualTo(
            "tumbling windows of 60000 ms, grouped by country, SUM orders, SUM cents, MAX last_ms")
        .isEqualTo(
            revenue()
                .from("shop.returns", NOTHING)
                .tumbling(Duration.ofMinutes(1), Duration.ofMinutes(1), Duration.ofMinutes(1))
                .build()
                .rowDefinition());
    ViewBuilder sessions =
        View.named("a")
            .from("t", NOTHING)
            .session(Duration.ofMinutes(30), Duration.ZERO, Duration.ofDays(1))
            .min("least")
            .aggregate("n", new Counting("count-1"));
    assertThat(sessions.build().rowDefinition())
        .isEqualTo("sessions with a gap of 1800000 ms, no groups, MIN least, AGGREGATE count-1 n");
    assertThat(living(Duration.ofDays(1)).latest("text").build().rowDefinition())
        .isEqualTo("no windows, no groups, SUM posts, LATEST text");
    assertThat(
            View.named("b").from("t", NOTHING).unwindowed().latest("text").build().rowDefinition())
        .isEqualTo("no windows, no groups, LATEST text");
  }

  @Test
  void theFirstLaneOfAnUnwindowedRowIsItsTime() {
    View view =
        View.named("users")
            .from("posts", NOTHING)
            .unwindowed()
            .first("first_seen")
            .sum("posts")
            .last("price")
            .rankedBy("posts")
            .build();
    assertThat(view.kind()).isEqualTo(View.Kind.UNWINDOWED);
    assertThat(view.isGrouped()).isFalse();
    // time | time, first_seen | posts | time, price
    assertThat(view.lanes().width()).isEqualTo(6);
    assertThat(view.lanes().merge(0)).isEqualTo(Merge.MAX);
    assertThat(new int[] {view.lane(0), view.lane(1), view.lane(2)}).containsExactly(2, 3, 5);
    long[] row = new long[7];
    view.row(1_000, new long[] {7, 1, 99}, row, 1);
    assertThat(row).containsExactly(0, 1_000, 1_000, 7, 1, 1_000, 99);
    assertThat(view.definition())
        .isEqualTo(
            "users from posts, no windows, no groups, FIRST first_seen, SUM posts, LAST price, "
                + "ranked by posts");
  }

  @Test
  void rowsWithoutWindowsMayHaveATimeToLive() {
    View view = living(Duration.ofDays(30)).build();
    assertThat(view.kind()).isEqualTo(View.Kind.UNWINDOWED);
    assertThat(view.windowing().isNone()).isTrue();
    assertThat(view.windowing().timeToLiveMs()).isEqualTo(Duration.ofDays(30).toMillis());
    assertThat(view.keptMs()).isEmpty();
    assertThat(view.definition())
        .isEqualTo(
            "users from posts, no windows, time to live 2592000000 ms, no groups, SUM posts, "
                + "not ranked");
    assertThat(living(Duration.ofMinutes(1)).unwindowed().build().windowing())
        .isEqualTo(Windowing.NONE);
    for (Duration refused :
        List.of(
            Duration.ZERO,
            Duration.ofMinutes(1).minusMillis(1),
            Duration.ofDays(366).plusMillis(1),
            Duration.ofMinutes(2).plusNanos(1),
            Duration.ofSeconds(Long.MAX_VALUE))) {
      assertThatThrownBy(() -> living(refused).build())
          .hasMessageContaining("its time to live of " + refused)
          .hasMessageContaining("make it 1 minute to 366 days, in whole milliseconds");
    }
    assertThatThrownBy(() -> living(Duration.ofDays(366)).rankedBy("posts").build())
        .hasMessageContaining("it is ranked, which rows with a time to live cannot be")
        .hasMessageContaining("rests on sums that only grow: leave rankedBy() out");
  }

  private static ViewBuilder living(Duration timeToLive) {
    return View.named("users").from("posts", NOTHING).unwindowed(timeToLive).sum("posts");
  }

  @Test
  void aViewOfSeveralTopicsHasAnExtractorForEach() {
    Extractor other = (record, out) -> out.emit(1, "key", 1);
    View view =
        View.named("balance").from("b", NOTHING).from("a", other).unwindowed().sum("n").build();
    assertThat(view.topics()).containsExactly("b", "a");
    assertThat(view.extractor("a")).containsSame(other);
    assertThat(view.extractor("b")).containsSame(NOTHING);
    assertThat(view.extractor("c")).isEmpty();
    assertThat(view.definition())
        .as("whatever their order")
        .startsWith("balance from a and b, no windows");
    ViewBuilder many = View.named("many").unwindowed().sum("n");
    for (int i = 0; i <= ViewBuilder.TOPICS_MAX; i++) {
      many.from("topic-" + i, NOTHING);
    }
    assertThatThrownBy(many::build).hasMessageContaining("it has 9 sources");
  }

  @Test
  void theIdFollowsFromTheNameAlone() {
    assertThat(revenue().build().id()).isEqualTo(revenue().min("least").build().id());
    assertThat(revenue().build().id()).isEqualTo(355_942_880);
    Set<Integer> ids = new HashSet<>();
    for (int i = 0; i < 1_000; i++) {
      View view = View.named("v" + i).from("t", NOTHING).unwindowed().sum("n").build();
      assertThat(view.id()).isNotZero();
      ids.add(view.id());
    }
    assertThat(ids).hasSize(1_000);
  }

  @Test
  void everyProblemIsNamedAtOnce() {
    assertThatThrownBy(() -> View.named("a/b").build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the view 'a/b' cannot be built")
        .hasMessageContaining("its name: use 1 to 100")
        .hasMessageContaining("call from()")
        .hasMessageContaining("call tumbling()")
        .hasMessageContaining("it has 0 fields");
    assertThatThrownBy(
            () ->
                View.named("..")
                    .from("a topic", NOTHING)
                    .tumbling(Duration.ofMillis(999), Duration.ofDays(33), Duration.ofDays(32))
                    .groupedBy("Country")
                    .sum("a")
                    .min("a")
                    .max("9")
                    .max("m")
                    .rankedBy("m")
                    .build())
        .hasMessageContaining("not . or .. alone")
        .hasMessageContaining("its topic 'a topic'")
        .hasMessageContaining("its window of PT0.999S")
        .hasMessageContaining("its grace of PT792H")
        .hasMessageContaining("its retention of PT768H")
        .hasMessageContaining("its group 'Country'")
        .hasMessageContaining("two fields 'a'")
        .hasMessageContaining("its field '9'")
        .hasMessageContaining("ranked by 'm', which is no sum");
  }

  @Test
  void aNameThatEveryStoreHasAlreadyIsTaken() {
    for (String name : List.of("default", TopicNames.STORE)) {
      assertThatThrownBy(() -> View.named(name).from("t", NOTHING).unwindowed().sum("n").build())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("the view '%s' cannot be built".formatted(name))
          .hasMessageContaining("its name: a store has something else of that name already");
    }
    assertThat(View.named("Default").from("t", NOTHING).unwindowed().sum("n").build().name())
        .isEqualTo("Default");
  }

  @Test
  void boundsOfNamesAndFieldsAreMet() {
    ViewBuilder full =
        View.named("n".repeat(100))
            .from("t".repeat(249), NOTHING)
            .tumbling(Duration.ofDays(1), Duration.ofDays(31), Duration.ofDays(31))
            .sum("f".repeat(64));
    for (int i = 1; i < ViewBuilder.FIELDS_MAX; i++) {
      full.last("f" + i);
    }
    assertThat(full.build().lanes().width()).isEqualTo(15);
    assertThatThrownBy(() -> full.sum("ninth").build()).hasMessageContaining("it has 9 fields");
    assertThatThrownBy(() -> View.named("n".repeat(101)).build()).hasMessageContaining("its name");
    assertThatThrownBy(() -> View.named("n").sum("f".repeat(65)).build())
        .hasMessageContaining("its field 'f");
    assertThatThrownBy(
            () ->
                View.named("n")
                    .tumbling(
                        Duration.ofSeconds(Long.MAX_VALUE), Duration.ZERO, Duration.ofSeconds(-1))
                    .build())
        .hasMessageContaining("its window of")
        .hasMessageContaining("its retention of");
  }

  @Test
  void whatWasBuiltDoesNotChangeWithItsBuilder() {
    ViewBuilder builder = revenue();
    View view = builder.build();
    builder.sum("more");
    assertThat(view.fields()).hasSize(3);
  }

  /** How many emissions there were, as a text. */
  private static final class Counting implements AggregateFunction<Long> {
    private final String name;

    Counting(String name) {
      this.name = name;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public Long create() {
      return 0L;
    }

    @Override
    public Long add(Long state, long timeMs, byte[] bytes, int offset, int length) {
      return state + 1;
    }

    @Override
    public Long merge(Long one, Long other) {
      return one + other;
    }

    @Override
    public byte[] encode(Long state) {
      return Property.utf8(state.toString());
    }

    @Override
    public Long decode(byte[] bytes) {
      return Long.valueOf(new String(bytes, StandardCharsets.UTF_8));
    }

    @Override
    public long result(Long state) {
      return state;
    }
  }

  @Test
  void aRowWithBytesHasTheTimeOfItsNewestEvent() {
    View windows = revenue().latest("order").build();
    assertThat(windows.lanes().hasTail()).isTrue();
    assertThat(windows.lanes().width()).isEqualTo(4);
    assertThat(windows.lane(0)).isEqualTo(1);
    assertThat(windows.schema().hasTime()).isTrue();
    assertThat(revenue().build().schema().hasTime()).isFalse();
    View alone = View.named("profiles").from("t", NOTHING).unwindowed().latest("profile").build();
    assertThat(alone.lanes().width()).isEqualTo(1);
    assertThat(alone.definition())
        .isEqualTo("profiles from t, no windows, no groups, LATEST profile, not ranked");
    View counted = revenue().aggregate("n", new Counting("count-1")).build();
    assertThat(counted.definition()).contains("MAX last_ms, AGGREGATE count-1 n, not ranked");
  }

  @Test
  void problemsWithBytesAreNamed() {
    assertThatThrownBy(
            () ->
                revenue()
                    .sum("order_base64")
                    .latest("order")
                    .aggregate("cents", new Counting("a name"))
                    .build())
        .hasMessageContaining("it keeps bytes 2 times")
        .hasMessageContaining("its field 'order_base64'")
        .hasMessageContaining("two fields 'cents'")
        .hasMessageContaining("its aggregate function 'a name'");
  }
}
