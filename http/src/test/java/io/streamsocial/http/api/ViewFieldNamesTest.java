package io.streamsocial.http.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.http.Json;
import io.streamsocial.http.fixture.TestServer;
import io.streamsocial.processor.trends.ViewRow;
import io.streamsocial.processor.views.View;
import io.streamsocial.processor.views.ViewBuilder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What stands beside the fields of a row. */
final class ViewFieldNamesTest {
  private static final String FIELD = "n";

  private static ViewBuilder named(String name) {
    return View.named(name).from("orders", (record, out) -> {});
  }

  private static List<ViewBuilder> ofEachKind() {
    return List.of(
        named("windows").tumbling(Duration.ofMinutes(1), Duration.ZERO, Duration.ZERO),
        named("sessions").session(Duration.ofMinutes(1), Duration.ZERO, Duration.ZERO),
        named("rows").unwindowed());
  }

  private static Set<String> names(View view) {
    long[] lanes = new long[view.lanes().width()];
    ViewRow row = new ViewRow(view.schema(), 0, lanes);
    byte[] bytes =
        Json.bytes(
            json -> {
              json.writeStartObject();
              new ViewJson(view.schema()).writeRows(json, List.of(row));
              json.writeEndObject();
            });
    JsonNode rows = TestServer.parse(new String(bytes, StandardCharsets.UTF_8)).elements().next();
    Set<String> names = new TreeSet<>();
    (rows.isArray() ? rows.get(0) : rows).fieldNames().forEachRemaining(names::add);
    assertThat(names.remove(FIELD)).isTrue();
    return names;
  }

  @Test
  void noFieldMayHaveTheNameOfWhatStandsBesideIt() {
    Set<String> beside = new TreeSet<>();
    ofEachKind().forEach(view -> beside.addAll(names(view.sum(FIELD).build())));
    assertThat(ViewBuilder.NO_FIELDS).containsExactlyInAnyOrderElementsOf(beside);
    for (String name : beside) {
      for (ViewBuilder view : ofEachKind()) {
        assertThatThrownBy(() -> view.max(name).build())
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("its field '%s': answers have something else".formatted(name));
      }
    }
  }
}
