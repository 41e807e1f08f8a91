package io.streamsocial.cli.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.cli.MetricsIT;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The form of dashboard and alerts; that their metrics exist is shown by {@link MetricsIT}. */
final class OperationsFilesTest {
  private static final Scrape SCRAPE =
      Scrape.of(
          """
          # HELP a_total As.
          # TYPE a_total counter
          a_total{kind="x"} 1.0
          # HELP b_seconds Bs.
          # TYPE b_seconds gauge
          b_seconds 2.0
          """);

  @Test
  void everyPanelSaysWhatItShowsAndInWhichUnit() throws IOException {
    Set<String> titles = new HashSet<>();
    Set<Integer> ids = new HashSet<>();
    for (JsonNode panel : OperationsFiles.panels()) {
      String title = panel.path("title").asText();
      assertThat(title).isNotBlank();
      assertThat(titles.add(title)).as("twice: " + title).isTrue();
      assertThat(ids.add(panel.path("id").asInt())).as(title).isTrue();
      assertThat(panel.at("/fieldConfig/defaults/unit").asText()).as(title).isNotBlank();
      assertThat(panel.at("/datasource/uid").asText()).as(title).isEqualTo("${datasource}");
      assertThat(panel.path("targets")).as(title).isNotEmpty();
    }
    assertThat(titles).hasSizeGreaterThan(30);
  }

  @Test
  void theFirstRowAnswersWhetherAllIsWell() throws IOException {
    JsonNode first = OperationsFiles.dashboard().get("panels").get(0);
    assertThat(first.get("type").asText()).isEqualTo("row");
    assertThat(first.get("title").asText()).startsWith("Overview");
    assertThat(OperationsFiles.dashboard().at("/templating/list").findValuesAsText("name"))
        .containsExactly("datasource", "app", "instance");
  }

  @Test
  void everyAlertSaysWhatHappenedHowBadItIsAndWhereToReadOn() throws IOException {
    Set<String> anchors = OperationsFiles.anchors("docs/operating/runbook.md");
    Set<String> names = new HashSet<>();
    for (JsonNode alert : OperationsFiles.alerts()) {
      String name = alert.get("alert").asText();
      assertThat(names.add(name)).as("twice: " + name).isTrue();
      assertThat(alert.at("/labels/severity").asText()).as(name).isIn("critical", "warning");
      assertThat(alert.at("/annotations/summary").asText()).as(name).isNotBlank();
      assertThat(alert.at("/annotations/description").asText()).as(name).isNotBlank();
      String[] runbook = alert.at("/annotations/runbook_url").asText().split("#", 2);
      assertThat(runbook[0]).as(name).isEqualTo("docs/operating/runbook.md");
      assertThat(anchors).as(name).contains(runbook[1]);
      assertThat(alert.get("for").asText()).as(name).matches("\\d+[mh]");
    }
    assertThat(names).hasSizeGreaterThanOrEqualTo(12);
  }

  @Test
  void anExpressionOfWhatWasScrapedIsAccepted() {
    for (String expression :
        List.of(
            "sum by (kind) (rate(a_total{kind=\"x\",instance=~\"$instance\"}[$__rate_interval])) > 0.5",
            "b_seconds and on (instance) a_total unless up == 0",
            "histogram_quantile(0.99, b_seconds) or vector(0)",
            "b_seconds > 1.05 * b_seconds offset 5m")) {
      assertThat(PromQl.problems(expression, SCRAPE)).isEmpty();
    }
  }

  @Test
  void whatWasNotScrapedIsFound() {
    Map.of(
            "rate(c_total[5m])", "unknown metric c_total",
            "b_seconds > 0 or d_seconds > 0", "unknown metric d_seconds",
            "sum by (region) (a_total)", "none of [a_total] has the label region",
            "b_seconds{kind=\"x\"}", "metric b_seconds has no label kind",
            "a_total{kind=\"y\"}", "metric a_total never has {kind=y}",
            "vector(1)", "no metric",
            "a_total ~ 1", "cannot be read from '~ 1'")
        .forEach(
            (expression, problem) ->
                assertThat(PromQl.problems(expression, SCRAPE))
                    .as(expression)
                    .containsExactly(problem + " in " + expression));
  }

  @Test
  void badNamesAreFound() {
    assertThat(MetricNames.objections("a_total", "counter")).isEmpty();
    assertThat(MetricNames.objections("a_seconds_max", "gauge")).isEmpty();
    assertThat(MetricNames.objections("a", "counter")).isNotEmpty();
    assertThat(MetricNames.objections("a_total", "gauge")).isNotEmpty();
    assertThat(MetricNames.objections("a_ms", "gauge")).isNotEmpty();
    assertThat(MetricNames.objections("a_bytes_used", "gauge")).isNotEmpty();
    assertThat(MetricNames.objections("aB", "gauge")).isNotEmpty();
    assertThat(MetricNames.objectionsToLabel("hashtag")).isNotEmpty();
    assertThat(Scrape.of("# TYPE a gauge\na 1\n").objections()).containsExactly("a has no HELP");
  }
}
