package com.example.active;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.test.ViewTest;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class ActiveUsersTest {
  private static void send(ViewTest test, String user, String region) {
    String event = "{\"user\":\"%s\",\"region\":\"%s\"}".formatted(user, region);
    test.send("app.events", event.getBytes(UTF_8));
  }

  private static String line(ViewTest test) {
    return ActiveUsers.line(test.view("user-sessions"), test.nowMs());
  }

  @Test
  void whoIsSilentForHalfAnHourIsActiveNoMore() {
    try (ViewTest test = ViewTest.of(ActiveUsers.VIEW).instances(2).start()) {
      send(test, "ada", "EU");
      send(test, "bob", "US");
      send(test, "cyd", "EU");
      test.settle();
      assertThat(line(test)).isEqualTo("3 active, EU 2, US 1");
      test.advance(Duration.ofMinutes(20));
      send(test, "ada", "EU");
      test.settle();
      test.crash(0);
      test.advance(Duration.ofMinutes(15));
      assertThat(line(test)).isEqualTo("1 active, EU 1");
      test.advance(Duration.ofMinutes(16));
      assertThat(line(test)).isEqualTo("0 active");
    }
  }
}
