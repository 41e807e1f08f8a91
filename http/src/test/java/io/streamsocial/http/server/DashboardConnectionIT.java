package io.streamsocial.http.server;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.WebSocket;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.ColorScheme;
import io.streamsocial.http.fixture.Rules;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How the page reaches its server: by WebSocket, by events, by polling, and with a token. */
final class DashboardConnectionIT extends DashboardCase {
  @Test
  void aRestartIsSeenAndOvercome() {
    server.seed();
    Page page = open();
    isLive(page);
    server.stop();
    assertThat(page.locator("#connection-text")).containsText("reconnecting in");
    shoot(page, "reconnecting");
    server.startAgain();
    assertThat(page.locator("#connection-text")).hasText("live");
    server.trends.add("afterwards", "EU-West", System.currentTimeMillis(), 5_000);
    assertThat(row(page, "afterwards")).isVisible();
    // A browser reports each connection that is refused; anything else is ours.
    browser.errors.removeIf(
        error -> error.contains("ERR_CONNECTION") || error.contains("WebSocket"));
    nothingWentWrong();
  }

  @Test
  void itWorksWithoutWebSockets() {
    server.seed();
    Page page = browser.page(1200, 900, ColorScheme.LIGHT);
    page.addInitScript(
        "delete window.WebSocket; window.WebSocket = function () { throw new Error('blocked'); };");
    page.addInitScript(
        "window.WebSocket = class { constructor() { setTimeout(() => this.onclose(), 5); } close() {} };");
    page.navigate(server.url("/"));
    assertThat(page.locator("#connection-text")).hasText("live");
    server.trends.add("byevents", "EU-West", System.currentTimeMillis(), 50_000);
    assertThat(row(page, "byevents")).isVisible();
    nothingWentWrong();
  }

  @Test
  void itAsksAgainAndAgainWhereNothingStreams() {
    server.seed();
    Page page = browser.page(1200, 900, ColorScheme.LIGHT);
    page.addInitScript(
        "window.WebSocket = class { constructor() { setTimeout(() => this.onclose(), 5); } close() {} };");
    page.route("**/api/stream?*", Route::abort);
    page.navigate(server.url("/"));
    // Three attempts by WebSocket and one by events, with pauses that grow.
    assertThat(page.locator("#connection-text"))
        .hasText("live, by polling", new LocatorAssertions.HasTextOptions().setTimeout(60_000));
    server.trends.add("byasking", "EU-West", System.currentTimeMillis(), 50_000);
    assertThat(row(page, "byasking"))
        .isVisible(new LocatorAssertions.IsVisibleOptions().setTimeout(60_000));
    // A browser reports each request that fails.
    browser.errors.removeIf(error -> error.contains("ERR_FAILED"));
    nothingWentWrong();
  }

  @Test
  void pollingEndsWhenWebSocketsWorkAgain() {
    server.seed();
    Page page = browser.page(1200, 900, ColorScheme.LIGHT);
    page.clock().install();
    page.addInitScript(
        "const Real = window.WebSocket; window.blocked = true;"
            + "window.WebSocket = function (...all) { if (!window.blocked) return new Real(...all);"
            + " setTimeout(() => this.onclose(), 5); this.close = () => {}; };");
    page.route("**/api/stream?*", Route::abort);
    page.navigate(server.url("/"));
    awaitText(page, "live, by polling");
    page.evaluate("window.blocked = false");
    awaitText(page, "live");
  }

  /** By a clock that runs ahead. */
  private static void awaitText(Page page, String text) {
    await()
        .pollInSameThread()
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> {
              page.clock().runFor(500);
              return page.locator("#connection-text").textContent().equals(text);
            });
  }

  @Test
  void aServerWithTokensAsksForOneOnce(@TempDir Path directory) {
    server.stop();
    server.startAgain(new Rules(directory).tokens().build());
    server.seed();
    Page page = open();
    assertThat(page.locator("#login")).isVisible();
    shoot(page, "login");
    assertThat(axe(page)).isEmpty();
    enter(page, "wrong-token-0123456789");
    assertThat(page.locator("#login [role=alert]")).containsText("not one of this server");
    enter(page, Rules.READ);
    assertThat(page.locator("#login")).isHidden();
    isLive(page);
    server.trends.add("bytoken", "EU-West", System.currentTimeMillis(), 50_000);
    assertThat(row(page, "bytoken")).isVisible();
    page.reload();
    isLive(page);
    assertThat(page.locator("#login")).isHidden();
    assertThat(page.url()).doesNotContain(Rules.READ);
    page.navigate(server.url("/docs"));
    assertThat(page.locator(".opblock-summary-path").first()).isVisible();
    onlyRefusalsWentWrong();
  }

  /** The page's clock runs ahead, so that it tries often meanwhile. */
  @Test
  void aTokenThatIsLongInComingFindsTheFastWayAllTheSame(@TempDir Path directory) {
    server.stop();
    server.startAgain(new Rules(directory).tokens().build());
    server.seed();
    Page page = browser.page(1200, 900, ColorScheme.LIGHT);
    page.clock().install();
    page.navigate(server.url("/"));
    assertThat(page.locator("#login")).isVisible();
    for (int i = 0; i < 10; i++) {
      page.clock().runFor(1_000);
    }
    WebSocket opened = page.waitForWebSocket(() -> enter(page, Rules.READ));
    assertThat(opened.url()).contains("/ws?");
    assertThat(page.locator("#login")).isHidden();
    isLive(page);
    onlyRefusalsWentWrong();
  }

  @Test
  void eventsCarryTheTokenWhereWebSocketsAreBlocked(@TempDir Path directory) {
    server.stop();
    server.startAgain(new Rules(directory).tokens().build());
    server.seed();
    Page page = browser.page(1200, 900, ColorScheme.LIGHT);
    page.addInitScript("sessionStorage.setItem('token', '" + Rules.READ + "');");
    page.addInitScript(
        "window.WebSocket = class { constructor() { setTimeout(() => this.onclose(), 5); } close() {} };");
    page.navigate(server.url("/"));
    assertThat(page.locator("#connection-text")).hasText("live");
    server.trends.add("byevents", "EU-West", System.currentTimeMillis(), 50_000);
    assertThat(row(page, "byevents")).isVisible();
    nothingWentWrong();
  }

  private static void enter(Page page, String token) {
    page.locator("#login-token").fill(token);
    page.locator("#login button").click();
  }

  /** A browser tells of each 401 in its console, whatever a page does about it. */
  private void onlyRefusalsWentWrong() {
    browser.errors.removeIf(
        error -> error.contains("401") || error.contains("no valid credentials"));
    nothingWentWrong();
  }
}
