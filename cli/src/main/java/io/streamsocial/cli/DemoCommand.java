package io.streamsocial.cli;

import io.streamsocial.cli.generator.GeneratorOptions;
import io.streamsocial.cli.generator.PostPump;
import io.streamsocial.cli.options.ListenOptions;
import io.streamsocial.cli.options.LogOptions;
import io.streamsocial.cli.options.SecurityOptions;
import io.streamsocial.cli.query.ApiClient;
import io.streamsocial.cli.shell.Command;
import io.streamsocial.cli.shell.CommandException;
import io.streamsocial.cli.shell.ExitCode;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.http.auth.UnusableFileException;
import io.streamsocial.processor.EngineConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Everything on one machine: Kafka, one instance or several, posts. */
@CommandLine.Command(
    name = "demo",
    description = "Run Kafka, instances and a stream of posts on this machine, until Ctrl-C.")
final class DemoCommand implements Command {
  private static final int KAFKA_PORT = 9092;
  private static final int INSTANCES_MAX = 5;
  private static final String STORY = "eclipse";
  private static final EngineConfig DEFAULTS = EngineConfig.defaults().build();

  // Three windows: what emerges stands out against a past.
  private static final Duration PAST = Duration.ofMinutes(15);

  @Mixin final ListenOptions listen = new ListenOptions();
  @Mixin final LogOptions logs = new LogOptions();
  @Mixin final GeneratorOptions posts = new GeneratorOptions();

  @Option(names = "--kafka-port", description = "Default: 9092, or a free one when it is taken.")
  @Nullable Integer kafkaPort;

  @Option(
      names = "--instances",
      description =
          "1 to 5, on --port and those behind it. They share the work; with two or more each"
              + " partition has a standby.")
  int instances = 1;

  @Option(names = "--data", description = "Keep all state there. Default: a temporary directory.")
  @Nullable Path data;

  @Override
  public List<String> problems(Shell shell) {
    List<String> problems = new ArrayList<>(listen.problems());
    problems.addAll(posts.problems());
    if (kafkaPort != null && (kafkaPort < 0 || kafkaPort > 65_535)) {
      problems.add("kafka-port is %d: allowed is 0 to 65535".formatted(kafkaPort));
    }
    if (instances < 1 || instances > INSTANCES_MAX) {
      problems.add("instances is %d: allowed is 1 to %d".formatted(instances, INSTANCES_MAX));
    }
    if (instances > 1 && listen.advertise != null) {
      problems.add("advertise names one address, but there are %d instances".formatted(instances));
    }
    SecurityOptions security = listen.security;
    if (instances > 1
        && security.tokensFile != null
        && security.peerSecretFile == null
        && security.tlsClientCa == null) {
      problems.add(
          "there are tokens and %d instances, which could not ask each other: give --peer-secret-file FILE, too"
              .formatted(instances));
    }
    return problems;
  }

  @Override
  public int run(Shell shell) throws Exception {
    // Several instances are one process here: the lines name the loop, not the instance.
    logs.apply(shell.terminal(), Map.of("app_id", DEFAULTS.identity().appId()));
    List<Integer> ports = new ArrayList<>();
    for (int i = 0; i < instances; i++) {
      ports.add(port(i, shell));
    }
    Path directory = data == null ? Files.createTempDirectory("streamsocial-demo-") : data;
    try {
      return runIn(directory, ports, shell);
    } finally {
      if (data == null) {
        delete(directory, shell);
      }
    }
  }

  /** A port that was asked for is needed; the default one is only a wish. */
  private int port(int instance, Shell shell) throws CommandException {
    int first = listen.port("0");
    int wish = first == 0 ? 0 : first + instance;
    if (listen.port != null) {
      ListenOptions.requireFree(listen.host, wish);
      return wish;
    }
    if (ListenOptions.isFree(listen.host, wish)) {
      return wish;
    }
    shell.say("port %d is in use: taking a free one".formatted(wish));
    return 0;
  }

