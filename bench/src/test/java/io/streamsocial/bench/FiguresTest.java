package io.streamsocial.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FiguresTest {
  @TempDir Path dir;

  @Test
  void percentilesAreInMillisecondsAndOfTheRightRank() {
    Histogram histogram = new Histogram(10_000_000_000L, 3);
    for (int ms = 1; ms <= 1_000; ms++) {
      histogram.recordValue(ms * 1_000_000L);
    }
    Map<String, Object> figures = Latencies.figures(histogram);
    assertThat(figures.keySet()).containsExactly("p50_ms", "p90_ms", "p99_ms", "p999_ms", "max_ms");
    assertThat(Medians.number(figures, "p50_ms")).isCloseTo(500, within(1.0));
    assertThat(Medians.number(figures, "p90_ms")).isCloseTo(900, within(1.0));
    assertThat(Medians.number(figures, "p99_ms")).isCloseTo(990, within(1.0));
    assertThat(Medians.number(figures, "p999_ms")).isCloseTo(999, within(1.0));
    assertThat(Medians.number(figures, "max_ms")).isCloseTo(1_000, within(1.0));
  }

  @Test
  void spreadLeavesOutRunsThatLackTheFigure() {
    List<Map<String, Object>> runs =
        List.of(
            Map.of("a", 30),
            Map.of("a", 1.5),
            Map.of("b", 7),
            Map.of("a", "text"),
            Map.of("a", 2L));
    assertThat(Latencies.spread(runs, "a")).isEqualTo(new Latencies.Spread(2, 1.5, 30));
    assertThat(Latencies.spread(runs, "c").median()).isNaN();
  }

  @Test
  void medianOfEachFigureIsTakenByItself() {
    Medians medians = new Medians();
    medians.add("x", Map.of("s", 3, "t", 1, "exact", true));
    medians.add("y", Map.of("s", 8, "exact", true));
    medians.add("x", Map.of("s", 1, "t", 9, "exact", true));
    medians.add("x", Map.of("s", 2, "t", 5, "exact", false));
    List<Map<String, Object>> rows = medians.rows(List.of("s", "t"));
    assertThat(rows).first().isEqualTo(Map.of("name", "x", "s", 2.0, "t", 5.0, "exact", false));
    assertThat(rows.get(1)).containsEntry("name", "y").containsEntry("exact", true);
    assertThat(Medians.number(rows.get(1), "t")).isNaN();
  }

  @Test
  void resultFileOfTheComparisonHasTheShapeThatReadersRelyOn() throws Exception {
    Medians medians = new Medians();
    medians.add(
        "ours-eos",
        Map.of(
            "posts_per_s", 500_000.0,
            "cpu_s_per_million", 1.9,
            "cpu_s_per_million_whole_run", 2.2,
            "rss_peak_mb", 600.0,
            "shuffle_mb", 52.0,
            "changelog_mb", 50.0,
            "exact", true));
    Path file = dir.resolve("results").resolve("compare.json");
    ResultFile.write(file, new Compare().result(medians));
    JsonNode json = new ObjectMapper().readTree(file.toFile());
    for (String fact : List.of("commit", "uncommitted_changes", "date", "jdk", "cores", "cpu")) {
      assertThat(json.has(fact)).describedAs(fact).isTrue();
    }
    JsonNode contender = json.get("contenders").get(0);
    assertThat(contender.fieldNames())
        .toIterable()
        .containsExactlyInAnyOrder(
            "name",
            "posts_per_s",
            "cpu_s_per_million",
            "cpu_s_per_million_whole_run",
            "exact",
            "rss_peak_mb",
            "shuffle_mb",
            "changelog_mb");
    assertThat(contender.get("name").asText()).isEqualTo("ours-eos");
    assertThat(contender.get("exact").isBoolean()).isTrue();
    assertThat(contender.get("cpu_s_per_million").asDouble()).isEqualTo(1.9);
    assertThat(json.get("runs").get("ours-eos")).hasSize(1);
  }
}
