package io.streamsocial.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Holds answers against what {@code /openapi.json} says of them, by a validator that is not ours:
 * nothing promised may be missing, and nothing may be there that is not described.
 */
final class AnswerSchemas {
  private static final String PROBLEM = "/components/responses/Problem";

  private final SchemaRegistry registry =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
  private final Map<String, Schema> known = new HashMap<>();
  private final List<Resource> resources;
  private final JsonNode document;

  AnswerSchemas(List<Resource> resources) {
    this.resources = resources;
    this.document = TestServer.parse(new String(OpenApi.of(resources), StandardCharsets.UTF_8));
  }

  /**
   * Checks one answer.
   *
   * @param path as it was asked for, parameters included
   * @param contentType of the answer; what is not JSON is not looked at
   */
  void check(String method, String path, int status, String contentType, String body) {
    boolean isProblem = contentType.startsWith(Response.PROBLEM_JSON);
    if (body.isEmpty() || !(isProblem || contentType.startsWith(Response.JSON))) {
      return;
    }
    String where = isProblem ? PROBLEM : response(method, path, status);
    List<Error> errors = schema(where).validate(body, InputFormat.JSON);
    assertThat(errors).as("%s %s: %d %s against %s", method, path, status, body, where).isEmpty();
  }

  private String response(String method, String path, int status) {
    for (Resource each : resources) {
      if (each.method().name().equals(method)
          && each.match(Target.parse(path).path()).isPresent()) {
        return "/paths/%s/%s/responses/%d"
            .formatted(
                each.template().replace("~", "~0").replace("/", "~1"),
                method.toLowerCase(Locale.ROOT),
                status);
      }
    }
    throw new AssertionError("JSON from a path that nobody described: " + method + " " + path);
  }

  private synchronized Schema schema(String response) {
    return known.computeIfAbsent(
        response,
        pointer -> {
          JsonNode content = document.at(pointer).path("content");
          assertThat(content).as("content of %s", pointer).isNotEmpty();
          ObjectNode schema = content.iterator().next().path("schema").deepCopy();
          assertThat(schema).as("schema of %s", pointer).isNotEmpty();
          close(schema);
          ObjectNode components = document.path("components").deepCopy();
          components.path("schemas").forEach(AnswerSchemas::closeInside);
          schema.set("components", components);
          return registry.getSchema(schema.toString());
        });
  }

  /** Nothing but what is described; on top of a whole schema, never inside of an allOf. */
  private static void close(JsonNode schema) {
    if (schema.has("$ref") || schema.has("properties") || schema.has("allOf")) {
      ((ObjectNode) schema).put("unevaluatedProperties", false);
    } else if (schema.path("type").asText().equals("object")) {
      assertThat(schema.has("additionalProperties")).as("described: %s", schema).isTrue();
    }
    closeInside(schema);
  }

  private static void closeInside(JsonNode schema) {
    schema.path("properties").forEach(AnswerSchemas::close);
    schema.path("allOf").forEach(AnswerSchemas::closeInside);
    if (schema.has("items")) {
      close(schema.path("items"));
    }
  }
}
