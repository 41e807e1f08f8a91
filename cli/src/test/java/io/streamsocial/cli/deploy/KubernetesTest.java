package io.streamsocial.cli.deploy;

import static io.streamsocial.cli.deploy.DeployFiles.NAME;
import static io.streamsocial.cli.deploy.DeployFiles.STATE;
import static io.streamsocial.cli.deploy.DeployFiles.USER;
import static io.streamsocial.cli.deploy.DeployFiles.assertAccepted;
import static io.streamsocial.cli.deploy.DeployFiles.assertFits;
import static io.streamsocial.cli.deploy.DeployFiles.map;
import static io.streamsocial.cli.deploy.DeployFiles.number;
import static io.streamsocial.cli.deploy.DeployFiles.paths;
import static io.streamsocial.cli.deploy.DeployFiles.pomProperty;
import static io.streamsocial.cli.deploy.DeployFiles.strings;
import static io.streamsocial.cli.deploy.DeployFiles.text;
import static io.streamsocial.cli.deploy.DeployFiles.yaml;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.cli.options.ListenOptions;
import io.streamsocial.cli.shell.Environment;
import io.streamsocial.cli.shell.Shutdown;
import io.streamsocial.http.auth.PeerSecret;
import io.streamsocial.http.auth.Tokens;
import io.streamsocial.http.auth.UnusableFileException;
import io.streamsocial.processor.EngineHealth;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The manifests against the code and against each other. */
final class KubernetesTest {
  private static final String DIR = "deploy/kubernetes/";
  private static final String SECRET = DeployFiles.SECRETS + "secret";
  private static final Map<String, String> LABELS = Map.of("app.kubernetes.io/name", NAME);

  private static final JsonNode SET = yaml(DIR + "statefulset.yaml").get(0);
  private static final JsonNode SPEC = SET.path("spec");
  private static final JsonNode POD = SPEC.at("/template/spec");
  private static final JsonNode CONTAINER = POD.at("/containers/0");
  private static final List<JsonNode> SERVICES = yaml(DIR + "services.yaml");

  private static Map<String, String> settings() {
    Map<String, String> settings = new TreeMap<>();
    text(DIR + "settings.env")
        .lines()
        .filter(line -> !line.isBlank() && !line.startsWith("#"))
        .forEach(
            line ->
                settings.put(line.replaceAll("=.*", ""), line.substring(line.indexOf('=') + 1)));
    return settings;
  }

  /**
   * As the first pod sees it; variables are expanded from those before them, as Kubernetes does.
   */
  private static Map<String, String> podEnvironment() {
    Map<String, String> fields =
        Map.of(
            "metadata.name", NAME + "-0",
            "metadata.namespace", "prod",
            "metadata.labels['topology.kubernetes.io/zone']", "zone-a");
    Map<String, String> environment = new HashMap<>(settings());
    for (JsonNode each : CONTAINER.path("env")) {
      String value = each.path("value").asText();
      if (each.has("valueFrom")) {
        String field = each.at("/valueFrom/fieldRef/fieldPath").asText();
        assertThat(fields).containsKey(field);
        value = fields.getOrDefault(field, "");
      }
      for (Map.Entry<String, String> known : environment.entrySet()) {
        value = value.replace("$(" + known.getKey() + ")", known.getValue());
      }
      environment.put(each.path("name").asText(), value);
    }
    return environment;
  }

  @Test
  void theCommandLineAcceptsWhatAPodIsGiven() {
    Map<String, String> environment = podEnvironment();
    assertThat(environment.get("TRENDING_ADVERTISE"))
        .isEqualTo("%1$s-0.%1$s.prod.svc:%2$d".formatted(NAME, ListenOptions.BASE_PORT));
    assertThat(environment).containsEntry("TRENDING_ZONE", "zone-a");
    // Only for the address above.
    environment.remove("POD_NAMESPACE");
    // Which needs neither tokens nor a secret.
    environment.put("TRENDING_HOST", "127.0.0.1");
    assertAccepted(environment, strings(CONTAINER.path("args")));
    assertThat(new Environment(environment).podOrdinal()).isEqualTo("0");
  }

  @Test
  void everyVariableIsOneThatServeKnows() {
    Map<String, String> names = new TreeMap<>(settings());
    JsonNode tls = yaml(DIR + "components/tls/statefulset.yaml").get(0);
    tls.at("/spec/template/spec/containers/0/env")
        .forEach(each -> names.put(each.path("name").asText(), each.path("value").asText()));
    names.put("TRENDING_HOST", "127.0.0.1");
    assertAccepted(names, List.of("serve"));
  }

