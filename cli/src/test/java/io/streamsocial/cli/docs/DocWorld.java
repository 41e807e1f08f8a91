package io.streamsocial.cli.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.streamsocial.broker.KafkaFixture;
import io.streamsocial.cli.CommandProcess;
import io.streamsocial.cli.Main;
import io.streamsocial.cli.shell.ApiClient;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.loop.Engine;
import io.streamsocial.processor.trends.Trending;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * Where the commands of the pages are run: one real Kafka, an instance that runs, and the state of
 * one that has been stopped. This is all that differs from what a reader has:
 *
 * <ul>
 *   <li>In the text: {@code localhost:9092} and {@code kafka:9092} are that Kafka, {@code
 *       localhost:8080} is the running instance, {@code /var/lib/trending} is a temporary
 *       directory.
 *   <li>In the environment, where every option has a variable: {@code TRENDING_BOOTSTRAP}, {@code
 *       TRENDING_TOPIC}, {@code TRENDING_APP_ID} and {@code TRENDING_STATE_DIR} of what the command
 *       is about, {@code TRENDING_API_URL} and {@code TRENDING_URL} of the running instance, {@code
 *       PORT} and {@code TRENDING_KAFKA_PORT} 0 for free ones; {@code TRENDING_MAX_CONNECTIONS} and
 *       {@code TRENDING_STORE_MEMORY_BYTES} small, as doctor compares them with the machine.
 *   <li>On the path: {@code trending}, which runs {@link Main} of this build in a JVM of its own,
 *       also as {@code ./trending}; and {@code curl}, where there is none ({@link CurlStandIn}).
 * </ul>
 */
final class DocWorld implements AutoCloseable {
  private static final int SOURCES = 2;
  private static final long POSTS = 20;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  final Path directory;
  final String topic = KafkaFixture.createTopic("posts", SOURCES);
  private final String bootstrap = KafkaFixture.bootstrap();
  private final CommandProcess instance;
  private final String url;
  private @Nullable String stoppedApp;

  DocWorld(Path directory) throws Exception {
    this.directory = directory;
    program("trending", Main.class);
    if (findOnPath("curl").isEmpty()) {
      program("curl", CurlStandIn.class);
    }
    post();
    instance =
        CommandProcess.start(
            List.of(
                "serve",
                "--bootstrap",
                bootstrap,
                "--topic",
                topic,
                "--port",
                "0",
                "--app-id",
                KafkaFixture.uniqueName("docs"),
                "--views",
                "trending,users,sessions,bursts",
                "--state-dir",
                directory + "/running"));
    url = "localhost:" + instance.awaitPort();
    ApiClient api = new ApiClient("http://" + url);
    await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(IOException.class)
        .until(
            () -> {
              var body = new ObjectMapper().readTree(api.get("/api/trending").body());
              return !body.path("partial").asBoolean(true) && !body.path("trending").isEmpty();
            });
  }

  static Optional<Path> findOnPath(String program) {
    return List.of(System.getenv("PATH").split(":", -1)).stream()
        .map(entry -> Path.of(entry).resolve(program))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private void program(String name, Class<?> main) throws IOException {
    String script =
        "#!/bin/sh\nexec '%s/bin/java' -Xmx256m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC %s -cp '%s' %s \"$@\"\n"
            .formatted(
                System.getProperty("java.home"),
                CommandProcess.PATIENT_STOP,
                System.getProperty("java.class.path"),
                main.getName());
    Path file = Files.writeString(directory.resolve(name), script);
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  /** The page's text as it is run here. */
  String substitute(String text) {
    return text.replace("localhost:9092", bootstrap)
        .replace("kafka:9092", bootstrap)
        .replace("localhost:8080", url)
        .replace("/var/lib/trending", directory + "/stopped");
  }

  /** What is set for a command of trending; for others it does not matter. */
  Map<String, String> environment(String command) throws Exception {
    boolean ofStopped =
        List.of("doctor", "inspect", "restore", "verify", "reset").contains(command);
    Map<String, String> variables = new HashMap<>();
    variables.put("TRENDING_BOOTSTRAP", bootstrap);
    variables.put("TRENDING_TOPIC", topic);
    variables.put("TRENDING_APP_ID", ofStopped ? stoppedApp() : KafkaFixture.uniqueName("docs"));
    variables.put("TRENDING_STATE_DIR", directory + "/" + (ofStopped ? "stopped" : "started"));
    variables.put("TRENDING_API_URL", "http://" + url);
    variables.put("TRENDING_URL", "http://" + url);
    variables.put("PORT", "0");
    variables.put("TRENDING_KAFKA_PORT", "0");
    variables.put("TRENDING_MAX_CONNECTIONS", "100");
    variables.put("TRENDING_STORE_MEMORY_BYTES", "33554432");
    variables.put("PATH", directory + ":" + System.getenv("PATH"));
    return variables;
  }

  /** An application whose only instance has been stopped in order; created again after a reset. */
  private String stoppedApp() throws Exception {
    String app = stoppedApp;
    if (app == null) {
      app = KafkaFixture.uniqueName("docs");
      EngineConfig config =
          EngineConfig.defaults()
              .bootstrap(bootstrap)
              .topic(topic)
              .appId(app)
              .stateDir(directory.resolve("stopped"))
              .build();
      try (Engine engine = Engine.start(config)) {
        await().atMost(PATIENCE).until(() -> hasCounted(engine));
        engine.close(PATIENCE); // in order, however long that takes here
      }
      // A static member stays until its session ends; this test need not wait for that.
      try (Admin admin = admin()) {
        admin
            .removeMembersFromConsumerGroup(app, new RemoveMembersFromConsumerGroupOptions())
            .all()
            .get();
      }
      stoppedApp = app;
    }
    return app;
  }

  private static boolean hasCounted(Engine engine) {
    var question = new Trending.Question(1, 1, null, System.currentTimeMillis());
    Trending.Answer answer = engine.queries().trending(question);
    return !answer.completeness().partial()
        && answer.completeness().asOf().values().stream().mapToLong(Long::longValue).sum() >= POSTS;
  }

  /** The state is gone: the next command of that kind gets another. */
  void forgetStopped() {
    stoppedApp = null;
  }

  /** What the running instance tells about itself. */
  String metrics() throws Exception {
    return new ApiClient("http://" + url).get("/metrics").body();
  }

  /** Number of posts in the topic, of any writer. */
  long posts() throws Exception {
    try (Admin admin = admin()) {
      Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
      for (int i = 0; i < SOURCES; i++) {
        ends.put(new TopicPartition(topic, i), OffsetSpec.latest());
      }
      return admin.listOffsets(ends).all().get().values().stream()
          .mapToLong(end -> end.offset())
          .sum();
    }
  }

  private Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", bootstrap));
  }

  private void post() throws Exception {
    try (KafkaProducer<String, String> posts =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrap),
            new StringSerializer(),
            new StringSerializer())) {
      long nowMs = System.currentTimeMillis();
      for (int i = 0; i < POSTS; i++) {
        String text = "{\"text\":\"#breaking news of #tag%d\",\"region\":\"EU-West\"}".formatted(i);
        // Every second one a while ago, so that there are windows before to compare with.
        long timestampMs = nowMs - (i / SOURCES % 2) * Duration.ofMinutes(10).toMillis();
        posts.send(new ProducerRecord<>(topic, i % SOURCES, timestampMs, null, text)).get();
      }
    }
  }

  @Override
  public void close() {
    instance.close();
  }
}
