package io.streamsocial.cli.query;

import static io.streamsocial.http.fixture.InMemoryViews.PROFILES;
import static io.streamsocial.http.fixture.InMemoryViews.SHOPS;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.cli.CommandLineCase;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.cli.shell.Shutdown;
import io.streamsocial.http.fixture.InMemoryViews;
import io.streamsocial.http.fixture.Rules;
import io.streamsocial.http.fixture.Statuses;
import io.streamsocial.http.fixture.TestCertificates;
import io.streamsocial.http.fixture.TestServer;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.views.ViewKey;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** query and top against a server over made-up trends. */
@Timeout(300)
class QueryTest extends CommandLineCase {
  @Test
  void queryAndTopShowTheirTokenAndTrustTheirCa(@TempDir Path directory) throws Exception {
    TestCertificates ours = new TestCertificates(directory, "ours");
    Rules rules = new Rules(directory).tokens().tls(ours.write(ours.issue("localhost")));
    String file = rules.write("token", Rules.READ + "\n").toString();
    String ca = "--tls-ca=" + ours.ca();
    try (TestServer server = new TestServer(rules.build())) {
      server.trends.add("java", "US-East", TestServer.W0, 7);
      String url = "https://localhost:" + server.server.port();
      String[] query = {"query", "trending", "--api-url", url, ca, "--token-file", file};
      assertThat(run(Map.of(), query)).as(err.toString()).isZero();
      assertThat(out.toString()).contains("#java");
      Map<String, String> token = Map.of("TRENDING_TOKEN", Rules.READ);
      assertThat(run(token, "top", "--url", url, ca, "--count=1")).as(err.toString()).isZero();
      assertThat(run(Map.of(), "query", "trending", "--api-url", url, ca)).isEqualTo(2);
      assertThat(err.toString()).contains("scope read", "--token-file names a file");
      assertThat(run(token, "query", "trending", "--api-url", url)).isEqualTo(1);
      assertThat(err.toString()).contains("TLS fails", "--tls-ca names whom to trust");
      String scoped = "--token-file=" + rules.write("scoped", "read " + Rules.READ);
      assertThat(run(Map.of(), "query", "trending", "--api-url", url, ca, scoped)).isEqualTo(2);
      assertThat(err.toString())
          .contains("it must hold the token alone")
          .doesNotContain(Rules.READ);
    }
  }

  @Test
  void viewsAreAskedByTheirStores() {
    try (TestServer server = new TestServer()) {
      InMemoryViews views = server.trends.views();
      views.add(SHOPS, "DE", ViewKey.of("a b"), TestServer.W0, 1, 300, 5);
      views.add(SHOPS, "AT", ViewKey.of("c"), TestServer.W0, 2, 50, 5);
      views.add(PROFILES, "", ViewKey.of("ann"), TestServer.W0, 3, 7);
      String url = "--api-url=http://127.0.0.1:" + server.server.port();
      assertThat(run(Map.of(), "query", "stores", url)).isZero();
      assertThat(out.toString())
          .contains("shops", "country", "sum orders, sum cents, max last_ms", "key_value");
      assertThat(run(Map.of(), "query", "get", "shops", "a b", url)).isZero();
      assertThat(out.toString())
          .containsPattern("KEY +WINDOW +ORDERS +CENTS +LAST_MS")
          .containsPattern("a b +2026-11-22T12:05:00Z +1 +300 +5");
      assertThat(run(Map.of(), "query", "get", "profiles", "ann", url)).isZero();
      assertThat(out.toString()).containsPattern("ann +2026-11-22T12:05:00Z +3 +7");
      assertThat(run(Map.of(), "query", "range", "shops", "--limit=1", url)).isZero();
      assertThat(err.toString()).contains("more: --cursor Yw");
      assertThat(run(Map.of(), "query", "range", "shops", "--cursor=Yw", url)).isZero();
      assertThat(out.toString()).containsPattern("c +2026-11-22T12:05:00Z +2 +50 +5");
      assertThat(run(Map.of(), "query", "top", "shops", "--group=country=AT", url)).isZero();
      assertThat(out.toString()).containsPattern("1 +c +50");
      assertThat(run(Map.of(), "query", "top", "shops", "--by=last_ms", url)).isEqualTo(2);
      assertThat(err.toString()).contains("by is 'last_ms': allowed is one of 'orders', 'cents'");
      assertThat(run(Map.of(), "query", "get", "shop", "x", url)).isEqualTo(1);
      assertThat(err.toString())
          .contains(
              "the stores are:",
              "shops, which answers query get, query range, query top",
              "visits, which answers query sessions, query active");
    }
  }

