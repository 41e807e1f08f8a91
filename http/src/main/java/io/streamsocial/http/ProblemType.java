package io.streamsocial.http;

/** Every kind of error answer: programs should look at the {@code type}. */
public enum ProblemType {
  MALFORMED_REQUEST("malformed-request", "The request is not valid HTTP", 400),
  BAD_PARAMETERS("bad-parameters", "Parameters are not valid", 400),
  BAD_POSTS("bad-posts", "Posts are not valid", 400),
  HOST_NOT_ALLOWED("host-not-allowed", "This server is not known by this name", 400),
  UNAUTHENTICATED("unauthenticated", "The caller has not shown who it is", 401),
  FORBIDDEN("forbidden", "The caller may not do this", 403),
  FOREIGN_ORIGIN("foreign-origin", "Pages of other sites may not open a stream", 403),
  NOT_FOUND("not-found", "There is nothing at this path", 404),
  METHOD_NOT_ALLOWED("method-not-allowed", "This path does not answer this method", 405),
  REQUEST_TIMEOUT("request-timeout", "The request did not arrive in time", 408),
  BODY_TOO_LARGE("body-too-large", "The body is too large", 413),
  TARGET_TOO_LONG("target-too-long", "The request line is too long", 414),
  UNSUPPORTED_TYPE("unsupported-type", "The body's type is not understood", 415),
  EXPECTATION("expectation-failed", "The server cannot do what the request expects", 417),
  MISDIRECTED("misdirected", "The partitions asked for are not here", 421),
  SCAN_TOO_LARGE("scan-too-large", "Too many rows would be read", 422),
  UPGRADE_REQUIRED("upgrade-required", "This path speaks WebSocket only", 426),
  TOO_MANY_REQUESTS("too-many-requests", "Too many requests from one address", 429),
  HEADERS_TOO_LARGE("headers-too-large", "The headers are too large", 431),
  INTERNAL("internal-error", "The server failed", 500),
  OVERLOADED("overloaded", "Too many requests are waiting", 503),
  TOO_SLOW("too-slow", "The answer was not ready in time", 503),
  BEHIND("behind", "The state does not include the posts yet", 503),
  PARTIAL("partial", "The answer would be partial", 503),
  PARTITION_UNAVAILABLE("partition-unavailable", "The key's partition does not answer", 503),
  KAFKA_UNAVAILABLE("kafka-unavailable", "Kafka did not acknowledge", 503),
  STARTING("starting", "The instance has not started yet", 503),
  HTTP_VERSION("http-version", "This version of HTTP is not supported", 505);

  private final String name;
  private final String title;
  private final int status;

  ProblemType(String name, String title, int status) {
    this.name = name;
    this.title = title;
    this.status = status;
  }

  /** A relative reference, as RFC 9457 allows. */
  public String uri() {
    return "/problems/" + name;
  }

  String title() {
    return title;
  }

  public int status() {
    return status;
  }
}
