package io.streamsocial.http.server;

import io.streamsocial.http.Access;
import io.streamsocial.http.Endpoint;
import io.streamsocial.http.Resource;
import io.streamsocial.http.Response;
import io.streamsocial.http.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The pages and all that they are made of: a fixed map of paths to names on the class path. */
final class Pages {
  private static final String HTML = "text/html; charset=utf-8";
  private static final String CSS = "text/css; charset=utf-8";
  private static final String SCRIPT = "text/javascript; charset=utf-8";
  private static final String SVG = "image/svg+xml";
  private static final String OURS = "io/streamsocial/http/web/";
  private static final String WEBJARS = "META-INF/resources/webjars/";

  private static final String POLICY =
      "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
          + " object-src 'none'";

  /** Modules of the dashboard's script, by name. */
  private static final List<String> MODULES =
      List.of(
          "dashboard",
          "api",
          "login",
          "dom",
          "live",
          "list",
          "regions",
          "emerging",
          "active",
          "bursts",
          "cluster",
          "detail",
          "format");

  private Pages() {}

  /** The dashboard, which is the home page, and the API's description. */
  static List<Resource> all() {
    List<Resource> all = new ArrayList<>(docs("/web/dashboard.html"));
    all.add(page("/web/dashboard.html", OURS + "dashboard.html", POLICY));
    all.add(file("/web/dashboard.css", OURS + "dashboard.css", CSS));
    all.add(file("/web/theme.js", OURS + "theme.js", SCRIPT));
    for (String module : MODULES) {
      all.add(file("/web/" + module + ".js", OURS + module + ".js", SCRIPT));
    }
    String uplot = WEBJARS + "uplot/" + Version.of("uplot") + "/dist/";
    all.add(file("/web/uplot.js", uplot + "uPlot.iife.min.js", SCRIPT));
    all.add(file("/web/uplot.css", uplot + "uPlot.min.css", CSS));
    return all;
  }

  /**
   * The API's description for browsers.
   *
   * @param home where the root leads
   */
  static List<Resource> docs(String home) {
    String swagger = WEBJARS + "swagger-ui/" + Version.of("swagger-ui") + "/";
    return List.of(
        way("/", home),
        way("/web", home),
        way("/web/", home),
        way("/docs/", "/docs"),
        way("/api", "/docs"),
        way("/api/", "/docs"),
        page("/docs", OURS + "docs.html", POLICY + "; img-src 'self' data:"),
        file("/web/docs.js", OURS + "docs.js", SCRIPT),
        file("/web/docs.css", OURS + "docs.css", CSS),
        file("/web/swagger-ui.js", swagger + "swagger-ui-bundle.js", SCRIPT),
        file("/web/swagger-ui.css", swagger + "swagger-ui.css", CSS),
        file("/web/favicon.svg", OURS + "favicon.svg", SVG));
  }

  /** Leads from a path that people try to the page that they mean. */
  private static Resource way(String path, String to) {
    Response there = new Response(302, "", new byte[0], Map.of("Location", to), false);
    return Resource.get(path, Endpoint.direct(request -> there)).needing(Access.OPEN);
  }

  private static Resource page(String path, String name, String policy) {
    Map<String, String> headers = Map.of("Content-Security-Policy", policy);
    return Resource.get(path, Endpoint.direct(StaticFile.of(name, HTML, headers)))
        .needing(Access.OPEN);
  }

  private static Resource file(String path, String name, String contentType) {
    return Resource.get(path, Endpoint.direct(StaticFile.of(name, contentType, Map.of())))
        .needing(Access.OPEN);
  }
}
