package io.streamsocial.http;

import io.streamsocial.processor.Queries;
import java.util.List;

/** The route table: every path of the server, in one place. */
final class Api {
  private Api() {}

  /**
   * @param reads for what reads RocksDB
   * @param writes for what waits for Kafka
   */
  record Parts(
      ServerOptions options,
      Self self,
      Queries queries,
      PostSink posts,
      BoundedPool reads,
      BoundedPool writes,
      Metrics metrics) {}

  static List<Resource> resources(Parts parts) {
    TrendingParameters p = new TrendingParameters(parts.options());
    Self self = parts.self();
    return List.of(
        Resource.get(
            "/api/trending",
            new TrendingEndpoint(parts.queries(), parts.reads(), p, parts.options().window()),
            p.limit,
            p.windows,
            p.region,
            p.at,
            p.requireComplete),
        Resource.get(
            "/api/trending/{hashtag}",
            new HashtagEndpoint(parts.queries(), parts.reads(), p, self),
            p.hashtagWindows,
            p.region,
            p.at),
        Resource.get("/api/metadata", Endpoint.direct(new MetadataEndpoint(self))),
        Resource.get(
            "/api/health", Endpoint.direct(new HealthEndpoint(self)), ProbeEndpoint.VERBOSE),
        Resource.post(
            "/api/posts",
            new PostsEndpoint(
                parts.posts(), parts.writes(), PostReader.Bounds.of(parts.options()))),
        probe("/livez", new ProbeEndpoint(self, Health::isLive)),
        probe("/readyz", new ProbeEndpoint(self, Health::isReady)),
        Resource.get("/metrics", Endpoint.direct(parts.metrics())));
  }

  private static Resource probe(String path, ProbeEndpoint endpoint) {
    return Resource.get(path, Endpoint.direct(endpoint), ProbeEndpoint.VERBOSE);
  }
}
