package io.streamsocial.cli;

import io.streamsocial.cli.generator.GeneratorOptions;
import io.streamsocial.cli.generator.PostPump;
import io.streamsocial.cli.options.ListenOptions;
import io.streamsocial.cli.shell.ApiClient;
import io.streamsocial.cli.shell.ExitCode;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.http.auth.UnusableFileException;
import io.streamsocial.processor.EngineConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;

/** Instances and a stream of posts beside a Kafka that runs, in this process until Ctrl-C. */
final class Demo implements AutoCloseable {
  /** The hashtag that bursts where the user names none. */
  private static final String STORY = "eclipse";

  // Three windows: what emerges stands out against a past.
  private static final Duration PAST = Duration.ofMinutes(15);

  private final ListenOptions listen;
  private final GeneratorOptions posts;
  private final Shell shell;
  private final PostPump pump;
  private final List<Instance> instances = new ArrayList<>();

  Demo(ListenOptions listen, GeneratorOptions posts, EngineConfig any, Shell shell) {
    this.listen = listen;
    this.posts = posts;
    this.shell = shell;
    this.pump =
        posts.connectStory(STORY, PAST, any.brokers().bootstrap(), any.posts().topic(), Map.of());
  }

  /**
   * @param port to listen on; 0 for a free one
   */
  void start(EngineConfig config, int port) throws IOException {
    instances.add(Instance.start(config, listen.build(config, port)));
  }

  /**
   * Sends posts until the process is asked to end, or an instance has failed.
   *
   * @return an {@link ExitCode}
   */
  int await() {
    announce();
    Instance first = instances.get(0);
    daemon("post-pump", this::pump);
    daemon("first-trend", () -> awaitFirstTrend(first.port()));
    return Instance.await(instances, shell);
  }

  private void announce() {
    for (Instance instance : instances) {
      String url = listen.scheme() + "://localhost:" + instance.port();
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
  }

  private void pump() {
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

  /** Asks over HTTP, so that the printed time is what a client sees. */
  private void awaitFirstTrend(int port) {
    long startNanos = System.nanoTime();
    try {
      ApiClient api = listen.client(port);
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
      // The server's certificate cannot be read, or is not for localhost: the line is left out.
    }
  }

  /** Empty without a trend or an answer: the machine is slow, or the instance is ending. */
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

  /**
   * Posts end first. All instances close at once: one after the other, each would hand its work to
   * those that are about to close.
   */
  @Override
  public void close() {
    pump.close();
    List<CompletableFuture<Void>> closing =
        instances.stream()
            .map(
                each ->
                    CompletableFuture.runAsync(
                        each::close, task -> new Thread(task, "demo-stop").start()))
            .toList();
    closing.forEach(CompletableFuture::join);
  }
}
