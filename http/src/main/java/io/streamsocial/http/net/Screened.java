package io.streamsocial.http.net;

import io.netty.handler.codec.http.HttpMethod;
import io.streamsocial.http.Arguments;
import io.streamsocial.http.Problem;
import io.streamsocial.http.Resource;
import org.jspecify.annotations.Nullable;

/**
 * What the head of a request says of it: refused, or where it goes.
 *
 * @param route a template of the route table or {@link Dispatcher#NO_ROUTE}
 * @param found null when the head is refused
 * @param arguments null when the head is refused, or asks only for the methods of its path
 * @param refusal null when the head is not refused
 */
record Screened(
    Target target,
    String route,
    @Nullable Found found,
    @Nullable Arguments arguments,
    @Nullable Problem refusal) {

  /**
   * @param variable the decoded segment of the path, or empty
   */
  record Found(Resource resource, String variable) {}

  static Screened refused(Target target, String route, Problem refusal) {
    return new Screened(target, route, null, null, refusal);
  }

  Screened refusedBy(Problem problem) {
    return refused(target, route, problem);
  }

  /** Whether it comes to an endpoint that looks at its body. */
  boolean readsBody() {
    return found != null && arguments != null && found.resource().method().equals(HttpMethod.POST);
  }
}
