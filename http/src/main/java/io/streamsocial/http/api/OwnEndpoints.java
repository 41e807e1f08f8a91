package io.streamsocial.http.api;

import io.streamsocial.http.BoundedPool;
import io.streamsocial.http.Resource;
import io.streamsocial.http.peers.Router;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.trends.Queries;
import java.util.ArrayList;
import java.util.List;

/** The part of the route table that an embedding program brings. */
public final class OwnEndpoints {
  private OwnEndpoints() {}

  /**
   * @param reads runs the handlers that may block; stays the caller's
   * @param builtIn the server's own, which none of them may hide
   * @throws ConfigException with all that is wrong with any of them
   */
  public static List<Resource> resources(
      List<OwnEndpoint> endpoints,
      BoundedPool reads,
      Router router,
      Queries queries,
      List<Resource> builtIn) {
    List<String> problems = new ArrayList<>();
    List<Resource> taken = new ArrayList<>(builtIn);
    List<Resource> resources = new ArrayList<>();
    for (OwnEndpoint each : endpoints) {
      List<String> own = each.problems();
      problems.addAll(own);
      if (own.isEmpty()) {
        Resource resource = each.resource(new HandlerEndpoint(each, reads, router, queries));
        taken.stream()
            .filter(resource::overlaps)
            .findFirst()
            .ifPresent(other -> problems.add(conflict(each, other)));
        taken.add(resource);
        resources.add(resource);
      }
    }
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
    return resources;
  }

  private static String conflict(OwnEndpoint endpoint, Resource other) {
    return "%s: its path is also one of %s %s%s; give it another"
        .formatted(
            endpoint,
            other.method(),
            other.template(),
            other.words().isPresent() ? "" : ", which the server answers itself");
  }
}
