package com.example.board;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.loop.Engine;
import io.streamsocial.processor.trends.Emerging;
import io.streamsocial.processor.trends.Trending;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A program of its own with the engine inside: prints once a second what is trending. */
public final class TrendBoard {
  private TrendBoard() {}

  /**
   * @param args Kafka's servers, the posts topic, an application id, a state directory
   */
  public static void main(String[] args) throws Exception {
    Engine engine = start(args);
    // SIGTERM and Ctrl-C: a last publish and checkpoint, so the next start has nothing to restore.
    Runtime.getRuntime().addShutdownHook(new Thread(engine::close, "engine-close"));
    while (true) {
      try {
        Throwable cause = engine.failure().get(1, TimeUnit.SECONDS);
        // A loop has died. Its state is safe; only a new process goes on from it.
        System.err.println("the engine has stopped: " + cause.getMessage());
        System.exit(1);
      } catch (TimeoutException e) {
        print(engine);
      }
    }
  }

  private static Engine start(String[] args) {
    try {
      return Engine.start(
          EngineConfig.defaults()
              .bootstrap(args[0])
              .topic(args[1])
              .appId(args[2])
              .instanceId("0")
              .stateDir(Path.of(args[3]))
              .window(Duration.ofMinutes(1))
              .build(),
          new StateLog());
    } catch (ConfigException e) {
      // All that is wrong at once, each with what to do. Nothing was started.
      e.problems().forEach(System.err::println);
      System.exit(2);
      throw e;
    }
  }

  private static void print(Engine engine) {
    long now = System.currentTimeMillis();
    Trending.Answer top = engine.queries().trending(new Trending.Question(3, 3, null, now));
    if (top.completeness().partial()) {
      System.out.printf(
          "%s, partitions %s are missing%n", engine.status().state(), top.completeness().missing());
    }
    for (Trending.Row row : top.rows()) {
      System.out.printf("#%s %d %s%n", row.hashtag(), row.count(), row.trend());
    }
    for (Emerging.Row row : engine.queries().emerging(Emerging.Question.of(3, now)).rows()) {
      System.out.printf("suddenly in %s: #%s%n", row.region(), row.hashtag());
    }
    Trending.HashtagAnswer kafka =
        engine.queries().hashtag("#Kafka", new Trending.Question(1, 1, null, now));
    // No window at all while its partition is missing: nobody knows the count, it need not be 0.
    for (Trending.WindowCount minute : kafka.windows()) {
      System.out.printf("#kafka in this minute: %d%n", minute.count());
    }
  }
}
