package io.streamsocial.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.http.fixture.TestServer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** However much is wrong, its answer is short. */
class FaultsTest {
  private static JsonNode problem(Faults faults) {
    byte[] body = Problem.badParameters(faults).toResponse("/", "id").body();
    return TestServer.parse(new String(body, StandardCharsets.UTF_8));
  }

  @Test
  void aHundredAreListedAndTheOthersCounted() {
    Faults faults = new Faults();
    for (int i = 0; i < 100; i++) {
      faults.add(new Fault.OfPost(i, "text", "required"));
    }
    assertThat(problem(faults).has("errors_unlisted")).isFalse();
    assertThat(faults.summary()).isEqualTo("100 to correct: see errors");
    for (int i = 0; i < 500_000; i++) {
      faults.add(new Fault.OfPost(i, "text", "required"));
    }
    JsonNode problem = problem(faults);
    assertThat(problem.path("errors")).hasSize(100);
    assertThat(problem.path("errors_unlisted").intValue()).isEqualTo(500_000);
    assertThat(problem.path("detail").textValue())
        .isEqualTo("500100 to correct: the first 100 are in errors");
  }

  @Test
  void longOnesAreFewer() {
    Faults faults = new Faults();
    for (int i = 0; i < 50; i++) {
      faults.add(new Fault.OfPost(i, "", "a".repeat(1_000)));
    }
    faults.add(new Fault.OfPost(50, "", "short, but behind one that is not listed"));
    assertThat(faults.listed()).hasSize(16);
    assertThat(faults.count()).isEqualTo(51);
  }

  @Test
  void whatIsQuotedIsCut() {
    Faults faults =
        Faults.of(new Fault.OfParameter("p".repeat(4_000), "v".repeat(4_000), "", null));
    JsonNode error = problem(faults).path("errors").path(0);
    assertThat(error.path("parameter").textValue()).isEqualTo("p".repeat(100) + "…");
    assertThat(error.path("value").textValue()).isEqualTo("v".repeat(100) + "…");
    assertThat(Faults.quote("a".repeat(99) + "😀b")).isEqualTo("a".repeat(99) + "…");
    assertThat(Faults.quote("a".repeat(100))).isEqualTo("a".repeat(100));
  }
}
