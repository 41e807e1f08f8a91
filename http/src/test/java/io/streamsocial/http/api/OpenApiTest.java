package io.streamsocial.http.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.streamsocial.http.IdempotencyKey;
import io.streamsocial.http.Parameter;
import io.streamsocial.http.Resource;
import io.streamsocial.http.fixture.TestServer;
import io.swagger.v3.parser.OpenAPIV3Parser;
import io.swagger.v3.parser.core.models.ParseOptions;
import io.swagger.v3.parser.core.models.SwaggerParseResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The description of the API, against the route table and a parser that is not ours. */
final class OpenApiTest {
  private static TestServer server;
  private static JsonNode document;

  @BeforeAll
  static void start() {
    server = new TestServer();
    document = server.json("/openapi.json");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void itIsValidOpenApi31() {
    ParseOptions options = new ParseOptions();
    options.setResolve(true);
    SwaggerParseResult parsed =
        new OpenAPIV3Parser().readContents(document.toString(), null, options);
    assertThat(parsed.getMessages()).isEmpty();
    assertThat(parsed.getOpenAPI().getOpenapi()).isEqualTo("3.1.0");
    assertThat(parsed.getOpenAPI().getPaths().keySet()).contains("/api/trending", "/ws");
  }

  @Test
  void everyRouteAndEveryParameterIsInIt() {
    Set<String> described = new TreeSet<>();
    for (var path : document.path("paths").properties()) {
      for (var operation : path.getValue().properties()) {
        described.add(operation.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey());
      }
    }
    Set<String> routes = new TreeSet<>();
    for (Resource each : server.server.resources()) {
      routes.add(each.method() + " " + each.template());
      List<String> names = new ArrayList<>();
      for (JsonNode parameter : operation(each).path("parameters")) {
        if (!parameter.path("in").asText().equals("header")) {
          names.add(parameter.path("name").asText());
        }
      }
      List<String> known =
          new ArrayList<>(each.parameters().stream().map(Parameter::name).toList());
      if (each.template().contains("{")) {
        known.add(0, each.template().replaceAll(".*\\{|\\}.*", ""));
      }
      assertThat(names).as(each.template()).isEqualTo(known);
    }
    assertThat(described).isEqualTo(routes);
  }

  private static JsonNode operation(Resource resource) {
    return document
        .path("paths")
        .path(resource.template())
        .path(resource.method().name().toLowerCase(Locale.ROOT));
  }

  @Test
  void everyPathOfTheApiIsToldInWords() {
    for (Resource each : server.server.resources()) {
      if (!each.template().startsWith("/web/")) {
        assertThat(operation(each).path("summary").asText())
            .as("words for %s in openapi.json", each.template())
            .isNotEqualTo(each.template());
      }
      operation(each)
          .path("parameters")
          .forEach(p -> assertThat(p.path("description").asText()).as(p.toString()).isNotEmpty());
    }
  }

  @Test
  void theBoundsOfParametersAreThoseThatTheServerChecks() {
    JsonNode parameters = document.at("/paths/~1api~1trending/get/parameters");
    JsonNode windows = find(parameters, "windows").path("schema");
    int max = windows.path("maximum").asInt();
    assertThat(server.get("/api/trending?windows=" + max).statusCode()).isEqualTo(200);
    assertThat(server.get("/api/trending?windows=" + (max + 1)).statusCode()).isEqualTo(400);
    assertThat(windows.path("default").asInt()).isEqualTo(3);
    assertThat(find(parameters, "at").path("schema").path("x-retention-ms").asLong())
        .isEqualTo(3_600_000);
  }

  @Test
  void theExamplesOfPostingHaveWhatIsRequired() {
    JsonNode accepted =
        document.at("/paths/~1api~1posts/post/responses/202/content/application~1json/example");
    Set<String> fields = new TreeSet<>();
    accepted.fieldNames().forEachRemaining(fields::add);
    document
        .at("/components/schemas/Accepted/required")
        .forEach(name -> assertThat(fields).contains(name.asText()));
    JsonNode header = find(document.at("/paths/~1api~1posts/post/parameters"), "Idempotency-Key");
    assertThat(header.path("in").asText()).isEqualTo("header");
    assertThat(IdempotencyKey.read(List.of(header.path("example").asText()))).isPresent();
  }

  private static JsonNode find(JsonNode parameters, String name) {
    for (JsonNode each : parameters) {
      if (each.path("name").asText().equals(name)) {
        return each;
      }
    }
    throw new AssertionError("no parameter " + name);
  }
}
