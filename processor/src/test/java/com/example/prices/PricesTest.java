package com.example.prices;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.test.ViewTest;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class PricesTest {
  private static void send(ViewTest test, String product, long cents, long timeMs) {
    byte[] value = ByteBuffer.allocate(Long.BYTES).putLong(cents).array();
    test.send("shop.prices", product.getBytes(UTF_8), value, timeMs);
  }

  @Test
  void theLatestPriceIsThatOfTheLatestTimeWhateverComesLast() {
    try (ViewTest test = ViewTest.of(Prices.VIEW).instances(2).seed(7).start()) {
      long now = test.nowMs();
      send(test, "tea", 310, now);
      send(test, "tea", 350, now - 60_000);
      send(test, "tea", 290, now - 120_000);
      send(test, "milk", 120, now);
      test.settle();
      test.crash(0);
      test.restart(0);
      test.rebalance();
      test.settle();
      assertThat(Prices.latest(test.view("prices"), "tea"))
          .isEqualTo("tea: 310 cents, 290 at the lowest");
      test.advance(Duration.ofDays(1));
      assertThat(Prices.latest(test.view("prices"), "milk"))
          .isEqualTo("milk: 120 cents, 120 at the lowest");
      assertThat(Prices.latest(test.view("prices"), "rice")).isEqualTo("rice: no price");
    }
  }

  @Test
  void whatIsNoPriceIsRejectedAndStopsNothing() {
    try (ViewTest test = ViewTest.of(Prices.VIEW).start()) {
      test.send("shop.prices", "4.50".getBytes(UTF_8));
      send(test, "tea", 350, test.nowMs());
      test.settle();
      assertThat(Prices.latest(test.view("prices"), "tea")).startsWith("tea: 350 cents");
      assertThat(test.records("streamsocial-trending-rejected")).hasSize(1);
    }
  }
}
