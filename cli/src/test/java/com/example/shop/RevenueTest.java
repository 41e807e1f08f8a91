package com.example.shop;

import static org.assertj.core.api.Assertions.assertThat;

import com.example.shop.Revenue.Order;
import com.fasterxml.jackson.databind.ObjectWriter;
import io.streamsocial.processor.test.ViewTest;
import io.streamsocial.processor.trends.ViewTop.Row;
import io.streamsocial.processor.views.ViewKey;
import java.io.IOException;
import org.junit.jupiter.api.Test;

final class RevenueTest {
  @Test
  void everyOrderCountsOnceThroughACrash() throws IOException {
    ObjectWriter orders = Revenue.MAPPER.writer(Revenue.MAPPER.generateSchemaFor(Order.class));
    try (ViewTest test = ViewTest.of(Revenue.view()).instances(2).start()) {
      test.send("orders", orders.writeValueAsBytes(new Order("PT", "Lisboa", 300, test.nowMs())));
      test.send("orders", orders.writeValueAsBytes(new Order("PT", "Porto", 700, test.nowMs())));
      test.crash(0);
      test.settle();
      assertThat(test.view("revenue-by-shop").top("PT", 1, test.nowMs(), 10).rows())
          .containsExactly(Row.of(ViewKey.of("Porto"), 700), Row.of(ViewKey.of("Lisboa"), 300));
    }
  }
}
