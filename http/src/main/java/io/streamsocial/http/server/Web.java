package io.streamsocial.http.server;

import io.streamsocial.http.CachePolicy;
import io.streamsocial.http.Endpoint;
import io.streamsocial.http.Parameter;
import io.streamsocial.http.Request;
import io.streamsocial.http.Resource;
import io.streamsocial.http.Response;
import io.streamsocial.http.api.OpenApi;
import io.streamsocial.http.api.TrendingParameters;
import io.streamsocial.http.live.StreamEndpoint;
import io.streamsocial.http.live.StreamMetrics;
import io.streamsocial.http.live.TrendStreams;
import io.streamsocial.http.net.HttpLimits;
import io.streamsocial.processor.views.ViewSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What browsers use beside the API: the live streams, the pages, and the description of all paths,
 * the API's included.
 */
final class Web {
  private static final String DESCRIPTION = "/openapi.json";

  private final List<Resource> resources = new ArrayList<>();
  private final TrendStreams streams;
  private final List<ViewSchema> views;
  // Made when it is asked for first.
  private volatile @Nullable Response description;

  /**
   * @param api the paths that the description names beside these
   * @param live those by which the streams are followed; empty where nothing trends
   * @param views whose paths are among those of the API
   * @param more paths that are described beside these, made by one who knows all of these
   */
  Web(
      List<Resource> api,
      List<Resource> live,
      TrendStreams streams,
      List<ViewSchema> views,
      UnaryOperator<List<Resource>> more) {
    this.streams = streams;
    this.views = List.copyOf(views);
    resources.addAll(api);
    resources.addAll(live);
    resources.addAll(live.isEmpty() ? Pages.docs("/docs") : Pages.all());
    resources.add(Resource.get(DESCRIPTION, Endpoint.direct(this::describe)));
    resources.addAll(more.apply(List.copyOf(resources)));
  }

  /** The paths by which the streams are followed. */
  static List<Resource> live(
      TrendStreams streams,
      TrendingParameters parameters,
      HttpLimits limits,
      List<String> origins) {
    Parameter<?>[] followed = parameters.ofStream().toArray(Parameter<?>[]::new);
    return List.of(
        Resource.get(
            "/ws",
            Endpoint.direct(
                StreamEndpoint.webSocket(streams, parameters::question, limits, origins)),
            followed),
        Resource.get(
            "/api/stream",
            Endpoint.direct(StreamEndpoint.events(streams, parameters::question, limits, origins)),
            followed));
  }

  private Response describe(Request request) {
    Response made = description;
    if (made == null) {
      made =
          Response.json(
              200,
              OpenApi.of(resources, views),
              Map.of(CachePolicy.HEADER, CachePolicy.REVALIDATED));
      description = made;
    }
    return made;
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
