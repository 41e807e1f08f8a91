package io.streamsocial.http.api;

import io.streamsocial.http.Endpoint;
import io.streamsocial.http.Parameter;
import io.streamsocial.http.Request;
import io.streamsocial.http.Response;
import io.streamsocial.http.peers.Members;
import io.streamsocial.http.peers.ThisInstance;
import io.streamsocial.processor.EngineHealth;
import java.util.function.Predicate;

/** GET /livez and /readyz: 200 "ok" or 503 "not ok", as text; verbose lists the checks. */
final class ProbeEndpoint implements Endpoint.Direct {
  static final Parameter<Boolean> VERBOSE = Parameter.flag("verbose");

  private final ThisInstance self;
  private final Members members;
  private final Predicate<Health> claim;

  ProbeEndpoint(ThisInstance self, Members members, Predicate<Health> claim) {
    this.self = self;
    this.members = members;
    this.claim = claim;
  }

  @Override
  public Response answer(Request request) {
    Health health = Health.of(self, members.group(), request.now());
    boolean holds = claim.test(health);
    StringBuilder text = new StringBuilder();
    if (request.get(VERBOSE)) {
      for (EngineHealth.Check check : health.checks()) {
        text.append(check.ok() ? "[+] " : "[-] ")
            .append(check.name())
            .append(": ")
            .append(check.detail())
            .append('\n');
      }
    }
    text.append(holds ? "ok\n" : "not ok\n");
    return Response.text(holds ? 200 : 503, text.toString());
  }
}
