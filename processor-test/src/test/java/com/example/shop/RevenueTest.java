package com.example.shop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.test.ViewTest;
import io.streamsocial.processor.trends.ViewRow;
import io.streamsocial.processor.trends.ViewState;
import io.streamsocial.processor.trends.WindowSpan;
import io.streamsocial.processor.views.View;
import io.streamsocial.processor.views.ViewKey;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A unit test of a view: no broker, no waiting, every run the same. */
final class RevenueTest {
  // An order is "shop;cents" here; a program would read its Protobuf, Avro or JSON.
  private static final View REVENUE =
      View.named("revenue-by-shop")
          .from(
              "shop.orders",
              (record, out) -> {
                String[] order = new String(record.valueBytes(), UTF_8).split(";", -1);
                long cents = Long.parseLong(order[1]);
                out.emit(record.timestampMs(), order[0], 1, cents, cents);
              })
          .tumbling(Duration.ofMinutes(1), Duration.ofMinutes(5), Duration.ofDays(1))
          .sum("orders")
          .sum("cents")
          .max("largest")
          .build();

  @Test
  void everyOrderCountsOnceThroughACrashAndARebalance() {
    EngineConfig config = EngineConfig.defaults().view(REVENUE).build();
    try (ViewTest test = ViewTest.of(config).instances(2).seed(7).start()) {
      for (int cents = 1; cents <= 100; cents++) {
        test.send("shop.orders", null, ("kiosk;" + cents).getBytes(UTF_8), test.nowMs());
        test.advance(Duration.ofMillis(50));
        if (cents == 40) {
          test.crash(0);
        }
        if (cents == 70) {
          test.restart(0);
          test.rebalance();
        }
      }
      test.settle();
      ViewState revenue = test.view("revenue-by-shop");
      ViewKey kiosk = ViewKey.of("kiosk");
      WindowSpan windows = WindowSpan.upTo(revenue.schema().windowing(), test.nowMs());
      List<ViewRow> rows = revenue.get("", windows, kiosk).entry(kiosk).orElseThrow().rows();
      assertThat(rows.stream().mapToLong(row -> row.get("orders")).sum()).isEqualTo(100);
      assertThat(rows.stream().mapToLong(row -> row.get("cents")).sum()).isEqualTo(5_050);
      assertThat(rows.stream().mapToLong(row -> row.get("largest")).max()).hasValue(100);
    }
  }
}