  private int runIn(Path directory, List<Integer> ports, Shell shell) throws Exception {
    shell.say("starting Kafka...");
    Path kafkaData = data == null ? null : directory.resolve("kafka");
    try (DevelopmentKafka kafka =
        DevelopmentKafka.start(
            1,
            kafkaPort == null ? KAFKA_PORT : kafkaPort,
            kafkaPort != null,
            kafkaData,
            DEFAULTS.posts().topic())) {
      shell.say("Kafka is ready at " + kafka.bootstrap());
      if (shell.shutdown().isRequested()) {
        return ExitCode.DONE;
      }
      try (Instances running = new Instances();
          PostPump pump =
              PostPump.connect(
                  posts.buildStory(STORY, PAST),
                  kafka.bootstrap(),
                  DEFAULTS.posts().topic(),
                  Map.of())) {
        for (int i = 0; i < ports.size(); i++) {
          EngineConfig config = config(i, kafka.bootstrap(), directory);
          running.all.add(Instance.start(config, listen.build(config, ports.get(i))));
        }
        return runWith(running.all, pump, shell);
      }
    }
  }

  private EngineConfig config(int instance, String bootstrap, Path directory) {
    return EngineConfig.defaults()
        .bootstrap(bootstrap)
        .instanceId(Integer.toString(instance))
        .standbys(instances > 1 ? 1 : 0)
        .stateDir(directory.resolve("state-stores"))
        .build();
  }

  /** Closed all at once: one after the other they would hand the work round among them. */
  private static final class Instances implements AutoCloseable {
    private final List<Instance> all = new ArrayList<>();

    @Override
    public void close() {
      List<CompletableFuture<Void>> closing =
          all.stream()
              .map(
                  each ->
                      CompletableFuture.runAsync(
                          each::close, task -> new Thread(task, "demo-stop").start()))
              .toList();
      closing.forEach(CompletableFuture::join);
    }
  }

  private int runWith(List<Instance> running, PostPump pump, Shell shell) {
    for (Instance instance : running) {
      String url = listen.security.scheme() + "://localhost:" + instance.port();
      shell.say("dashboard  %s/".formatted(url));
      shell.say("trending   %s/api/trending".formatted(url));
      shell.say("emerging   %s/api/emerging".formatted(url));
      shell.say("health     %s/api/health".formatted(url));
      shell.say("metrics    %s/metrics".formatted(url));
    }
    shell.say(
        "posts arrive at %d a second, after a past of 15 minutes; Ctrl-C ends all of it"
            .formatted(posts.rate));
    String tag = posts.burst == null ? STORY : posts.burst.replace("#", "");
    shell.say(
        "#%s will burst in %s after %d s: watch /api/emerging, or ./trending query emerging"
            .formatted(tag, posts.burstRegion, posts.burstAfter.toSeconds()));
    Instance first = running.get(0);
    daemon("post-pump", () -> pump(pump, shell));
    daemon("first-trend", () -> awaitFirstTrend(first.port(), shell));
    return Instance.await(running, shell);
  }

  private void pump(PostPump pump, Shell shell) {
    try {
      long first = pump.sendPast(PAST.toMillis());
      long unused = pump.run(first, posts.rate, 0, sent -> {});
    } catch (RuntimeException e) {
      shell.say("no more posts: " + e.getMessage());
    }
  }

  private static void daemon(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }

  /** Asks the instance's own API, so that the line is true for everybody who asks it. */
  private void awaitFirstTrend(int port, Shell shell) {
    long startNanos = System.nanoTime();
    try {
      ApiClient api = listen.security.self(port);
      while (!shell.shutdown().isRequested()) {
        String hashtag = firstHashtag(api);
        if (!hashtag.isEmpty()) {
          shell.say(
              "first trend after %.1f s: #%s"
                  .formatted((System.nanoTime() - startNanos) / 1e9, hashtag));
          return;
        }
        TimeUnit.MILLISECONDS.sleep(100);
      }
    } catch (IOException | InterruptedException | UnusableFileException e) {
      // Its certificate cannot be read, or is not for localhost.
    }
  }

  /** Empty when there is none yet, or no answer: the machine is slow, or the instance is ending. */
  static String firstHashtag(ApiClient api) throws InterruptedException, SSLException {
    try {
      ApiClient.Answer answer = api.get("/api/trending?limit=1");
      return answer.json().path("trending").path(0).path("hashtag").asText("");
    } catch (SSLException e) {
      throw e;
    } catch (IOException e) {
      return "";
    }
  }

  /** A loop that did not end in time may still write there. */
  private static void delete(Path directory, Shell shell) {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException | UncheckedIOException e) {
      shell.say("temporary directory %s is left behind: %s".formatted(directory, e));
    }
  }
}