  @Test
  void theProbesAskPathsThatExistAtThePortThatIsServed() {
    assertThat(CONTAINER.at("/ports/0/containerPort").asInt()).isEqualTo(ListenOptions.BASE_PORT);
    String port = CONTAINER.at("/ports/0/name").asText();
    Map<String, String> asked = new TreeMap<>();
    for (String probe : List.of("startupProbe", "readinessProbe", "livenessProbe")) {
      JsonNode get = CONTAINER.path(probe).path("httpGet");
      assertThat(get.path("port").asText()).isEqualTo(port);
      asked.put(probe, get.path("path").asText());
    }
    assertThat(asked)
        .isEqualTo(
            Map.of(
                "startupProbe", "/livez", "readinessProbe", "/readyz", "livenessProbe", "/livez"));
    assertThat(paths()).containsAll(asked.values());
    for (JsonNode service : SERVICES) {
      assertThat(service.at("/spec/ports/0/port").asInt()).isEqualTo(ListenOptions.BASE_PORT);
      assertThat(service.at("/spec/ports/0/targetPort").asText()).isEqualTo(port);
    }
  }

  @Test
  void aHangingLoopIsGivenLongerThanItsOwnLimit() {
    JsonNode liveness = CONTAINER.path("livenessProbe");
    long ms = 1_000L * liveness.path("periodSeconds").asInt();
    assertThat(ms * liveness.path("failureThreshold").asInt())
        .isGreaterThan(EngineHealth.MAX_STEP_MS);
  }

  @Test
  void thereIsTimeToStopInOrder() {
    List<String> preStop = strings(CONTAINER.at("/lifecycle/preStop/exec/command"));
    assertThat(preStop.get(0)).isEqualTo("sleep");
    Duration needed = Duration.ofSeconds(Long.parseLong(preStop.get(1))).plus(Shutdown.PATIENCE);
    assertThat(Duration.ofSeconds(POD.path("terminationGracePeriodSeconds").asLong()))
        .isGreaterThan(needed.plusSeconds(5));
  }

  @Test
  void thePodIsNotRootAndWritesOnlyWhereItMust() {
    for (String field : List.of("runAsUser", "runAsGroup", "fsGroup")) {
      assertThat(POD.path("securityContext").path(field).asText()).isEqualTo(USER);
    }
    assertThat(POD.at("/securityContext/runAsNonRoot").booleanValue()).isTrue();
    assertThat(POD.at("/securityContext/seccompProfile/type").asText()).isEqualTo("RuntimeDefault");
    JsonNode security = CONTAINER.path("securityContext");
    assertThat(security.path("readOnlyRootFilesystem").booleanValue()).isTrue();
    assertThat(security.path("allowPrivilegeEscalation").asBoolean(true)).isFalse();
    assertThat(strings(security.at("/capabilities/drop"))).containsExactly("ALL");
    Map<String, String> writable = new TreeMap<>();
    for (JsonNode mount : CONTAINER.path("volumeMounts")) {
      if (!mount.path("readOnly").asBoolean(false)) {
        writable.put(mount.path("mountPath").asText(), mount.path("name").asText());
      }
    }
    String state = SPEC.at("/volumeClaimTemplates/0/metadata/name").asText();
    assertThat(writable).isEqualTo(Map.of(STATE, state, "/tmp", "tmp"));
    assertThat(POD.at("/volumes/0/name").asText()).isEqualTo("tmp");
    assertThat(POD.at("/volumes/0").has("emptyDir")).isTrue();
    assertThat(SPEC.at("/volumeClaimTemplates/0/spec/resources/requests/storage").asText())
        .isEqualTo("10Gi");
  }

  @Test
  void theMemoryIsEnough() {
    long gib = number(CONTAINER.at("/resources/limits/memory").asText(), "^(\\d+)Gi$");
    assertFits(
        gib << 30, Long.parseLong(settings().getOrDefault("TRENDING_STORE_MEMORY_BYTES", "")));
  }

  @Test
  void theFilesOfTheSecretAreThoseThatAreNamed() {
    JsonNode secret = yaml(DIR + "secret.example.yaml").get(0);
    assertThat(POD.at("/volumes/1/secret/secretName").asText())
        .isEqualTo(secret.at("/metadata/name").asText());
    assertThat(CONTAINER.at("/volumeMounts/2/mountPath").asText()).isEqualTo(SECRET);
    for (String name : List.of("TRENDING_TOKENS_FILE", "TRENDING_PEER_SECRET_FILE")) {
      String file = settings().getOrDefault(name, "");
      assertThat(file).startsWith(SECRET + "/");
      assertThat(map(secret.path("stringData"))).containsKey(file.substring(SECRET.length() + 1));
    }
    // The example shall not reach a cluster with the rest.
    assertThat(text(DIR + "kustomization.yaml")).doesNotContain("secret.example");
  }

