package io.streamsocial.cli.deploy;

import static io.streamsocial.cli.deploy.DeployFiles.ROOT;
import static io.streamsocial.cli.deploy.DeployFiles.STATE;
import static io.streamsocial.cli.deploy.DeployFiles.assertAccepted;
import static io.streamsocial.cli.deploy.DeployFiles.assertFits;
import static io.streamsocial.cli.deploy.DeployFiles.map;
import static io.streamsocial.cli.deploy.DeployFiles.number;
import static io.streamsocial.cli.deploy.DeployFiles.paths;
import static io.streamsocial.cli.deploy.DeployFiles.pomProperty;
import static io.streamsocial.cli.deploy.DeployFiles.strings;
import static io.streamsocial.cli.deploy.DeployFiles.yaml;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.cli.options.ListenOptions;
import io.streamsocial.cli.shell.Shutdown;
import io.streamsocial.processor.EngineConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** docker-compose.yml and what it mounts, against the code and against each other. */
final class ComposeTest {
  private static final JsonNode FILE = yaml("docker-compose.yml").get(0);
  private static final JsonNode SERVICES = FILE.path("services");
  private static final List<String> INSTANCES = List.of("trending-0", "trending-1", "trending-2");

  private static JsonNode service(String name) {
    assertThat(SERVICES.has(name)).as(name).isTrue();
    return SERVICES.get(name);
  }

  /** The image's own variables, then the service's; loopback needs neither tokens nor a net. */
  private static Map<String, String> environment(String service) {
    Map<String, String> environment =
        new TreeMap<>(Map.of("PORT", "8080", "TRENDING_STATE_DIR", STATE));
    environment.putAll(map(service(service).path("environment")));
    environment.put("TRENDING_HOST", "127.0.0.1");
    return environment;
  }

  @Test
  void theInstancesAreAcceptedByTheCommandLineAndDifferWhereTheyMust() {
    Set<String> differing = new HashSet<>();
    for (String name : INSTANCES) {
      JsonNode service = service(name);
      Map<String, String> environment = environment(name);
      assertAccepted(environment, List.of("serve"));
      assertThat(environment.get("TRENDING_ADVERTISE"))
          .isEqualTo(name + ":" + ListenOptions.BASE_PORT);
      assertThat(name).endsWith("-" + environment.get("INSTANCE_ID"));
      String port = service.path("ports").path(0).asText();
      assertThat(service.path("ports")).hasSize(1);
      assertThat(port).startsWith("127.0.0.1:").endsWith(":" + ListenOptions.BASE_PORT);
      String volume = service.path("volumes").path(0).asText();
      assertThat(volume).endsWith(":" + STATE);
      differing.addAll(List.of(port, volume));
    }
    assertThat(differing).hasSize(2 * INSTANCES.size());
  }

  @Test
  void theGeneratorPostsToTheTopicThatIsCreatedAndCounted() {
    Map<String, String> environment = map(service("generator").path("environment"));
    assertAccepted(environment, strings(service("generator").path("command")));
    assertThat(environment.get("TRENDING_BOOTSTRAP"))
        .isEqualTo(environment("trending-0").get("TRENDING_BOOTSTRAP"));
    List<String> create = strings(service("topics").path("command"));
    assertThat(create)
        .contains("--topic=" + EngineConfig.defaults().build().posts().topic())
        .contains("--bootstrap-server=" + environment.get("TRENDING_BOOTSTRAP"));
    assertThat(service("kafka").path("environment").path("KAFKA_ADVERTISED_LISTENERS").asText())
        .contains("INSIDE://" + environment.get("TRENDING_BOOTSTRAP"));
  }

  @Test
  void nothingIsSharedOutsideThisMachineAndEveryImageHasAVersion() {
    SERVICES.forEach(
        service -> {
          strings(service.path("ports")).forEach(port -> assertThat(port).startsWith("127.0.0.1:"));
          if (service.has("build")) {
            assertThat(service.path("image").asText()).isEqualTo(DeployFiles.NAME);
            assertThat(Files.exists(ROOT.resolve(service.path("build").asText() + "/Dockerfile")))
                .isTrue();
          } else {
            assertThat(service.path("image").asText()).matches(".+:v?\\d+\\.\\d+\\.\\d+");
          }
        });
    for (String name : List.of("kafka", "topics")) {
      assertThat(service(name).path("image").asText())
          .isEqualTo("apache/kafka:" + pomProperty("kafka.version"));
    }
  }

