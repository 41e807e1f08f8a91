package io.streamsocial.http;

import io.netty.handler.codec.http.HttpMethod;
import java.util.List;
import java.util.Optional;

/**
 * One line of the route table.
 *
 * @param template the path; a last segment in braces stands for any one segment
 * @param method GET, which also answers HEAD, or POST; OPTIONS is always answered
 * @param access what its caller needs
 * @param parameters every query parameter that the path understands
 * @param words of the API's description; empty where they are in its file
 */
public record Resource(
    String template,
    HttpMethod method,
    Access access,
    List<Parameter<?>> parameters,
    Endpoint endpoint,
    Optional<Words> words) {

  /** For readers, where nothing else is said. */
  public static Resource get(String template, Endpoint endpoint, Parameter<?>... parameters) {
    return new Resource(
        template, HttpMethod.GET, Access.READ, List.of(parameters), endpoint, Optional.empty());
  }

  /** For writers, where nothing else is said. */
  public static Resource post(String template, Endpoint endpoint, Parameter<?>... parameters) {
    return new Resource(
        template, HttpMethod.POST, Access.WRITE, List.of(parameters), endpoint, Optional.empty());
  }

  public Resource needing(Access other) {
    return new Resource(template, method, other, parameters, endpoint, words);
  }

  /** The value of an Allow header. */
  public String allow() {
    return method.equals(HttpMethod.GET) ? "GET, HEAD, OPTIONS" : method + ", OPTIONS";
  }

  public boolean answers(HttpMethod asked) {
    return asked.equals(method) || (asked.equals(HttpMethod.HEAD) && method.equals(HttpMethod.GET));
  }

  /** Whether some path would be both of them. */
  public boolean overlaps(Resource other) {
    int brace = template.indexOf('{');
    if (brace < 0) {
      return other.match(template).isPresent();
    }
    int theirs = other.template.indexOf('{');
    return theirs < 0
        ? match(other.template).isPresent()
        : template.substring(0, brace).equals(other.template.substring(0, theirs));
  }

  /**
   * Whether the path is this one.
   *
   * @param rawPath still percent-encoded, so that an encoded slash stays inside its segment
   * @return the variable segment, decoded, or empty text when the template has none
   * @throws IllegalArgumentException when the segment is not percent-encoded UTF-8; the message
   *     says what is allowed
   */
  public Optional<String> match(String rawPath) {
    int brace = template.indexOf('{');
    if (brace < 0) {
      return rawPath.equals(template) ? Optional.of("") : Optional.empty();
    }
    if (!rawPath.startsWith(template.substring(0, brace))) {
      return Optional.empty();
    }
    String segment = rawPath.substring(brace);
    if (segment.isEmpty() || segment.indexOf('/') >= 0) {
      return Optional.empty();
    }
    try {
      return Optional.of(Percent.ofPath(segment));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(Percent.allowed(parameters), e);
    }
  }
}
