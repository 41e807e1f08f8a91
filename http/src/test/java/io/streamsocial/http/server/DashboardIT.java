package io.streamsocial.http.server;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.options.ColorScheme;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the page shows. */
final class DashboardIT extends DashboardCase {
  private static final int VISITS_MAX = 10;

  private void post(String body) throws IOException, InterruptedException {
    HttpResponse<String> response =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create(server.url("/api/posts")))
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(202);
  }

  @Test
  void anEmptyPageSaysWhatToDoAndAPostAppears() throws Exception {
    Page page = open();
    isLive(page);
    assertThat(page.locator("#empty")).isVisible();
    assertThat(page.locator("#curl")).containsText("curl " + server.url("/api/posts"));
    shoot(page, "empty");
    long begin = System.nanoTime();
    post("{\"text\":\"hello #world and #world\",\"region\":\"EU-West\"}");
    assertThat(row(page, "world")).isVisible();
    System.out.printf(
        "DashboardIT: posted to painted in %d ms%n", (System.nanoTime() - begin) / 1_000_000);
    assertThat(page.locator("#empty")).isHidden();
    nothingWentWrong();
  }

  @Test
  void regionsStandSideBySideAndDiffer() {
    server.seed();
    Page page = open();
    isLive(page);
    assertThat(page.locator("#regions .region ol").nth(2)).isVisible();
    List<String> columns = page.locator("#regions .region ol").allInnerTexts();
    assertThat(columns).hasSizeGreaterThanOrEqualTo(3).doesNotHaveDuplicates();
    page.selectOption("#region", "EU-West");
    assertThat(page.locator("#regions .region")).hasCount(1);
    assertThat(row(page, "berlin")).isVisible();
    nothingWentWrong();
  }

  @Test
  void aTagOpensItsDetail() {
    server.seed();
    Page page = open();
    isLive(page);
    row(page, "worldcup").click();
    assertThat(page.locator("#detail-title")).hasText("#worldcup");
    assertThat(page.locator("#detail-owner")).containsText("held by instance 0");
    assertThat(page.locator("#detail-chart canvas")).isVisible();
    assertThat(page.locator("#detail-legend li").nth(3)).isVisible();
    assertThat(axe(page)).isEmpty();
    shoot(page, "detail");
    page.keyboard().press("Escape");
    assertThat(page.locator("#detail")).isHidden();
    page.keyboard().press("/");
    page.keyboard().type("#Java");
    page.keyboard().press("Enter");
    assertThat(page.locator("#detail-title")).hasText("#Java");
    assertThat(page.locator("#detail-owner")).containsText("partition");
    nothingWentWrong();
  }

  @Test
  void aHashtagIsTextWhateverItHolds() {
    String harmful = "<img src=x onerror=document.title='pwned'>";
    server.trends.add(harmful, "EU-West", System.currentTimeMillis(), 9);
    Page page = open();
    isLive(page);
    assertThat(row(page, harmful)).isVisible();
    row(page, harmful).click();
    assertThat(page.locator("#detail-title")).hasText("#" + harmful);
    // The browser notes each refusal.
    assertThat(page.locator("#detail-owner")).containsText("no post can have this hashtag");
    assertThat(page.locator("img[src=x]")).hasCount(0);
    assertThat(page.title()).isEqualTo("StreamSocial Trending");
    assertThat(browser.errors).isNotEmpty().allMatch(error -> error.contains("status of 400"));
    browser.errors.clear();
    nothingWentWrong();
  }

  @Test
  void itCanBePausedAndTakenBackInTime() {
    server.seed();
    Page page = open();
    isLive(page);
    page.keyboard().press("p");
    assertThat(page.locator("#connection-text")).hasText("paused");
    server.trends.add("later", "EU-West", System.currentTimeMillis(), 90_000);
    page.locator("#when").focus();
    for (int i = 0; i < 30; i++) {
      page.keyboard().press("ArrowLeft");
    }
    assertThat(page.locator("#connection-text")).containsText("at ");
    assertThat(page.locator("#m-fresh")).hasText("past");
    assertThat(row(page, "worldcup")).isVisible();
    assertThat(row(page, "later")).hasCount(0);
    shoot(page, "past");
    page.click("#now");
    page.click("#pause");
    assertThat(row(page, "later")).isVisible();
    isLive(page);
    nothingWentWrong();
  }

  @Test
  void whatIsMissingIsNamed() {
    server.seed();
    server.trends.missing = List.of(2);
    Page page = open();
    assertThat(page.locator("#partial")).containsText("partition 2 of 4");
    assertThat(page.locator(".cells [data-state=lost]").first()).isVisible();
    shoot(page, "partial");
    nothingWentWrong();
  }

  @Test
  void itLooksAsItShouldAndAxeFindsNothingSerious() {
    server.seed();
    Page wide = open(1600, 1000, ColorScheme.LIGHT);
    check(wide, "wide");
    Page dark = open(1600, 1000, ColorScheme.DARK);
    check(dark, "dark");
    Page phone = open(360, 740, ColorScheme.LIGHT);
    check(phone, "phone");
    assertThat(phone.evaluate("document.documentElement.scrollWidth"))
        .as("nothing sticks out of a phone")
        .isEqualTo(360);
    Page huge = open(3840, 2160, ColorScheme.LIGHT);
    check(huge, "4k");
    nothingWentWrong();
  }

  private static void check(Page page, String name) {
    isLive(page);
    assertThat(page.locator("#regions .region").first()).isVisible();
    assertThat(page.locator(".instance")).isVisible();
    // Views that this server does not run.
    assertThat(page.locator("#active")).isHidden();
    assertThat(page.locator("#bursts-panel")).isHidden();
    shoot(page, name);
    assertThat(axe(page)).as(name).isEmpty();
  }

  /** The best of several visits: others use this machine too, and are not what is measured. */
  @Test
  void theFirstPaintTakesLessThanASecond() {
    server.seed();
    double ms = Double.MAX_VALUE;
    for (int visit = 0; visit < VISITS_MAX && ms >= 1_000; visit++) {
      ms = Math.min(ms, firstPaintMs());
    }
    System.out.printf("DashboardIT: first contentful paint after %s ms%n", ms);
    assertThat(ms).isLessThan(1_000);
  }

  private double firstPaintMs() {
    Page page = open();
    isLive(page);
    // It is told a frame later than it is painted.
    return ((Number)
            page.waitForFunction(
                    "performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
                .jsonValue())
        .doubleValue();
  }

  /** The answers are planted: what is looked at here is how the page shows them. */
  @Test
  void whatIsEmergingIsShownAndMarkedInTheList() {
    server.seed();
    Page page = browser.page(1600, 1000, ColorScheme.LIGHT);
    plant(page, "**/openapi.json", "{\"paths\":{\"/api/emerging\":{},\"/api/regions\":{}}}");
    plant(
        page,
        "**/api/regions",
        "{\"regions\":[{\"region\":\"LatAm\",\"count\":4},{\"region\":\"EU-West\",\"count\":3},"
            + "{\"region\":\"US-East\",\"count\":2},{\"region\":\"Asia-Pacific\",\"count\":1}]}");
    plant(
        page,
        "**/api/emerging?*",
        "{\"emerging\":["
            + "{\"hashtag\":\"quake\",\"region\":\"Asia-Pacific\",\"count\":730,\"expected\":3.2,"
            + "\"score\":812.4,\"velocity\":730},"
            + "{\"hashtag\":\"train\",\"region\":\"EU-West\",\"count\":61,\"expected\":22.8,"
            + "\"score\":11.7,\"velocity\":40},"
            + "{\"hashtag\":\"nasa\",\"region\":\"US-East\",\"count\":48,\"expected\":21.5,"
            + "\"score\":6.2,\"velocity\":20}],\"scorer\":\"surprise\",\"timestamp\":1}");
    page.navigate(server.url("/"));
    isLive(page);
    assertThat(page.locator("#emerging li")).hasCount(3);
    assertThat(page.locator("#emerging")).containsText("730 counted, 3.2 expected");
    assertThat(row(page, "quake")).containsText("emerging");
    assertThat(row(page, "breaking").locator(".flag")).isHidden();
    assertThat(page.locator("#regions .region")).hasCount(4);
    shoot(page, "emerging");
    assertThat(axe(page)).isEmpty();
    nothingWentWrong();
  }

  /** The answers are planted, as of a server that runs the views of sessions and bursts. */
  @Test
  void activeUsersAndBurstsAreShownWhereTheirViewsRun() {
    server.seed();
    long now = System.currentTimeMillis();
    Page page = open(1600, 1000, ColorScheme.LIGHT, now);
    isLive(page);
    assertThat(page.locator("#active dt")).hasText("Active users, 30 min");
    assertThat(page.locator("#m-active")).hasText("1,203");
    assertThat(page.locator("#bursts li")).hasCount(8);
    Locator worldcup = page.locator("#bursts").getByTitle("#worldcup");
    assertThat(worldcup).containsText("230 mentions, at most 57 in a minute, 1 before");
    assertThat(worldcup.locator(".told")).containsText("since");
    assertThat(worldcup.locator(".timeline i")).hasCount(2);
    assertThat(page.locator("#bursts").getByTitle("#breaking").locator(".told"))
        .containsText(" to ");
    assertThat(page.locator("#regions .region").first()).containsText("active");
    shoot(page, "views");
    assertThat(axe(page)).isEmpty();
    page.selectOption("#region", "EU-West");
    assertThat(page.locator("#m-active")).hasText("412 of 1,203");
    assertThat(page.locator("#bursts-note")).containsText("in EU-West");
    worldcup.click();
    assertThat(page.locator("#detail-title")).hasText("#worldcup");
    page.keyboard().press("Escape");
    page.locator("#when").focus();
    page.keyboard().press("ArrowLeft");
    assertThat(page.locator("#m-active")).hasText("past");
    Page phone = open(360, 740, ColorScheme.DARK, now);
    isLive(phone);
    assertThat(phone.locator("#bursts li")).hasCount(8);
    assertThat(phone.evaluate("document.documentElement.scrollWidth"))
        .as("nothing sticks out of a phone")
        .isEqualTo(360);
    shoot(phone, "views-phone");
    assertThat(axe(phone)).isEmpty();
    nothingWentWrong();
  }

  private Page open(int width, int height, ColorScheme colours, long now) {
    Page page = browser.page(width, height, colours);
    plant(
        page,
        "**/openapi.json",
        "{\"paths\":{\"/api/active\":{},\"/api/regions\":{},"
            + "\"/api/stores/hashtag-bursts-store/sessions/{key}\":{}}}");
    plant(
        page,
        "**/api/active",
        "{\"gap_ms\":1800000,\"active\":1203,\"partial\":false,\"other_groups\":0,\"groups\":["
            + "{\"region\":\"US-East\",\"active\":598},{\"region\":\"EU-West\",\"active\":412},"
            + "{\"region\":\"LatAm\",\"active\":301},{\"region\":\"Asia-Pacific\",\"active\":77}]}");
    String over =
        "{\"start_ms\":%d,\"end_ms\":%d,\"mentions\":41,\"peak\":9}"
            .formatted(now - 3_000_000, now - 2_400_000);
    String goesOn =
        "{\"start_ms\":%d,\"end_ms\":%d,\"mentions\":230,\"peak\":57}"
            .formatted(now - 900_000, now + 600_000);
    plant(page, "**/hashtag-bursts-store/sessions/*", "{\"sessions\":[%s]}".formatted(over));
    plant(
        page,
        "**/hashtag-bursts-store/sessions/worldcup?*",
        "{\"sessions\":[%s,%s]}".formatted(over, goesOn));
    page.navigate(server.url("/"));
    return page;
  }

  private static void plant(Page page, String url, String json) {
    page.route(
        url,
        route ->
            route.fulfill(
                new Route.FulfillOptions().setContentType("application/json").setBody(json)));
  }

  @Test
  void theDescriptionOfTheApiCanBeReadOffline() {
    Page page = browser.page(1400, 900, ColorScheme.LIGHT);
    page.navigate(server.url("/docs"));
    assertThat(page.locator(".opblock-summary-path").first()).isVisible();
    assertThat(page.locator("#docs")).containsText("What is trending");
    shoot(page, "docs");
    nothingWentWrong();
  }
}
