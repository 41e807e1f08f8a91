package com.example.shop;

import static com.fasterxml.jackson.core.StreamReadFeature.IGNORE_UNDEFINED;

import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.dataformat.protobuf.ProtobufMapper;
import io.streamsocial.http.server.Server;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineConfigBuilder;
import io.streamsocial.processor.loop.Engine;
import io.streamsocial.processor.views.Emitter;
import io.streamsocial.processor.views.View;
import java.io.IOException;
import java.time.Duration;

/** Revenue by shop, over HTTP. Its arguments: Kafka's servers, and the port to listen on. */
public final class Revenue {
  static final ProtobufMapper MAPPER = ProtobufMapper.builder().enable(IGNORE_UNDEFINED).build();

  /**
   * A message of Protobuf: string country = 1, string shop = 2, int64 cents = 3, int64 time = 4.
   */
  record Order(String country, String shop, long cents, long time) {}

  static View view() throws IOException {
    ObjectReader orders = MAPPER.readerFor(Order.class).with(MAPPER.generateSchemaFor(Order.class));
    return View.named("revenue-by-shop")
        .from("orders", (record, out) -> count(orders.readValue(record.valueBytes()), out))
        .tumbling(Duration.ofMinutes(1), Duration.ofMinutes(5), Duration.ofDays(1))
        .groupedBy("country")
        .sum("cents")
        .max("largest")
        .rankedBy("cents")
        .build();
  }

  private static void count(Order order, Emitter out) {
    out.emit(order.time, order.country, order.shop, order.cents, order.cents);
  }

  public static void main(String[] args) throws IOException {
    EngineConfigBuilder config = EngineConfig.defaults().bootstrap(args[0]).appId("revenue");
    Engine engine = Engine.open(config.view(view()).build());
    Runtime.getRuntime().addShutdownHook(new Thread(engine::close));
    Server.builder(engine).listen("127.0.0.1", Integer.parseInt(args[1])).start();
  }
}