  @Test
  void selectorsFindThePodsAndOnlyThePeersServiceTellsOfThoseThatAreNotReady() {
    assertThat(map(SPEC.at("/template/metadata/labels"))).isEqualTo(LABELS);
    assertThat(map(SPEC.at("/selector/matchLabels"))).isEqualTo(LABELS);
    JsonNode budget = yaml(DIR + "poddisruptionbudget.yaml").get(0);
    assertThat(map(budget.at("/spec/selector/matchLabels"))).isEqualTo(LABELS);
    assertThat(budget.at("/spec/maxUnavailable").asInt()).isEqualTo(1);
    SERVICES.forEach(each -> assertThat(map(each.at("/spec/selector"))).isEqualTo(LABELS));
    for (String path :
        List.of(
            "/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/0"
                + "/podAffinityTerm/labelSelector/matchLabels",
            "/topologySpreadConstraints/0/labelSelector/matchLabels")) {
      assertThat(map(POD.at(path))).as(path).isEqualTo(LABELS);
    }
    JsonNode peers = SERVICES.get(0);
    assertThat(SPEC.path("serviceName").asText()).isEqualTo(peers.at("/metadata/name").asText());
    assertThat(peers.at("/spec/clusterIP").asText()).isEqualTo("None");
    assertThat(peers.at("/spec/publishNotReadyAddresses").booleanValue()).isTrue();
    assertThat(SERVICES.get(1).at("/spec").has("publishNotReadyAddresses")).isFalse();
  }

  @Test
  void theExampleOfTheSecretIsRefused() {
    JsonNode example = yaml(DIR + "secret.example.yaml").get(0).path("stringData");
    byte[] tokens = example.path("tokens").asText().getBytes(StandardCharsets.UTF_8);
    byte[] secret = example.path("peer-secret").asText().getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> Tokens.parse(tokens)).isInstanceOf(UnusableFileException.class);
    assertThatThrownBy(() -> PeerSecret.parse(secret)).isInstanceOf(UnusableFileException.class);
  }

  @Test
  void theMonitorScrapesThePeersServiceWithATokenOfTheSecret() {
    JsonNode monitor = yaml(DIR + "components/service-monitor/servicemonitor.yaml").get(0);
    assertThat(map(monitor.at("/spec/selector/matchLabels")))
        .isEqualTo(map(SERVICES.get(0).at("/metadata/labels")));
    JsonNode endpoint = monitor.at("/spec/endpoints/0");
    assertThat(endpoint.path("port").asText())
        .isEqualTo(SERVICES.get(0).at("/spec/ports/0/name").asText());
    assertThat(paths()).contains(endpoint.path("path").asText());
    JsonNode secret = yaml(DIR + "secret.example.yaml").get(0);
    JsonNode token = endpoint.at("/authorization/credentials");
    assertThat(token.path("name").asText()).isEqualTo(secret.at("/metadata/name").asText());
    assertThat(map(secret.path("stringData"))).containsKey(token.path("key").asText());
  }

  @Test
  void thePolicyIsAboutThePodsAndThePort() {
    JsonNode policy = yaml(DIR + "components/network-policy/networkpolicy.yaml").get(0);
    assertThat(map(policy.at("/spec/podSelector/matchLabels"))).isEqualTo(LABELS);
    assertThat(policy.at("/spec/ingress/0/ports/0/port").asText())
        .isEqualTo(CONTAINER.at("/ports/0/name").asText());
  }

  @Test
  void kustomizeFindsEveryFileAndTheImageHasTheProjectsVersion() throws IOException {
    Set<String> named = new TreeSet<>(Set.of("kustomization.yaml", "secret.example.yaml"));
    JsonNode base = yaml(DIR + "kustomization.yaml").get(0);
    named.addAll(strings(base.path("resources")));
    named.addAll(strings(base.at("/configMapGenerator/0/envs")));
    Path dir = DeployFiles.ROOT.resolve(DIR);
    try (Stream<Path> files = Files.list(dir)) {
      assertThat(files.filter(Files::isRegularFile).map(f -> f.getFileName().toString()))
          .containsExactlyInAnyOrderElementsOf(named);
    }
    assertThat(base.at("/configMapGenerator/0/name"))
        .isEqualTo(CONTAINER.at("/envFrom/0/configMapRef/name"));
    assertThat(base.at("/images/0/name")).isEqualTo(CONTAINER.path("image"));
    assertThat(base.at("/images/0/newTag").asText()).isEqualTo(pomProperty("version"));
    try (Stream<Path> components = Files.list(dir.resolve("components"))) {
      components.forEach(each -> assertComponent(DIR + "components/" + each.getFileName()));
    }
  }

  private static void assertComponent(String component) {
    assertThat(text(DIR + "kustomization.yaml")).contains(component.substring(DIR.length()));
    JsonNode file = yaml(component + "/kustomization.yaml").get(0);
    assertThat(file.path("kind").asText()).isEqualTo("Component");
    for (String each : strings(file.path("resources"))) {
      assertThat(yaml(component + "/" + each)).isNotEmpty();
    }
    for (JsonNode patch : file.path("patches")) {
      JsonNode patched = yaml(component + "/" + patch.path("path").asText()).get(0);
      assertThat(patched.at("/metadata/name")).isEqualTo(SET.at("/metadata/name"));
      assertThat(patched.at("/spec/template/spec/containers/0/name"))
          .isEqualTo(CONTAINER.path("name"));
    }
  }
}
