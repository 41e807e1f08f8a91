package io.streamsocial.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.cli.options.ListenOptions;
import io.streamsocial.cli.shell.Environment;
import io.streamsocial.cli.shell.ExitCode;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.cli.shell.Shutdown;
import io.streamsocial.http.Version;
import io.streamsocial.http.fixture.Rules;
import io.streamsocial.http.fixture.Statuses;
import io.streamsocial.http.fixture.TestCertificates;
import io.streamsocial.http.fixture.TestServer;
import io.streamsocial.http.peers.PeerOptions;
import io.streamsocial.http.server.ClientSettings;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.Guarantee;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

@Timeout(300)
class MainTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(Map<String, String> environment, String... args) {
    Shell shell =
        new Shell(
            new PrintWriter(out),
            new PrintWriter(err),
            false,
            new Environment(environment),
            new Shutdown());
    int code = Main.run(args, shell);
    shell.out().flush();
    shell.err().flush();
    return code;
  }

  private static ServeCommand parse(Map<String, String> environment, String... args) {
    CommandLine commandLine = Main.commandLine(new Environment(environment));
    CommandLine.ParseResult parsed = commandLine.parseArgs(Main.withPassThrough(args));
    assertThat(parsed.subcommand().errors()).isEmpty();
    return (ServeCommand) parsed.subcommand().commandSpec().userObject();
  }

  @Test
  void helpNamesTheEnvironmentVariablesAndDefaults() {
    assertThat(run(Map.of(), "serve", "--help")).isZero();
    assertThat(out.toString())
        .contains("--state-dir", "Environment: STATE_DIR", "Environment: INSTANCE_ID")
        .contains("Environment: BOOTSTRAP or KAFKA_BOOTSTRAP or KAFKA_BOOTSTRAP_SERVERS")
        .contains("Default: localhost:9092", "Default: 5m", "Default: 1h", "127.0.0.1");
    assertThat(err.toString()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--help",
        "demo --help",
        "broker --help",
        "generate --help",
        "query --help",
        "query trending --help",
        "query hashtag --help"
      })
  void everyCommandHasHelpOnStdout(String line) {
    assertThat(run(Map.of(), line.split(" "))).isZero();
    assertThat(out.toString()).startsWith("Usage: trending");
  }

  @Test
  void versionIsTheBuildsOwn() {
    assertThat(run(Map.of(), "--version")).isZero();
    assertThat(out.toString().trim()).isEqualTo("trending " + Version.TEXT);
  }

  @Test
  void withoutACommandTheUsageIsShownOnStderr() {
    assertThat(run(Map.of())).isEqualTo(2);
    assertThat(err.toString()).contains("Usage: trending", "serve");
    assertThat(run(Map.of(), "query")).isEqualTo(2);
    assertThat(run(Map.of(), "dmeo")).isEqualTo(2);
    assertThat(err.toString()).contains("dmeo");
  }

  @Test
  void allConfigErrorsAreToldAtOnce() {
    int code =
        run(
            Map.of("PUBLISH_MS", "0", "RETENTION", "soon"),
            "serve",
            "--threads=many",
            "--port=70000",
            "--window=1",
            "--app-id=a b",
            "--read-queue=0",
            "--peer-timeout-ms=5",
            "--standbys=11",
            "--zone=a b",
            "--advertise=a_b:1",
            "--guarantee=maybe",
            "--kafka.acks=1",
            "--colour=red");
    assertThat(code).isEqualTo(2);
    assertThat(err.toString())
        .contains(
            "publish-ms is 0: allowed is 1 to 10000",
            "--retention",
            "'soon' is not a duration",
            "--threads",
            "'many'",
            "port is 70000: allowed is 0 to 65535",
            "window (ms) is 1: allowed is 1000 to 86400000",
            "app-id is 'a b'",
            "read-queue is 0",
            "peer-timeout-ms is 5: allowed is 10 to 60000",
            "standbys is 11",
            "zone is 'a b'",
            "advertise is 'a_b:1': write HOST or HOST:PORT",
            "--guarantee",
            "kafka.acks cannot be set",
            "--colour");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void optionsAreStrongerThanTheEnvironmentWhichIsStrongerThanDefaults() {
    Map<String, String> environment =
        Map.of(
            "INSTANCE_ID", "7",
            "KAFKA_BOOTSTRAP", "kafka:1",
            "STATE_DIR", "/env",
            "PORT", "9999",
            "CREATE_TOPIC", "true",
            "WINDOW", "60s",
            "GUARANTEE", "at_least_once");
    ServeCommand serve = parse(environment, "serve", "--state-dir", "/arg", "--retention=2h");
    EngineConfig config = serve.engine.build(new Environment(environment));
    assertThat(config.identity().instanceId()).isEqualTo("7");
    assertThat(config.brokers().bootstrap()).isEqualTo("kafka:1");
    assertThat(config.storage().stateDir()).isEqualTo(Path.of("/arg"));
    assertThat(config.posts().createTopic()).isTrue();
    assertThat(config.windows().window()).isEqualTo(Duration.ofMinutes(1));
    assertThat(config.windows().retention()).isEqualTo(Duration.ofHours(2));
    assertThat(config.guarantee()).isEqualTo(Guarantee.AT_LEAST_ONCE);
    assertThat(serve.listen.port("7")).isEqualTo(9999);
    assertThat(config.tasks().threads())
        .isEqualTo(EngineConfig.defaults().build().tasks().threads());
  }

  @Test
  void theInstanceIdComesFromThePodAndThePortFromIt() {
    Map<String, String> pod = Map.of("POD_NAME", "trending-12");
    assertThat(parse(pod, "serve").engine.instanceId(new Environment(pod))).isEqualTo("12");
    assertThat(parse(pod, "serve", "--instance-id", "3").engine.instanceId(new Environment(pod)))
        .isEqualTo("3");
    ServeCommand plain = parse(Map.of(), "serve");
    assertThat(plain.engine.instanceId(new Environment(Map.of()))).isEqualTo("0");
    assertThat(plain.listen.port("0")).isEqualTo(8080);
    assertThat(plain.listen.port("12")).isEqualTo(8092);
    assertThat(plain.listen.port("blue")).isEqualTo(8080);
  }

  @Test
  void othersAreToldWhereTheyCanReachIt() {
    assertThat(advertised("serve")).isEqualTo("localhost:0");
    assertThat(advertised("serve", "--host=10.0.0.5")).isEqualTo("10.0.0.5:0");
    assertThat(advertised("serve", "--host=0.0.0.0")).isNotEqualTo("0.0.0.0:0").endsWith(":0");
    assertThat(advertised("serve", "--advertise=node-1.example")).isEqualTo("node-1.example:0");
    assertThat(advertised("serve", "--advertise=node-1:9000")).isEqualTo("node-1:9000");
    assertThat(advertised("serve", "--advertise=[::1]:9000")).isEqualTo("::1:9000");
    for (String bad : List.of("a:0", "a:65536", "::1", "http://a", "a:b", ":80", "a b")) {
      assertThat(ListenOptions.advertised(bad)).as(bad).isEmpty();
    }
    ServeCommand serve = parse(Map.of("ADVERTISE", "a:1", "PEER_TIMEOUT_MS", "70"), "serve");
    assertThat(serve.listen.advertise).isEqualTo("a:1");
    assertThat(serve.listen.peerTimeoutMs).isEqualTo(70);
  }

  private String advertised(String... line) {
    ServeCommand serve = parse(Map.of(), line);
    EngineConfig config = serve.engine.build(new Environment(Map.of()));
    PeerOptions peers = serve.listen.build(config, 0).peers();
    return peers.advertisedHost() + ":" + peers.advertisedPort();
  }

  @Test
  void everyVariableThatCannotBeReadIsTold() {
    Map<String, String> environment =
        Map.of(
            "PUBLISH_MS", "soon",
            "THREADS", "many",
            "GUARANTEE", "mostly",
            "WINDOW", "a while",
            "PORT", "eighty",
            "MAX_CONNECTIONS", "0");
    assertThat(run(environment, "serve", "--standbys=some")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString())
        .contains("soon", "many", "mostly", "a while", "eighty", "some", "max-connections is 0");
  }

  @Test
  void kafkaSettingsPassThrough() {
    Map<String, String> environment =
        Map.of(
            "KAFKA_SECURITY_PROTOCOL", "SSL",
            "KAFKA_CONSUMER_FETCH_MIN_BYTES", "5",
            "KAFKA_SASL_MECHANISM", "PLAIN",
            "KAFKA_BOOTSTRAP", "kafka:1",
            "KAFKA_ADMIN_SSL_KEY_PASSWORD", "p",
            "KAFKA_CONFIG_PROVIDERS", "file",
            "KAFKA_CONFIG_PROVIDERS_FILE_CLASS", "a.B",
            "KAFKA_OPTS", "-Xmx1g",
            "KAFKA_PORT_9092_TCP", "tcp://10.0.0.1");
    ServeCommand serve =
        parse(
            environment,
            "serve",
            "--kafka.sasl.mechanism=SCRAM-SHA-256",
            "--kafka.producer.linger.ms",
            "7",
            "--kafka",
            "client.id=a=b");
    Map<String, String> kafka = serve.engine.build(new Environment(environment)).brokers().kafka();
    assertThat(kafka)
        .containsOnly(
            Map.entry("security.protocol", "SSL"),
            Map.entry("consumer.fetch.min.bytes", "5"),
            Map.entry("admin.ssl.key.password", "p"),
            Map.entry("config.providers", "file"),
            Map.entry("config.providers.file.class", "a.B"),
            Map.entry("sasl.mechanism", "SCRAM-SHA-256"),
            Map.entry("producer.linger.ms", "7"),
            Map.entry("client.id", "a=b"));
    assertThat(ClientSettings.producer("kafka:1", kafka, Map.of("linger.ms", 5)))
        .containsOnly(
            Map.entry("bootstrap.servers", "kafka:1"),
            Map.entry("security.protocol", "SSL"),
            Map.entry("sasl.mechanism", "SCRAM-SHA-256"),
            Map.entry("linger.ms", 5),
            Map.entry("config.providers", "file"),
            Map.entry("config.providers.file.class", "a.B"),
            Map.entry("client.id", "a=b"));
  }

  @Test
  void nobodyListensOpenlyByAccident() {
    assertThat(run(Map.of(), "serve", "--host=0.0.0.0", "--advertise=node-1")).isEqualTo(2);
    assertThat(err.toString())
        .contains("host is 0.0.0.0, so everybody who reaches it could read and post")
        .contains("--tokens-file FILE", "--insecure", "--host 127.0.0.1")
        .contains("could ask as one: give --peer-secret-file FILE");
    assertThat(exposed("serve", "--host=0.0.0.0")).contains("read and post");
    assertThat(exposed("demo", "--host=0.0.0.0")).contains("read and post");
    assertThat(exposed("doctor", "--host=0.0.0.0")).contains("read and post");
    assertThat(exposed("serve", "--host=0.0.0.0", "--advertise=a", "--insecure")).isEmpty();
    assertThat(exposed("serve", "--host=127.0.0.1", "--advertise=a")).isEmpty();
    assertThat(exposed("serve", "--host=0.0.0.0", "--tokens-file=/none")).isEmpty();
    assertThat(exposed("serve", "--host=0.0.0.0", "--tokens-file=/none", "--advertise=a"))
        .contains("could ask as one")
        .doesNotContain("read and post");
    assertThat(
            exposed(
                "serve",
                "--host=0.0.0.0",
                "--tokens-file=/none",
                "--advertise=a",
                "--peer-secret-file=/none"))
        .isEmpty();
    err.getBuffer().setLength(0);
    Map<String, String> insecure = Map.of("INSECURE", "true", "HOST", "0.0.0.0");
    assertThat(run(insecure, "serve", "--threads=0")).isEqualTo(2);
    assertThat(err.toString()).doesNotContain("0.0.0.0");
  }

  /** What is said of the host; another error keeps the command from starting. */
  private String exposed(String... line) {
    err.getBuffer().setLength(0);
    List<String> all = new ArrayList<>(List.of(line));
    all.add("--port=70000");
    assertThat(run(Map.of(), all.toArray(new String[0]))).isEqualTo(2);
    return String.join(
        "\n", err.toString().lines().filter(each -> each.contains("host is")).toList());
  }

  @Test
  void securityOptionsThatCannotWorkTogetherAreToldWithTheReason() {
    assertThat(
            run(
                Map.of("TLS_CLIENT_CA", "/none"),
                "serve",
                "--tls-key=/none",
                "--tokens-file=/none",
                "--peer-secret-file=/none",
                "--cors-origins=*,https://a.example/path,b.example",
                "--rate-limit=-1",
                "--header-timeout=1ms"))
        .isEqualTo(2);
    assertThat(err.toString())
        .contains("tls-cert and tls-key belong together")
        .contains("tls-ca and tls-client-ca are for HTTPS")
        .contains("cors-origins is *, but there are tokens")
        .contains("cors-origins has 'https://a.example/path'", "cors-origins has 'b.example'")
        .contains("rate-limit is -1", "header-timeout (ms) is 1")
        .contains("tokens-file is /none: there is no such file")
        .contains("peer-secret-file is /none: there is no such file");
    err.getBuffer().setLength(0);
    assertThat(run(Map.of("TOKENS_FILE", "/none"), "demo", "--instances=2")).isEqualTo(2);
    assertThat(err.toString()).contains("which could not ask each other: give --peer-secret-file");
  }

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
      Map<String, String> token = Map.of("TOKEN", Rules.READ);
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
  void serveTriesThePortBeforeAnythingElse() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(taken.getLocalPort());
      assertThat(run(Map.of(), "serve", "--port", port)).isEqualTo(1);
      assertThat(err.toString()).contains("port " + port + " on 127.0.0.1 is in use", "--port");
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
  void serveEndsWhenAskedThoughKafkaDoesNotAnswer(@TempDir Path state) throws Exception {
    Shutdown shutdown = new Shutdown();
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Shell shell =
          new Shell(
              new PrintWriter(out),
              new PrintWriter(err),
              false,
              new Environment(Map.of()),
              shutdown);
      String[] command = {
        "serve",
        "--port=0",
        "--state-dir=" + state,
        "--bootstrap=127.0.0.1:" + silent.getLocalPort()
      };
      CompletableFuture<Integer> code =
          CompletableFuture.supplyAsync(() -> Main.run(command, shell));
      try (Socket asked = silent.accept()) {
        shutdown.request();
        assertThat(code.get(60, TimeUnit.SECONDS)).as(err.toString()).isZero();
        assertThat(asked.isConnected()).isTrue();
      }
      assertThat(err.toString()).contains("stopped before it had started");
    }
  }

  @Test
  void topEndsWhenAskedThoughItsAnswerIsLongInComing() throws Exception {
    Shutdown shutdown = new Shutdown();
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Shell shell =
          new Shell(
              new PrintWriter(out),
              new PrintWriter(err),
              false,
              new Environment(Map.of()),
              shutdown);
      String url = "http://127.0.0.1:" + silent.getLocalPort();
      CompletableFuture<Integer> code =
          CompletableFuture.supplyAsync(
              () -> Main.run(new String[] {"top", "--api-url", url}, shell));
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
      assertThat(run(Map.of("API_URL", url), "query", "trending")).isZero();
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
      assertThat(run(Map.of("API_URL", url), "query", "ready")).isZero();
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
    // Bound, so that nobody else gets the port, but nobody listens.
    try (Socket silent = new Socket()) {
      silent.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      String url = "http://127.0.0.1:" + silent.getLocalPort();
      assertThat(run(Map.of(), "query", "health", "--api-url", url)).isEqualTo(1);
      assertThat(err.toString()).contains("nobody answers at " + url);
    }
    assertThat(run(Map.of(), "query", "health", "--api-url", "nonsense")).isEqualTo(2);
  }
}
