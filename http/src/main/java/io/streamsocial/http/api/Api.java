package io.streamsocial.http.api;

import io.streamsocial.http.Access;
import io.streamsocial.http.BoundedPool;
import io.streamsocial.http.Endpoint;
import io.streamsocial.http.Parameter;
import io.streamsocial.http.Resource;
import io.streamsocial.http.peers.Members;
import io.streamsocial.http.peers.Router;
import io.streamsocial.http.peers.ThisInstance;
import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.store.Windowing;
import java.util.ArrayList;
import java.util.List;

/**
 * The API's part of the route table: its paths, each with its parameters and the right that it
 * requires.
 */
public final class Api {
  private Api() {}

  /**
   * The paths that answer from the counts, whichever instances hold them.
   *
   * @param shared called for each question that joined an equal one under way
   */
  public static List<Resource> trends(
      Queries queries,
      Router router,
      ThisInstance self,
      Windowing windowing,
      TrendingParameters p,
      TrendingAnswers trending,
      Runnable shared) {
    int windowsMax = windowing.windowsMax();
    return List.of(
        read(
            p,
            "/api/trending",
            new TrendingEndpoint(trending, p),
            p.limit,
            p.windows,
            p.region,
            p.at),
        read(
            p,
            "/api/trending/{hashtag}",
            new HashtagEndpoint(queries, router, p, self),
            p.hashtagWindows,
            p.region,
            p.at),
        read(
            p,
            "/api/emerging",
            new MergedEndpoint<>(new EmergingKind(p, windowsMax), router, p, shared),
            p.limit,
            p.region,
            EmergingKind.SCORER,
            EmergingKind.MIN_COUNT,
            EmergingKind.THRESHOLD,
            p.at),
        read(
            p,
            "/api/regions",
            new MergedEndpoint<>(
                new RegionsKind(p, windowsMax, queries.maxRegions()), router, p, shared),
            p.regionLimit,
            p.at));
  }

  /** The paths that show the state key by key, whichever instances hold it. */
  public static List<Resource> keys(
      Queries queries, Router router, Windowing windowing, TrendingParameters p) {
    KeysEndpoint keys = new KeysEndpoint(queries, router, p, windowing);
    String store = "/api/stores/" + TopicNames.STORE;
    return List.of(
        read(p, store + "/keys/{key}", keys::key, p.region, keys.from, keys.to)
            .needing(Access.ADMIN),
        read(
                p,
                store + "/range",
                keys::range,
                keys.fromKey,
                keys.toKey,
                keys.prefix,
                p.region,
                keys.from,
                keys.to,
                keys.limit,
                keys.cursor)
            .needing(Access.ADMIN));
  }

  /** A path whose reader may set conditions on the state. */
  private static Resource read(
      TrendingParameters p, String template, Endpoint endpoint, Parameter<?>... own) {
    List<Parameter<?>> all = new ArrayList<>(List.of(own));
    all.addAll(p.conditions());
    return Resource.get(template, endpoint, all.toArray(Parameter<?>[]::new));
  }

  /** The paths that describe this instance and the group, from memory. */
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
      PostSink posts,
      BoundedPool writes,
      PostJudge.Bounds bounds,
      ThisInstance self,
      Incidents incidents) {
    return Resource.post(
        "/api/posts",
        new PostsEndpoint(posts, writes, bounds, self, incidents),
        PostsEndpoint.STRICT);
  }

  private static Resource probe(String path, ProbeEndpoint endpoint) {
    return Resource.get(path, Endpoint.direct(endpoint), ProbeEndpoint.VERBOSE)
        .needing(Access.OPEN);
  }
}
