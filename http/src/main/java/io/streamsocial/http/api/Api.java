package io.streamsocial.http.api;

import io.streamsocial.http.Access;
import io.streamsocial.http.BoundedPool;
import io.streamsocial.http.Endpoint;
import io.streamsocial.http.Resource;
import io.streamsocial.http.peers.Members;
import io.streamsocial.http.peers.Router;
import io.streamsocial.http.peers.ThisInstance;
import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.store.Windowing;
import java.time.Duration;
import java.util.List;

/** The API's part of the route table: its paths, each with its parameters and who may call it. */
public final class Api {
  private Api() {}

  /**
   * What is read from the counts, wherever they are.
   *
   * @param publishMs how often the counts of other instances can change
   * @param shared called for each question that joined an equal one
   */
  public static List<Resource> queries(
      Queries queries,
      Router router,
      ThisInstance self,
      Windowing windowing,
      long publishMs,
      Runnable shared) {
    TrendingParameters p = new TrendingParameters(windowing);
    EmergingEndpoint emerging =
        new EmergingEndpoint(queries, router, p, windowing.windowsMax(), shared);
    KeysEndpoint keys = new KeysEndpoint(queries, router, p, windowing);
    String store = "/api/stores/" + TopicNames.STORE;
    return List.of(
        Resource.get(
            "/api/trending",
            new TrendingEndpoint(
                queries, router, p, Duration.ofMillis(windowing.sizeMs()), publishMs, shared),
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
            new HashtagEndpoint(queries, router, p, self),
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
            .needing(Access.ADMIN));
  }

  /** What this instance says of itself and of the group, from memory. */
  public static List<Resource> instance(ThisInstance self, Members members, Windowing windowing) {
    StoresEndpoint stores = new StoresEndpoint(self, windowing);
    return List.of(
        Resource.get("/api/stores", Endpoint.direct(stores::all)).needing(Access.ADMIN),
        Resource.get("/api/stores/{store}", Endpoint.direct(stores::one)).needing(Access.ADMIN),
        Resource.get("/api/metadata", Endpoint.direct(new MetadataEndpoint(self, members))),
        Resource.get(
            "/api/health",
            Endpoint.direct(new HealthEndpoint(self, members)),
            ProbeEndpoint.VERBOSE),
        probe("/livez", new ProbeEndpoint(self, members, Health::isLive)),
        probe("/readyz", new ProbeEndpoint(self, members, Health::isReady)));
  }

  /**
   * The one path that writes.
   *
   * @param writes runs what waits for Kafka
   */
  public static Resource posts(
      PostSink posts, BoundedPool writes, PostReader.Bounds bounds, Incidents incidents) {
    return Resource.post("/api/posts", new PostsEndpoint(posts, writes, bounds, incidents));
  }

  private static Resource probe(String path, ProbeEndpoint endpoint) {
    return Resource.get(path, Endpoint.direct(endpoint), ProbeEndpoint.VERBOSE)
        .needing(Access.OPEN);
  }
}
