package io.streamsocial.http;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.ColorScheme;
import java.io.File;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * A Chromium that is installed on this machine, driven by the Node that is. It reaches nothing but
 * this machine: what a page asks for elsewhere fails, and is kept for the test to see. One thread.
 */
final class BrowserRig implements AutoCloseable {
  private static final List<String> CHROMIUMS =
      List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");
  private static final List<String> FLAGS =
      List.of(
          "--no-sandbox",
          "--disable-gpu",
          "--disable-quic",
          "--no-first-run",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync");

  /** For whatever is waited for: it costs nothing when all is well. */
  private static final double PATIENCE_MS = 60_000;

  /** What went wrong on any page. */
  final List<String> errors = new CopyOnWriteArrayList<>();

  /** Addresses off this machine that a page asked for. */
  final List<String> outside = new CopyOnWriteArrayList<>();

  private final Playwright playwright;
  private final Browser browser;
  private final List<BrowserContext> contexts = new ArrayList<>();

  private BrowserRig(String node, String chromium) {
    PlaywrightAssertions.setDefaultAssertionTimeout(PATIENCE_MS);
    playwright =
        Playwright.create(
            new Playwright.CreateOptions()
                .setEnv(
                    Map.of(
                        "PLAYWRIGHT_NODEJS_PATH", node, "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
    browser =
        playwright
            .chromium()
            .launch(
                new BrowserType.LaunchOptions()
                    .setExecutablePath(Path.of(chromium))
                    .setHeadless(true)
                    .setTimeout(2 * PATIENCE_MS)
                    .setArgs(FLAGS));
  }

  /** Skips the test, and says why, where something is not installed. */
  static BrowserRig start() {
    Optional<String> node = Optional.ofNullable(System.getenv("PLAYWRIGHT_NODEJS_PATH"));
    node = node.or(() -> installed(List.of("node", "nodejs")));
    Optional<String> chromium = installed(CHROMIUMS);
    if (node.isEmpty() || chromium.isEmpty()) {
      String reason =
          "the page's tests are skipped: "
              + (node.isEmpty() ? "no Node on PATH" : "no Chromium on PATH");
      System.out.println(reason);
      Assumptions.abort(reason);
    }
    return new BrowserRig(node.orElseThrow(), chromium.orElseThrow());
  }

  private static Optional<String> installed(List<String> names) {
    List<String> folders = List.of(System.getenv("PATH").split(File.pathSeparator, -1));
    Stream<Path> all =
        names.stream().flatMap(name -> folders.stream().map(folder -> Path.of(folder, name)));
    return all.filter(Files::isExecutable).map(Path::toString).findFirst();
  }

  /** A page in a browser session of its own. */
  Page page(int width, int height, ColorScheme colours) {
    BrowserContext context =
        browser.newContext(
            new Browser.NewContextOptions()
                .setViewportSize(width, height)
                .setLocale("en-GB")
                .setColorScheme(colours));
    contexts.add(context);
    context.setDefaultTimeout(PATIENCE_MS);
    context.route(
        url -> !isHere(url),
        route -> {
          outside.add(route.request().url());
          route.abort();
        });
    Page page = context.newPage();
    page.onConsoleMessage(
        message -> {
          if (message.type().equals("error") || message.type().equals("warning")) {
            errors.add(message.text() + " " + message.location());
          }
        });
    page.onPageError(error -> errors.add("uncaught: " + error));
    return page;
  }

  private static boolean isHere(String url) {
    String host = URI.create(url).getHost();
    return host == null || host.equals("localhost") || host.equals("127.0.0.1");
  }

  void closePages() {
    contexts.forEach(BrowserContext::close);
    contexts.clear();
  }

  @Override
  public void close() {
    closePages();
    browser.close();
    playwright.close();
  }
}
