package io.streamsocial.http.api;

import io.streamsocial.http.Access;
import io.streamsocial.http.BoundedPool;
import io.streamsocial.http.Endpoint;
import io.streamsocial.http.Resource;
import io.streamsocial.http.peers.LocalParts;
import io.streamsocial.http.peers.Members;
import io.streamsocial.http.peers.PeerClient;
import io.streamsocial.http.peers.PeerEndpoints;
import io.streamsocial.http.peers.PeerMetrics;
import io.streamsocial.http.peers.Router;
import io.streamsocial.http.peers.ThisInstance;
import io.streamsocial.http.server.Metrics;
import io.streamsocial.http.server.ServerOptions;
import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.trends.Queries;
import java.util.List;

/** The route table: every path of the server, in one place. */
public final class Api {
  private Api() {}

  /**
   * @param writes for what waits for Kafka
   */
  public record Parts(
      ServerOptions options,
      ThisInstance self,
      Queries queries,
      Router router,
      LocalParts local,
      Members members,
      PostSink posts,
      BoundedPool writes,
      Metrics metrics,
      PeerMetrics peerMetrics,
      Incidents incidents) {}

  public static List<Resource> resources(Parts parts) {
    ServerOptions options = parts.options();
    TrendingParameters p = new TrendingParameters(options);
    ThisInstance self = parts.self();
    Members members = parts.members();
    PeerEndpoints peers =
        new PeerEndpoints(self, parts.local(), options.windowsMax(), options.window().toMillis());
    EmergingEndpoint emerging =
        new EmergingEndpoint(
            parts.queries(), parts.router(), p, options.windowsMax(), parts.peerMetrics()::shared);
    StoresEndpoint stores = new StoresEndpoint(self, options);
    KeysEndpoint keys = new KeysEndpoint(parts.queries(), parts.router(), p, options);
    String store = "/api/stores/" + StoresEndpoint.STORE;
    return List.of(
        Resource.get(
            "/api/trending",
            new TrendingEndpoint(parts.queries(), parts.router(), p, parts),
            p.limit,
            p.windows,
            p.region,
            p.at,
            p.after,
            p.wait,
            p.maxStaleness,
            p.requireComplete),
        Resource.get(
            "/api/trending/{hashtag}",
            new HashtagEndpoint(parts.queries(), parts.router(), p, self),
            p.hashtagWindows,
            p.region,
            p.at,
            p.after,
            p.wait,
            p.maxStaleness,
            p.requireComplete),
        Resource.get(
            "/api/emerging",
            emerging::emerging,
            p.limit,
            p.region,
            EmergingEndpoint.SCORER,
            EmergingEndpoint.MIN_COUNT,
            EmergingEndpoint.THRESHOLD,
            p.at,
            p.after,
            p.wait,
            p.maxStaleness,
            p.requireComplete),
        Resource.get(
            "/api/regions",
            emerging::regions,
            p.regionLimit,
            p.at,
            p.after,
            p.wait,
            p.maxStaleness,
            p.requireComplete),
        Resource.get("/api/stores", Endpoint.direct(stores::all)).needing(Access.ADMIN),
        Resource.get("/api/stores/{store}", Endpoint.direct(stores::one)).needing(Access.ADMIN),
        Resource.get(
                store + "/keys/{key}",
                keys::key,
                p.region,
                keys.from,
                keys.to,
                p.after,
                p.wait,
                p.maxStaleness,
                p.requireComplete)
            .needing(Access.ADMIN),
        Resource.get(
                store + "/range",
                keys::range,
                keys.fromKey,
                keys.toKey,
                keys.prefix,
                p.region,
                keys.from,
                keys.to,
                keys.limit,
                keys.cursor,
                p.after,
                p.wait,
                p.maxStaleness,
                p.requireComplete)
            .needing(Access.ADMIN),
        Resource.get("/api/metadata", Endpoint.direct(new MetadataEndpoint(self, members))),
        Resource.get(
            "/api/health",
            Endpoint.direct(new HealthEndpoint(self, members)),
            ProbeEndpoint.VERBOSE),
        Resource.post(
            "/api/posts",
            new PostsEndpoint(
                parts.posts(), parts.writes(), PostReader.Bounds.of(options), parts.incidents())),
        Resource.get(PeerClient.STATUS_PATH, Endpoint.direct(peers::status)).needing(Access.PEER),
        Resource.post(PeerClient.QUERY_PATH, peers::query).needing(Access.PEER),
        Resource.post("/api/query/local", peers::query).needing(Access.PEER),
        probe("/livez", new ProbeEndpoint(self, members, Health::isLive)),
        probe("/readyz", new ProbeEndpoint(self, members, Health::isReady)),
        Resource.get("/metrics", Endpoint.direct(parts.metrics())));
  }

  private static Resource probe(String path, ProbeEndpoint endpoint) {
    return Resource.get(path, Endpoint.direct(endpoint), ProbeEndpoint.VERBOSE)
        .needing(Access.OPEN);
  }
}
