package com.example.active;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.loop.Engine;
import io.streamsocial.processor.trends.ViewActive;
import io.streamsocial.processor.trends.ViewState;
import io.streamsocial.processor.views.View;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Who has done something in the last 30 minutes: prints how many, by region, once a second. */
public final class ActiveUsers {
  record Event(String user, String region) {}

  private static final ObjectReader EVENTS = new ObjectMapper().readerFor(Event.class);

  static final View VIEW =
      View.named("user-sessions")
          .from(
              "app.events",
              (record, out) -> {
                Event event = EVENTS.readValue(record.valueBytes());
                out.emit(record.timestampMs(), event.region, event.user, 1);
              })
          .session(Duration.ofMinutes(30), Duration.ofMinutes(5), Duration.ofDays(1))
          .groupedBy("region")
          .sum("events")
          .build();

  private ActiveUsers() {}

  /**
   * @param args Kafka's servers, a state directory
   */
  public static void main(String[] args) throws Exception {
    Engine engine =
        Engine.start(
            EngineConfig.defaults()
                .bootstrap(args[0])
                .appId("active-users")
                .stateDir(Path.of(args[1]))
                .view(VIEW)
                .build());
    Runtime.getRuntime().addShutdownHook(new Thread(engine::close, "engine-close"));
    while (true) {
      try {
        Throwable cause = engine.failure().get(1, TimeUnit.SECONDS);
        System.err.println("the engine has stopped: " + cause.getMessage());
        System.exit(1);
      } catch (TimeoutException e) {
        System.out.println(line(engine.view("user-sessions"), System.currentTimeMillis()));
      }
    }
  }

  static String line(ViewState sessions, long nowMs) {
    ViewActive.Answer answer = sessions.ask(new ViewActive.Question(sessions.schema(), "", nowMs));
    StringBuilder line = new StringBuilder("%d active".formatted(answer.active()));
    for (Map.Entry<String, Long> region : answer.groups()) {
      line.append(", %s %d".formatted(region.getKey(), region.getValue()));
    }
    return answer.completeness().partial() ? line + ", and more: not all is here" : line.toString();
  }
}