  @Test
  void ourContainersHaveAReadOnlyRootMemoryAndTimeToStop() {
    List<String> ours = new ArrayList<>(INSTANCES);
    ours.add("generator");
    for (String name : ours) {
      JsonNode service = service(name);
      assertThat(service.path("read_only").booleanValue()).isTrue();
      // Docker's own options for a tmpfs include noexec, with which no native code is loaded.
      assertThat(strings(service.path("tmpfs"))).allMatch(each -> each.startsWith("/tmp:exec,"));
      assertThat(number(service.path("stop_grace_period").asText(), "^(\\d+)s$") * 1_000)
          .isGreaterThan(Shutdown.PATIENCE.toMillis());
      assertThat(strings(service.path("cap_drop"))).containsExactly("ALL");
    }
    long limit = number(service("trending-0").path("mem_limit").asText(), "^(\\d+)g$") << 30;
    assertFits(limit, EngineConfig.defaults().build().storage().storeMemoryBytes());
  }

  @Test
  void whatIsReferredToIsThere() {
    SERVICES
        .properties()
        .forEach(
            each -> {
              JsonNode service = each.getValue();
              service
                  .path("depends_on")
                  .properties()
                  .forEach(need -> assertDependency(need.getKey(), need.getValue()));
              strings(service.path("volumes")).forEach(ComposeTest::assertVolume);
            });
  }

  private static void assertDependency(String name, JsonNode dependency) {
    if (dependency.path("condition").asText().equals("service_healthy")) {
      assertThat(service(name).has("healthcheck")).as(name).isTrue();
    } else {
      assertThat(dependency.path("condition").asText()).isEqualTo("service_completed_successfully");
      assertThat(service(name).path("restart").asText()).isEqualTo("no");
    }
  }

  private static void assertVolume(String volume) {
    String source = volume.substring(0, volume.indexOf(':'));
    if (!source.startsWith(".")) {
      assertThat(FILE.path("volumes").has(source)).as(volume).isTrue();
    } else {
      assertThat(Files.exists(ROOT.resolve(source))).as(volume).isTrue();
    }
  }

  @Test
  void onlyMonitoringIsBehindAProfile() {
    SERVICES
        .properties()
        .forEach(
            each ->
                assertThat(strings(each.getValue().path("profiles")))
                    .as(each.getKey())
                    .isEqualTo(
                        Set.of("prometheus", "grafana").contains(each.getKey())
                            ? List.of("monitoring")
                            : List.of()));
  }

  @Test
  void prometheusScrapesEachInstanceWhereItAnswers() {
    JsonNode prometheus = yaml("deploy/prometheus/prometheus.yml").get(0);
    JsonNode job = prometheus.path("scrape_configs").path(0);
    assertThat(job.path("job_name").asText()).isEqualTo(DeployFiles.NAME);
    assertThat(paths()).contains(job.path("metrics_path").asText());
    assertThat(strings(job.path("static_configs").path(0).path("targets")))
        .isEqualTo(INSTANCES.stream().map(each -> each + ":" + ListenOptions.BASE_PORT).toList());
    List<String> mounts = mounts("prometheus");
    assertThat(mounts).contains("/etc/prometheus/prometheus.yml");
    for (String rules : strings(prometheus.path("rule_files"))) {
      assertThat(mounts).contains("/etc/prometheus/" + rules);
    }
  }

  @Test
  void grafanaFindsItsDatasourceAndItsDashboard() {
    JsonNode source =
        yaml("deploy/grafana/provisioning/datasources/prometheus.yml").get(0).at("/datasources/0");
    assertThat(source.path("url").asText()).isEqualTo("http://prometheus:9090");
    assertThat(strings(service("prometheus").path("ports")))
        .allMatch(port -> port.endsWith(":9090"));
    JsonNode provider =
        yaml("deploy/grafana/provisioning/dashboards/streamsocial-trending.yml")
            .get(0)
            .at("/providers/0");
    String home =
        service("grafana")
            .path("environment")
            .path("GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH")
            .asText();
    assertThat(mounts("grafana")).contains(home, "/etc/grafana/provisioning");
    assertThat(Path.of(home).getParent()).hasToString(provider.at("/options/path").asText());
  }

  /** Where in the container something is mounted. */
  private static List<String> mounts(String service) {
    return strings(service(service).path("volumes")).stream()
        .map(each -> each.split(":", -1)[1])
        .toList();
  }
}
