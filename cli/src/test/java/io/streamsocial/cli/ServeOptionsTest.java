package io.streamsocial.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.cli.options.ListenOptions;
import io.streamsocial.cli.shell.Environment;
import io.streamsocial.http.peers.PeerOptions;
import io.streamsocial.http.server.ClientSettings;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.Guarantee;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import picocli.CommandLine;

/** Options and variables of serve, up to the configuration that they make. */
@Timeout(300)
class ServeOptionsTest extends CommandLineCase {
  private static ServeCommand parse(Map<String, String> environment, String... args) {
    CommandLine commandLine = Main.commandLine(new Environment(environment));
    CommandLine.ParseResult parsed = commandLine.parseArgs(Main.withPassThrough(args));
    assertThat(parsed.subcommand().errors()).isEmpty();
    return (ServeCommand) parsed.subcommand().commandSpec().userObject();
  }

  @Test
  void optionsAreStrongerThanTheEnvironmentWhichIsStrongerThanDefaults() {
    Map<String, String> environment =
        Map.of(
            "INSTANCE_ID", "7",
            "KAFKA_BOOTSTRAP", "kafka:1",
            "TRENDING_STATE_DIR", "/env",
            "PORT", "9999",
            "TRENDING_CREATE_TOPIC", "true",
            "TRENDING_WINDOW", "60s",
            "TRENDING_GUARANTEE", "at_least_once");
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
    ServeCommand serve =
        parse(Map.of("TRENDING_ADVERTISE", "a:1", "TRENDING_PEER_TIMEOUT_MS", "70"), "serve");
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
    Map<String, String> insecure = Map.of("TRENDING_INSECURE", "true", "TRENDING_HOST", "0.0.0.0");
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
                Map.of("TRENDING_TLS_CLIENT_CA", "/none"),
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
    assertThat(run(Map.of("TRENDING_TOKENS_FILE", "/none"), "demo", "--instances=2")).isEqualTo(2);
    assertThat(err.toString()).contains("which could not ask each other: give --peer-secret-file");
  }
}
