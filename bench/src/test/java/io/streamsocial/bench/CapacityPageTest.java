package io.streamsocial.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The figures of docs/capacity.md are those of the recorded results, and say of which commit. */
class CapacityPageTest {
  // | what | figure | `file` | `path` | `commit` |
  private static final Pattern ROW =
      Pattern.compile("^\\|[^|]+\\| ([0-9.,]+) \\| `([^`]+)` \\| `([^`]+)` \\| `([^`]+)` \\|$");

  private final ObjectMapper json = new ObjectMapper();

  @Test
  void everyMeasuredFigureIsTheRecordedOne() throws IOException {
    Path root = Path.of("").toAbsolutePath().resolveSibling("docs");
    List<String> lines = Files.readAllLines(root.resolve("capacity.md"));
    int figures = 0;
    for (String line : lines) {
      Matcher row = ROW.matcher(line);
      if (row.matches()) {
        figures++;
        JsonNode file =
            json.readTree(Path.of("results").resolve(row.group(2)).toAbsolutePath().toFile());
        assertThat(file.path("commit").asText()).as(line).isEqualTo(row.group(4));
        BigDecimal quoted = new BigDecimal(row.group(1).replace(",", ""));
        BigDecimal recorded = at(file, row.group(3)).decimalValue();
        assertThat(recorded.setScale(quoted.scale(), RoundingMode.HALF_UP))
            .as(line)
            .isEqualTo(quoted);
      }
    }
    assertThat(figures).as("rows with a figure").isGreaterThan(10);
  }

  /** By field, by position in an array, or by the name of an element. */
  private static JsonNode at(JsonNode node, String path) {
    JsonNode found = node;
    for (String step : path.split("/", -1)) {
      JsonNode next =
          found.isArray() && step.matches("\\d+")
              ? found.path(Integer.parseInt(step))
              : found.path(step);
      if (found.isArray() && next.isMissingNode()) {
        for (JsonNode each : found) {
          if (each.path("name").asText().equals(step)) {
            next = each;
          }
        }
      }
      assertThat(next.isMissingNode()).as("%s in %s", step, path).isFalse();
      found = next;
    }
    return found;
  }
}
