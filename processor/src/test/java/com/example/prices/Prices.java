package com.example.prices;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.loop.Engine;
import io.streamsocial.processor.trends.ViewEntry;
import io.streamsocial.processor.trends.ViewRow;
import io.streamsocial.processor.trends.ViewState;
import io.streamsocial.processor.trends.WindowSpan;
import io.streamsocial.processor.views.Emitter;
import io.streamsocial.processor.views.InputRecord;
import io.streamsocial.processor.views.RejectedRecord;
import io.streamsocial.processor.views.View;
import io.streamsocial.processor.views.ViewKey;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Scanner;

/** The latest price of each product: reads names of products, and prints what they cost. */
public final class Prices {
  static final View VIEW =
      View.named("prices")
          .from("shop.prices", Prices::extract)
          .unwindowed()
          .last("cents")
          .min("lowest")
          .build();

  private Prices() {}

  /**
   * @param args Kafka's servers, a state directory
   */
  public static void main(String[] args) {
    EngineConfig config =
        EngineConfig.defaults()
            .bootstrap(args[0])
            .appId("prices")
            .stateDir(Path.of(args[1]))
            .view(VIEW)
            .build();
    try (Engine engine = Engine.start(config);
        Scanner products = new Scanner(System.in, UTF_8)) {
      while (products.hasNextLine()) {
        System.out.println(latest(engine.view("prices"), products.nextLine()));
      }
    }
  }

  /** The key of a record is the product, its value the price, as Kafka's LongSerializer has it. */
  private static void extract(InputRecord record, Emitter out) {
    byte[] product = record.keyBytes();
    ByteBuffer price = record.value();
    if (product == null || price == null || price.remaining() != Long.BYTES) {
      throw new RejectedRecord("no_price", "a key and eight bytes are expected");
    }
    long cents = price.getLong();
    out.emit(record.timestampMs(), product, cents, cents);
  }

  static String latest(ViewState prices, String product) {
    ViewKey key = ViewKey.of(product);
    Optional<ViewEntry> entry = prices.get("", WindowSpan.NONE, key).entry(key);
    if (entry.isEmpty()) {
      // The key's partition is not here now, or is being restored. It may well have a price.
      return "%s: not known now".formatted(product);
    }
    for (ViewRow row : entry.get().rows()) {
      return "%s: %d cents, %d at the lowest"
          .formatted(product, row.get("cents"), row.get("lowest"));
    }
    return "%s: no price".formatted(product);
  }
}
