package io.streamsocial.http.server;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.ScreenshotAnimations;
import io.streamsocial.http.fixture.BrowserRig;
import io.streamsocial.http.fixture.PageServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/** The page in a real browser that reaches nothing but this machine. */
abstract class DashboardCase {
  static BrowserRig browser;
  PageServer server;

  @BeforeAll
  static void startBrowser() {
    browser = BrowserRig.start();
  }

  @AfterAll
  static void closeBrowser() {
    if (browser != null) {
      browser.close();
    }
  }

  @BeforeEach
  void startServer() {
    browser.errors.clear();
    browser.outside.clear();
    server = new PageServer();
  }

  @AfterEach
  void closePagesThenServer() {
    browser.closePages();
    server.close();
  }

  Page open(int width, int height, ColorScheme colours) {
    Page page = browser.page(width, height, colours);
    page.navigate(server.url("/"));
    return page;
  }

  Page open() {
    return open(1600, 1000, ColorScheme.LIGHT);
  }

  static void isLive(Page page) {
    assertThat(page.locator("#connection-text")).hasText("live");
  }

  void nothingWentWrong() {
    assertThat(browser.errors).as("errors in the console").isEmpty();
    assertThat(browser.outside).as("asked for elsewhere").isEmpty();
  }

  static Locator row(Page page, String tag) {
    return page.locator("#list")
        .getByTitle("#" + tag, new Locator.GetByTitleOptions().setExact(true));
  }

  static void shoot(Page page, String name) {
    page.screenshot(
        new Page.ScreenshotOptions()
            .setPath(Path.of("target", "screenshots", name + ".png"))
            .setAnimations(ScreenshotAnimations.DISABLED)
            .setFullPage(true));
  }

  /** What axe-core calls serious or critical, once nothing fades in or out any more. */
  @SuppressWarnings("unchecked")
  static List<Object> axe(Page page) {
    try (InputStream in = DashboardCase.class.getResourceAsStream("/axe.min.js")) {
      page.evaluate(new String(in.readAllBytes(), StandardCharsets.UTF_8) + "; undefined");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return (List<Object>)
        page.evaluate(
            "document.getAnimations().filter(a => a.effect.getComputedTiming().endTime < Infinity)"
                + ".forEach(a => a.finish());"
                + "axe.run().then(r => r.violations"
                + ".filter(v => v.impact === 'serious' || v.impact === 'critical')"
                + ".map(v => v.id + ': ' + v.nodes.map(n => n.html + ' ' + n.failureSummary).join(' | ')))");
  }
}
