package io.streamsocial.http.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.handler.codec.http.HttpMethod;
import io.streamsocial.http.Access;
import io.streamsocial.http.Json;
import io.streamsocial.http.Parameter;
import io.streamsocial.http.Resource;
import io.streamsocial.http.Response;
import io.streamsocial.http.Version;
import io.streamsocial.http.Words;
import io.streamsocial.processor.views.ViewSchema;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The API's description, OpenAPI 3.1. Its paths, methods and parameters are read from the route
 * table, so that it cannot differ from the server; the words beside them and the schemas of the
 * answers are in {@code openapi.json}, but for endpoints of an embedding program, which bring
 * words.
 */
public final class OpenApi {
  private static final List<String> PROBLEMS = List.of("400", "429", "503");
  private static final List<String> REFUSALS = List.of("401", "403");

  private final ObjectNode words;

  private OpenApi(ObjectNode words) {
    this.words = words;
  }

  /**
   * The document for this route table, encoded.
   *
   * @param views whose paths are in the table
   */
  public static byte[] of(List<Resource> resources, List<ViewSchema> views) {
    ObjectNode words = words();
    views.forEach(view -> ViewWords.add(view, words));
    OpenApi api = new OpenApi(words);
    ObjectNode document = api.document(resources);
    return Json.bytes(json -> json.writeTree(document));
  }

  private static ObjectNode words() {
    try (InputStream in = OpenApi.class.getResourceAsStream("openapi.json")) {
      return (ObjectNode) Json.MAPPER.readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the words of the API's description", e);
    }
  }

  private ObjectNode document(List<Resource> resources) {
    ObjectNode document = Json.MAPPER.createObjectNode();
    document.put("openapi", "3.1.0");
    ObjectNode info = document.putObject("info");
    info.setAll((ObjectNode) words.path("info"));
    info.put("version", Version.TEXT);
    document.putArray("servers").addObject().put("url", "/");
    ArrayNode tags = document.putArray("tags");
    ObjectNode paths = document.putObject("paths");
    Set<String> used = new HashSet<>();
    for (Resource each : resources) {
      ObjectNode path = paths.withObjectProperty(each.template());
      ObjectNode operation = operation(each);
      used.add(operation.at("/tags/0").asText());
      path.set(each.method().name().toLowerCase(Locale.ROOT), operation);
    }
    for (JsonNode tag : words.path("tags")) {
      if (used.contains(tag.path("name").asText())) {
        tags.add(tag);
      }
    }
    document.set("components", words.path("components"));
    return document;
  }

  private ObjectNode operation(Resource resource) {
    JsonNode described =
        resource
            .words()
            .<JsonNode>map(own -> described(resource, own))
            .orElseGet(
                () -> words.path("operations").path(resource.method() + " " + resource.template()));
    ObjectNode operation = Json.MAPPER.createObjectNode();
    String otherwise = resource.template().startsWith("/web/") ? "pages" : "more";
    operation.putArray("tags").add(described.path("tag").asText(otherwise));
    operation.put("operationId", operationId(resource));
    operation.put("summary", described.path("summary").asText(resource.template()));
    if (described.has("description")) {
      operation.set("description", described.path("description"));
    }
    ArrayNode parameters = operation.putArray("parameters");
    variable(resource).ifPresent(name -> pathParameter(parameters.addObject(), name, described));
    for (Parameter<?> parameter : resource.parameters()) {
      queryParameter(parameters.addObject(), parameter, described);
    }
    described.path("headers").forEach(parameters::add);
    if (described.has("requestBody")) {
      operation.set("requestBody", described.path("requestBody"));
    }
    security(operation, resource);
    responses(operation.putObject("responses"), described, resource.access() != Access.OPEN);
    return operation;
  }

  /** The words of a program's own endpoint, in the form that those of the file have. */
  private static ObjectNode described(Resource resource, Words own) {
    ObjectNode described = Json.MAPPER.createObjectNode();
    described.put("tag", "own");
    described.put("summary", own.summary().isEmpty() ? resource.template() : own.summary());
    if (!own.description().isEmpty()) {
      described.put("description", own.description());
    }
    described.put("answer", own.answer());
    described.put("type", own.type());
    if (own.type().equals(Response.JSON)) {
      described.put("schema", "Open");
    }
    if (resource.method().equals(HttpMethod.POST)) {
      described.putObject("requestBody").putObject("content").putObject("*/*");
    }
    ObjectNode parameters = described.putObject("parameters");
    own.parameters().forEach(parameters::put);
    return described;
  }

  /** What a parameter is: on this path, otherwise everywhere. */
  private String told(JsonNode described, String name, String otherwise) {
    JsonNode here = described.path("parameters").path(name);
    return (here.isTextual() ? here : words.path("parameters").path(name)).asText(otherwise);
  }

  /** The right that the route table requires; a server without tokens requires none of clients. */
  private static void security(ObjectNode operation, Resource resource) {
    ArrayNode security = operation.putArray("security");
    switch (resource.access()) {
      case OPEN -> {
        // An empty list says that nothing is needed.
      }
      case PEER -> {
        security.addObject().putArray("peerSecret");
        security.addObject().putArray("peerCertificate");
      }
      case READ, WRITE, ADMIN ->
          security.addObject().putArray("bearer").add(resource.access().label());
    }
  }

  private static String operationId(Resource resource) {
    String words = resource.template().replaceAll("[^A-Za-z0-9]+", "_").replaceAll("^_|_$", "");
    String method = resource.method().name().toLowerCase(Locale.ROOT);
    if (words.isEmpty()) {
      return method + "_home";
    }
    return method + "_" + words + (resource.template().endsWith("/") ? "_index" : "");
  }

  private static Optional<String> variable(Resource resource) {
    int brace = resource.template().indexOf('{');
    return brace < 0
        ? Optional.empty()
        : Optional.of(resource.template().substring(brace + 1, resource.template().indexOf('}')));
  }

  private void pathParameter(ObjectNode json, String name, JsonNode described) {
    json.put("name", name);
    json.put("in", "path");
    json.put("required", true);
    json.put("description", told(described, name, name));
    json.putObject("schema").put("type", "string");
  }

  private void queryParameter(ObjectNode json, Parameter<?> parameter, JsonNode described) {
    json.put("name", parameter.name());
    json.put("in", "query");
    json.put("description", told(described, parameter.name(), ""));
    Map<String, Object> schema = parameter.schema();
    json.set("schema", Json.MAPPER.valueToTree(schema));
    if (schema.get("type") instanceof String type && type.equals("boolean")) {
      json.put("allowEmptyValue", true);
    }
  }

  private static void responses(ObjectNode responses, JsonNode described, boolean refuses) {
    if (described.has("responses")) {
      responses.setAll((ObjectNode) described.path("responses"));
    } else {
      ObjectNode ok = responses.putObject("200");
      ok.put("description", described.path("answer").asText("the answer"));
      ObjectNode content =
          ok.putObject("content").putObject(described.path("type").asText(Response.JSON));
      String schema = described.path("schema").asText("");
      if (!schema.isEmpty()) {
        content.putObject("schema").put("$ref", "#/components/schemas/" + schema);
      }
    }
    List<String> problems = new ArrayList<>(PROBLEMS);
    if (refuses) {
      problems.addAll(REFUSALS);
    }
    for (String status : problems) {
      if (!responses.has(status)) {
        responses.putObject(status).put("$ref", "#/components/responses/Problem");
      }
    }
  }
}
