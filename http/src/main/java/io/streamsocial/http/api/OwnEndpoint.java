package io.streamsocial.http.api;

import io.netty.handler.codec.http.HttpMethod;
import io.streamsocial.http.Access;
import io.streamsocial.http.Parameter;
import io.streamsocial.http.Resource;
import io.streamsocial.http.Response;
import io.streamsocial.http.Words;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * An endpoint that an embedding program adds to the server, with what the server has to know of it.
 * It is admitted, limited, traced, measured and described as the server's own are. Not thread-safe;
 * the server reads it when it starts, and says then what is wrong with it.
 */
public final class OwnEndpoint {
  /** How long an answer may take where nothing else is said. */
  public static final Duration WITHIN = Duration.ofSeconds(10);

  private static final Duration LEAST = Duration.ofMillis(10);
  private static final Duration MOST = Duration.ofMinutes(1);
  private static final Pattern TEMPLATE =
      Pattern.compile("(/[A-Za-z0-9._~-]+)*(/[A-Za-z0-9._~-]+|/\\{[a-z][a-z0-9_]*})");

  private final String method;
  private final String template;
  private final Handler handler;
  private final List<Parameter<?>> parameters = new ArrayList<>();
  private final Map<String, String> words = new HashMap<>();
  private String summary = "";
  private String description = "";
  private String answer = "the answer";
  private String type = Response.JSON;
  private Access access;
  private Duration within = WITHIN;
  private boolean isDirect;

  private OwnEndpoint(String method, String template, Handler handler) {
    this.method = method;
    this.template = template;
    this.handler = handler;
    this.access = method.equals("POST") ? Access.WRITE : Access.READ;
  }

  /**
   * @param method GET, which also answers HEAD, or POST; OPTIONS is always answered
   * @param template the path; its last segment may be {@code {name}}, which stands for any one
   *     segment
   */
  public static OwnEndpoint of(String method, String template, Handler handler) {
    return new OwnEndpoint(method, template, handler);
  }

  /** In the API's description: one line. */
  public OwnEndpoint summary(String line) {
    summary = line;
    return this;
  }

  /** In the API's description: a paragraph more. */
  public OwnEndpoint description(String paragraph) {
    description = paragraph;
    return this;
  }

  /** In the API's description: what the path's variable is. */
  public OwnEndpoint variable(String line) {
    words.put(variableName(), line);
    return this;
  }

  /** A query parameter that it understands; others are refused with 400. */
  public OwnEndpoint parameter(Parameter<?> parameter, String line) {
    parameters.add(parameter);
    words.put(parameter.name(), line);
    return this;
  }

  /**
   * In the API's description: what a request gets.
   *
   * @param contentType of it; JSON where nothing is said
   */
  public OwnEndpoint answers(String line, String contentType) {
    answer = line;
    type = contentType;
    return this;
  }

  /** What its caller needs; otherwise the right to read for GET, to write for POST. */
  public OwnEndpoint needing(Access other) {
    access = other;
    return this;
  }

  /** How long an answer may take, 10 ms to 1 minute: after that the client gets 503. */
  public OwnEndpoint within(Duration time) {
    within = time;
    return this;
  }

  /**
   * The handler neither blocks nor computes for more than a millisecond: it is called on the event
   * loop, and also while the read pool is full. One that breaks this holds up other clients.
   */
  public OwnEndpoint nonBlocking() {
    isDirect = true;
    return this;
  }

  Handler handler() {
    return handler;
  }

  Duration within() {
    return within;
  }

  boolean isGet() {
    return method.equals("GET");
  }

  boolean isDirect() {
    return isDirect;
  }

  /** Of the path; empty when it has none. */
  String variableName() {
    int brace = template.indexOf('{');
    return brace < 0 ? "" : template.substring(brace + 1, template.length() - 1);
  }

  /** What is wrong with it by itself, each with what is allowed. */
  List<String> problems() {
    List<String> problems = new ArrayList<>();
    if (!method.equals("GET") && !method.equals("POST")) {
      problems.add("%s: the method may be GET or POST".formatted(this));
    }
    if (!TEMPLATE.matcher(template).matches()) {
      problems.add(
          "%s: a path begins with / and has segments of letters, digits and . _ ~ -; only the last may be {name}"
              .formatted(this));
    }
    if (access == Access.PEER) {
      problems.add("%s: access is PEER, which is for the server's own paths".formatted(this));
    }
    if (within.compareTo(LEAST) < 0 || within.compareTo(MOST) > 0) {
      problems.add(
          "%s: within is %d ms: allowed is %d to %d"
              .formatted(this, within.toMillis(), LEAST.toMillis(), MOST.toMillis()));
    }
    if (parameters.stream().map(Parameter::name).distinct().count() < parameters.size()) {
      problems.add("%s: two parameters have one name".formatted(this));
    }
    return problems;
  }

  /** As a line of the route table. */
  Resource resource(HandlerEndpoint endpoint) {
    return new Resource(
        template,
        HttpMethod.valueOf(method),
        access,
        List.copyOf(parameters),
        endpoint,
        Optional.of(new Words(summary, description, answer, type, words)));
  }

  /** As a message names it: its method and path. */
  @Override
  public String toString() {
    return "endpoint " + method + " " + template;
  }
}
