package io.streamsocial.http.server;

import io.micrometer.core.instrument.MeterRegistry;
import io.netty.util.concurrent.EventExecutor;
import io.streamsocial.http.Endpoint;
import io.streamsocial.http.Parameter;
import io.streamsocial.http.Request;
import io.streamsocial.http.Resource;
import io.streamsocial.http.Response;
import io.streamsocial.http.api.OpenApi;
import io.streamsocial.http.live.StreamEndpoint;
import io.streamsocial.http.live.StreamMetrics;
import io.streamsocial.http.live.TrendStreams;
import io.streamsocial.http.net.HttpLimits;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What browsers use beside the API: the live streams, the pages, and the API's own description. It
 * adds its paths to the API's, as the streams answer what one of those does.
 */
final class Web {
  private static final String TRENDING = "/api/trending";
  private static final String DESCRIPTION = "/openapi.json";
  private static final Set<String> OF_A_STREAM = Set.of("limit", "windows", "region");

  private final List<Resource> resources = new ArrayList<>();
  private final TrendStreams streams;
  private final Response description;

  /**
   * @param api the paths that are there already
   * @param origins whose pages may follow the streams beside our own
   * @param executor where the streams tick
   */
  Web(
      List<Resource> api,
      HttpLimits limits,
      List<String> origins,
      EventExecutor executor,
      InstantSource clock,
      MeterRegistry registry) {
    Resource trending =
        api.stream().filter(each -> each.template().equals(TRENDING)).findFirst().orElseThrow();
    Parameter<?>[] followed =
        trending.parameters().stream()
            .filter(each -> OF_A_STREAM.contains(each.name()))
            .toArray(Parameter<?>[]::new);
    streams =
        new TrendStreams(
            executor, trending.endpoint(), clock, new StreamMetrics(registry, limits.maxStreams()));
    resources.addAll(api);
    resources.add(
        Resource.get(
            "/ws",
            Endpoint.direct(StreamEndpoint.webSocket(streams, List.of(followed), limits, origins)),
            followed));
    resources.add(
        Resource.get(
            "/api/stream",
            Endpoint.direct(StreamEndpoint.events(streams, List.of(followed), limits, origins)),
            followed));
    resources.addAll(Pages.resources());
    resources.add(Resource.get(DESCRIPTION, Endpoint.direct(this::describe)));
    description = Response.json(200, OpenApi.of(resources), Map.of("Cache-Control", "no-cache"));
  }

  private Response describe(Request request) {
    return description;
  }

  List<Resource> resources() {
    return List.copyOf(resources);
  }

  StreamMetrics streamMetrics() {
    return streams.metrics();
  }

  /** Once the server listens. */
  void start() {
    streams.start();
  }

  /** Before the executor ends. */
  void close() {
    streams.close();
  }
}