  @Test
  void sessionsAreAskedByKeyAndByHowManyAreActive() {
    try (TestServer server = new TestServer()) {
      server.trends.views().addSession(ViewKey.of("ann"), TestServer.W0, TestServer.W0 + 60_000, 4);
      String url = "--api-url=http://127.0.0.1:" + server.server.port();
      assertThat(run(Map.of(), "query", "sessions", "visits", "ann", url))
          .as(err.toString())
          .isZero();
      assertThat(out.toString())
          .containsPattern("KEY +START +END +CLICKS")
          .containsPattern("ann +2026-11-22T12:05:00Z +2026-11-22T12:06:00Z +4");
      assertThat(run(Map.of(), "query", "sessions", "visits", "bob", url)).isZero();
      assertThat(err.toString()).contains("there is no session of this key");
      assertThat(run(Map.of(), "query", "active", "visits", url)).isZero();
      assertThat(out.toString()).containsPattern("GROUP +ACTIVE").containsPattern("all +1");
      for (String wrong : List.of("top", "range")) {
        assertThat(run(Map.of(), "query", wrong, "visits", url)).isEqualTo(1);
        assertThat(err.toString()).contains("visits answers query sessions, query active");
      }
      assertThat(run(Map.of(), "query", "active", "shops", url)).isEqualTo(1);
      assertThat(err.toString()).contains("shops answers query get, query range, query top");
    }
  }

  @Test
  void topPrintsTheListAsOftenAsAsked() {
    try (TestServer server = new TestServer()) {
      server.trends.add("java", "US-East", TestServer.W0, 7);
      String url = "http://127.0.0.1:" + server.server.port();
      int code = run(Map.of(), "top", "--url", url, "--count", "2", "--interval", "100ms");
      assertThat(code).as(err.toString()).isZero();
      assertThat(out.toString().lines().filter(line -> line.contains("#java"))).hasSize(2);
      assertThat(out.toString()).as("not on a terminal").doesNotContain("\u001b");
    }
    assertThat(run(Map.of(), "top", "--limit", "0", "--url", "ftp://x")).isEqualTo(2);
    assertThat(err.toString()).contains("limit is 0").contains("api-url is 'ftp://x'");
  }

  @Test
  void topEndsWhenAskedThoughItsAnswerIsLongInComing() throws Exception {
    Shutdown shutdown = new Shutdown();
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Shell shell = shell(false, Map.of(), shutdown);
      String url = "http://127.0.0.1:" + silent.getLocalPort();
      CompletableFuture<Integer> code =
          CompletableFuture.supplyAsync(() -> run(shell, "top", "--api-url", url));
      try (Socket asked = silent.accept()) {
        shutdown.request();
        assertThat(code.get(60, TimeUnit.SECONDS)).isZero();
        assertThat(asked.isConnected()).isTrue();
      }
    }
  }

  @Test
  void queryPrintsATableOrTheBody() {
    try (TestServer server = new TestServer()) {
      server.trends.add("java", "US-East", TestServer.W0, 7);
      String url = "http://127.0.0.1:" + server.server.port();
      assertThat(run(Map.of("TRENDING_API_URL", url), "query", "trending")).isZero();
      assertThat(out.toString())
          .isEqualTo(
              String.join(
                  System.lineSeparator(),
                  "#  HASHTAG  COUNT  VELOCITY  TREND",
                  "1  #java    7      7         up",
                  ""));
      out.getBuffer().setLength(0);
      assertThat(run(Map.of(), "query", "hashtag", "#Java", "--json", "--api-url", url)).isZero();
      assertThat(TestServer.parse(out.toString()).path("hashtag").textValue()).isEqualTo("java");
      for (String what : List.of("metadata", "health")) {
        assertThat(run(Map.of(), "query", what, "--api-url", url)).as(what).isZero();
      }
      server.trends.missing = List.of(1);
      assertThat(run(Map.of(), "query", "trending", "--api-url", url)).isEqualTo(3);
      assertThat(err.toString()).contains("partial: partitions [1] are missing");
      assertThat(run(Map.of(), "query", "trending", "--limit=0", "--api-url", url)).isEqualTo(2);
      assertThat(err.toString()).contains("limit is '0': allowed is an integer from 1 to 1000");
    }
  }

  @Test
  void aProbeIsAnExitCode() {
    try (TestServer server = new TestServer()) {
      String url = "http://127.0.0.1:" + server.server.port();
      assertThat(run(Map.of("TRENDING_API_URL", url), "query", "ready")).isZero();
      assertThat(out.toString()).startsWith("[+] state: RUNNING").endsWith("ok\n");
      assertThat(run(Map.of(), "query", "live", "--api-url", url)).isZero();
      server.status =
          Statuses.of(EngineState.STOPPING, TestServer.NOW - 60_000, TestServer.NOW - 20);
      out.getBuffer().setLength(0);
      assertThat(run(Map.of(), "query", "ready", "--api-url", url)).isEqualTo(3);
      assertThat(out.toString()).contains("[-] state: STOPPING").endsWith("not ok\n");
      assertThat(run(Map.of(), "query", "live", "--api-url", url)).isZero();
      assertThat(run(Map.of(), "query", "live", "--api-url", url + "/nowhere")).isEqualTo(1);
      assertThat(err.toString()).contains("answered 404 on /livez");
    }
  }

  @Test
  void queryingNobodySaysSo() throws IOException {
    // Bound, so that no other process gets the port, but not listening.
    try (Socket silent = new Socket()) {
      silent.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      String url = "http://127.0.0.1:" + silent.getLocalPort();
      assertThat(run(Map.of(), "query", "health", "--api-url", url)).isEqualTo(1);
      assertThat(err.toString()).contains("nobody answers at " + url);
    }
    assertThat(run(Map.of(), "query", "health", "--api-url", "nonsense")).isEqualTo(2);
  }
}
