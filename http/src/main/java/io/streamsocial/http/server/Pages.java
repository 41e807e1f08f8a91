package io.streamsocial.http.server;

import io.streamsocial.http.Access;
import io.streamsocial.http.Endpoint;
import io.streamsocial.http.Request;
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
          "cluster",
          "detail",
          "format");

  private Pages() {}

  static List<Resource> resources() {
    List<Resource> all = new ArrayList<>();
    all.add(Resource.get("/", Endpoint.direct(Pages::home)).needing(Access.OPEN));
    all.add(page("/web/dashboard.html", OURS + "dashboard.html", POLICY));
    all.add(file("/web/dashboard.css", OURS + "dashboard.css", CSS));
    all.add(file("/web/theme.js", OURS + "theme.js", SCRIPT));
    all.add(file("/web/favicon.svg", OURS + "favicon.svg", SVG));
    for (String module : MODULES) {
      all.add(file("/web/" + module + ".js", OURS + module + ".js", SCRIPT));
    }
    String uplot = WEBJARS + "uplot/" + Version.of("uplot") + "/dist/";
    all.add(file("/web/uplot.js", uplot + "uPlot.iife.min.js", SCRIPT));
    all.add(file("/web/uplot.css", uplot + "uPlot.min.css", CSS));
    String swagger = WEBJARS + "swagger-ui/" + Version.of("swagger-ui") + "/";
    all.add(page("/docs", OURS + "docs.html", POLICY + "; img-src 'self' data:"));
    all.add(file("/web/docs.js", OURS + "docs.js", SCRIPT));
    all.add(file("/web/docs.css", OURS + "docs.css", CSS));
    all.add(file("/web/swagger-ui.js", swagger + "swagger-ui-bundle.js", SCRIPT));
    all.add(file("/web/swagger-ui.css", swagger + "swagger-ui.css", CSS));
    return all;
  }

  private static Response home(Request request) {
    return new Response(302, "", new byte[0], Map.of("Location", "/web/dashboard.html"), false);
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
