package io.streamsocial.http.api;

import io.streamsocial.http.Access;
import io.streamsocial.http.BoundedPool;
import io.streamsocial.http.Endpoint;
import io.streamsocial.http.Parameter;
import io.streamsocial.http.Resource;
import io.streamsocial.http.peers.AskedView;
import io.streamsocial.http.peers.Members;
import io.streamsocial.http.peers.Router;
import io.streamsocial.http.peers.ThisInstance;
import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.posts.PostViews;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.views.View;
import io.streamsocial.processor.views.ViewSchema;
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

  /**
   * The paths that show the state of each view key by key, whichever instances hold it. A view of
   * sessions has paths of its own: its rows are of no window that could be asked for. Rankings and
   * figures need the right to read, as those of hashtags do; rows key by key that of an admin,
   * since they may be what is known of one person.
   */
  public static List<Resource> views(Queries queries, Router router, TrendingParameters p) {
    List<Resource> all = new ArrayList<>();
    for (ViewSchema schema : queries.views().all()) {
      AskedView view = new AskedView(schema, queries.views(), router);
      all.addAll(schema.kind() == View.Kind.SESSION ? sessions(view, p) : view(view, p));
    }
    return all;
  }

  private static List<Resource> sessions(AskedView view, TrendingParameters shared) {
    ViewParameters p = new ViewParameters(view, shared);
    String store = "/api/stores/" + view.schema().name();
    List<Parameter<?>> one = new ArrayList<>(p.ofRows());
    one.add(p.base64);
    ViewActiveEndpoint active = new ViewActiveEndpoint(view, p);
    List<Resource> resources = new ArrayList<>();
    resources.add(
        read(shared, store + "/sessions/{key}", new ViewSessionsEndpoint(view, p), array(one))
            .needing(Access.ADMIN));
    resources.add(read(shared, store + "/active", active, array(p.ofActive())));
    if (view.schema().name().equals(PostViews.SESSIONS)) {
      resources.add(read(shared, "/api/active", active, array(p.ofActive())));
    }
    return resources;
  }

  private static List<Resource> view(AskedView view, TrendingParameters shared) {
    ViewParameters p = new ViewParameters(view, shared);
    String store = "/api/stores/" + view.schema().name();
    ViewRangeEndpoint range = new ViewRangeEndpoint(view, p);
    List<Parameter<?>> keys = new ArrayList<>(List.of(p.fromKey, p.toKey, p.prefix, p.base64));
    keys.addAll(p.ofRows());
    keys.addAll(List.of(p.limit, p.cursor));
    List<Parameter<?>> all = new ArrayList<>(p.ofRows());
    all.addAll(List.of(p.base64, p.limit, p.cursor));
    List<Parameter<?>> one = new ArrayList<>(p.ofRows());
    one.add(p.base64);
    List<Resource> resources = new ArrayList<>();
    resources.add(
        read(shared, store + "/keys/{key}", new ViewKeyEndpoint(view, p), array(one))
            .needing(Access.ADMIN));
    resources.add(read(shared, store + "/range", range, array(keys)).needing(Access.ADMIN));
    resources.add(read(shared, store + "/all", range, array(all)).needing(Access.ADMIN));
    if (!view.schema().sums().isEmpty()) {
      resources.add(read(shared, store + "/top", new ViewTopEndpoint(view, p), array(p.ofTop())));
    }
    List<Parameter<?>> batch = new ArrayList<>(p.ofRows());
    batch.addAll(shared.conditions());
    resources.add(
        Resource.post(store + "/query", new ViewBatchEndpoint(view, p), array(batch))
            .needing(Access.ADMIN));
    return resources;
  }

  private static Parameter<?>[] array(List<Parameter<?>> parameters) {
    return parameters.toArray(Parameter<?>[]::new);
  }

  /** A path whose reader may set conditions on the state. */
  private static Resource read(
      TrendingParameters p, String template, Endpoint endpoint, Parameter<?>... own) {
    List<Parameter<?>> all = new ArrayList<>(List.of(own));
    all.addAll(p.conditions());
    return Resource.get(template, endpoint, array(all));
  }

  /** The paths that describe this instance and the group, from memory. */
  public static List<Resource> instance(
      ThisInstance self, Members members, List<ViewSchema> views) {
    StoresEndpoint stores = new StoresEndpoint(self, views);
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
