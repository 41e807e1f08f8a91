package io.streamsocial.cli.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.streamsocial.http.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What the repository gives to those who watch an application: the dashboard and the alerts. */
public final class OperationsFiles {
  private static final Path ROOT = Path.of("..");
  private static final Pattern VALUES = Pattern.compile("label_values\\((.*), *(\\w+)\\)");

  private OperationsFiles() {}

  static JsonNode dashboard() throws IOException {
    return Json.MAPPER.readTree(ROOT.resolve("deploy/grafana/dashboard.json").toFile());
  }

  /** All panels that show something, in order. */
  static List<JsonNode> panels() throws IOException {
    List<JsonNode> panels = new ArrayList<>();
    for (JsonNode panel : dashboard().get("panels")) {
      if (!panel.get("type").asText().equals("row")) {
        panels.add(panel);
      }
    }
    return panels;
  }

  static List<JsonNode> alerts() throws IOException {
    List<JsonNode> alerts = new ArrayList<>();
    for (JsonNode group :
        new YAMLMapper()
            .readTree(ROOT.resolve("deploy/prometheus/alerts.yml").toFile())
            .get("groups")) {
      group.get("rules").forEach(alerts::add);
    }
    return alerts;
  }

  /** Every expression by where it stands. */
  public static Map<String, String> expressions() throws IOException {
    Map<String, String> all = new LinkedHashMap<>();
    for (JsonNode panel : panels()) {
      for (JsonNode target : panel.get("targets")) {
        all.put(
            "panel " + panel.get("title").asText() + " " + target.get("refId").asText(),
            target.get("expr").asText());
      }
    }
    for (JsonNode annotation : dashboard().get("annotations").get("list")) {
      all.put("annotation " + annotation.get("name").asText(), annotation.get("expr").asText());
    }
    for (JsonNode variable : dashboard().get("templating").get("list")) {
      Matcher values = VALUES.matcher(variable.path("definition").asText());
      if (values.matches()) {
        all.put(
            "variable " + variable.get("name").asText(),
            "count by (%s) (%s)".formatted(values.group(2), values.group(1)));
      }
    }
    for (JsonNode alert : alerts()) {
      all.put("alert " + alert.get("alert").asText(), alert.get("expr").asText());
    }
    return all;
  }

  /** As a forge makes them of the headings of a page of ours. */
  static Set<String> anchors(String page) throws IOException {
    return Files.readAllLines(ROOT.resolve(page)).stream()
        .filter(line -> line.startsWith("#"))
        .map(line -> line.replaceFirst("^#+ ", "").toLowerCase(Locale.ROOT))
        .map(line -> line.replaceAll("[^a-z0-9 -]", "").replace(' ', '-'))
        .collect(Collectors.toSet());
  }
}
