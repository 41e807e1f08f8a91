package io.streamsocial.processor.trends;

import io.streamsocial.processor.views.View;
import io.streamsocial.processor.views.ViewSchema;
import java.time.Duration;

/** Views that tests ask. */
final class Views {
  /** Windows of a minute, by country: orders and cents summed, ranked by cents. */
  static final ViewSchema SHOPS =
      View.named("shops")
          .from("orders", (record, out) -> {})
          .tumbling(Duration.ofMinutes(1), Duration.ofMinutes(1), Duration.ofHours(1))
          .groupedBy("country")
          .sum("orders")
          .sum("cents")
          .max("last_ms")
          .rankedBy("cents")
          .build()
          .schema();

  /** One row a user. */
  static final ViewSchema PROFILES =
      View.named("profiles")
          .from("orders", (record, out) -> {})
          .unwindowed()
          .sum("visits")
          .last("plan")
          .build()
          .schema();

  private Views() {}
}
