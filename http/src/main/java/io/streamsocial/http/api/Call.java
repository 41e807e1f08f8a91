package io.streamsocial.http.api;

import io.streamsocial.http.Fault;
import io.streamsocial.http.Faults;
import io.streamsocial.http.Parameter;
import io.streamsocial.http.Problem;
import io.streamsocial.http.ProblemType;
import io.streamsocial.http.RefusalException;
import io.streamsocial.http.Request;
import io.streamsocial.http.peers.RoutedQueries;
import java.time.Duration;
import java.util.Optional;

/**
 * One request to an endpoint of an embedding program: admitted, within all limits, with valid
 * parameters. Immutable; any thread.
 */
public final class Call {
  private final Request request;
  private final String variableName;
  private final RoutedQueries queries;
  private final long deadlineNanos;

  /**
   * @param variableName of the path; empty when it has none
   */
  Call(Request request, String variableName, RoutedQueries queries, Duration within) {
    this.request = request;
    this.variableName = variableName;
    this.queries = queries;
    this.deadlineNanos = System.nanoTime() + within.toNanos();
  }

  /** The segment of the path that stands for {@code {name}}, decoded; never empty there. */
  public String variable() {
    return request.variable();
  }

  /**
   * For a parameter that has a value when it is absent.
   *
   * @throws java.util.NoSuchElementException when it is absent and has none
   */
  public <T> T get(Parameter<T> parameter) {
    return request.get(parameter);
  }

  public <T> Optional<T> find(Parameter<T> parameter) {
    return request.arguments().find(parameter);
  }

  /** Of a POST, at most as long as the server's limit; do not change it. */
  public byte[] body() {
    return request.body();
  }

  /** With its parameters; empty when the client did not say. */
  public String contentType() {
    return request.headers().contentType();
  }

  /** The request's name in the logs of every instance that has a part in the answer. */
  public String requestId() {
    return request.requestId();
  }

  /** When it was read, epoch milliseconds. */
  public long nowMs() {
    return request.nowMs();
  }

  /** Until the client gets a 503 instead of an answer; not negative. */
  public Duration remaining() {
    return Duration.ofNanos(Math.max(0, deadlineNanos - System.nanoTime()));
  }

  /** Asks the state of the whole application, whichever instances hold it. */
  public RoutedQueries queries() {
    return queries;
  }

  /**
   * To be thrown when the path's variable is none that is allowed: 400 with the reason.
   *
   * @param allowed what is, for people
   */
  public RefusalException badVariable(String allowed) {
    Fault fault = new Fault.OfParameter(variableName, variable(), allowed, null);
    return new RefusalException(Problem.badParameters(Faults.of(fault)));
  }

  /** To be thrown when there is nothing by the name that the path has: 404. */
  public RefusalException notFound(String detail) {
    return new RefusalException(Problem.of(ProblemType.NOT_FOUND, detail));
  }
}
