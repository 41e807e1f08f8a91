package io.streamsocial.cli.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The manifests against the types of Kubernetes' own API: a misspelt field would be dropped there.
 */
final class KubernetesFieldsTest {
  private static final Map<String, Class<?>> TYPES =
      Map.of(
          "apps/v1 StatefulSet", StatefulSet.class,
          "v1 Service", Service.class,
          "v1 Secret", Secret.class,
          "policy/v1 PodDisruptionBudget", PodDisruptionBudget.class,
          "networking.k8s.io/v1 NetworkPolicy", NetworkPolicy.class);

  /** The types would keep what they do not know. */
  private static final class Strict extends JacksonAnnotationIntrospector {
    private static final long serialVersionUID = 1L;

    @Override
    public Boolean hasAnySetter(Annotated annotated) {
      return false;
    }
  }

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .annotationIntrospector(new Strict())
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "statefulset.yaml",
        "services.yaml",
        "poddisruptionbudget.yaml",
        "secret.example.yaml",
        "components/network-policy/networkpolicy.yaml",
        "components/tls/statefulset.yaml"
      })
  void everyFieldIsOneThatKubernetesKnows(String file) throws JsonProcessingException {
    for (JsonNode each : DeployFiles.yaml("deploy/kubernetes/" + file)) {
      String type = each.path("apiVersion").asText() + " " + each.path("kind").asText();
      assertThat(TYPES).containsKey(type);
      assertThat(MAPPER.treeToValue(each, TYPES.get(type))).isNotNull();
      JsonNode metadata = each.path("metadata");
      ((ObjectNode) metadata).put("labls", "misspelt");
      assertThatThrownBy(() -> MAPPER.treeToValue(each, TYPES.get(type)))
          .isInstanceOf(UnrecognizedPropertyException.class);
    }
  }
}
