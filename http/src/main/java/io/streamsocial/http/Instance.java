package io.streamsocial.http;

import io.streamsocial.processor.Engine;
import io.streamsocial.processor.EngineConfig;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;

/**
 * One instance: the engine, the producer for posted posts, and the server, built inside-out and
 * closed outside-in. The closing times add up to less than the 10 seconds that a stop may take.
 */
final class Instance implements AutoCloseable {
  private static final Duration DRAIN = Duration.ofSeconds(2);
  private static final Duration ENGINE = Duration.ofMillis(4_500);

  private final Engine engine;
  private final KafkaPosts posts;
  private final HttpServer server;

  private Instance(Engine engine, KafkaPosts posts, HttpServer server) {
    this.engine = engine;
    this.posts = posts;
    this.server = server;
  }

  /**
   * @throws io.streamsocial.processor.ConfigException when configuration, topics or state do not
   *     fit
   * @throws IOException when the address cannot be bound
   */
  static Instance start(EngineConfig config, ServerOptions options) throws IOException {
    Engine engine = Engine.start(config);
    try {
      KafkaPosts posts = KafkaPosts.connect(config.bootstrap(), config.topic(), config.kafka());
      try {
        HttpServer server =
            HttpServer.start(
                options, engine.queries(), engine::status, posts, InstantSource.system());
        return new Instance(engine, posts, server);
      } catch (IOException | RuntimeException e) {
        posts.close();
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      engine.close();
      throw e;
    }
  }

  int port() {
    return server.port();
  }

  /** Completed when a loop has died. */
  CompletableFuture<Throwable> failure() {
    return engine.failure();
  }

  @Override
  public void close() {
    server.drain(DRAIN);
    server.close();
    posts.close();
    engine.close(ENGINE);
  }

  /** Waits until the process is asked to end, or the engine has failed, and says why. */
  int await(Shell shell) {
    CompletableFuture.anyOf(shell.shutdown().requested(), failure()).join();
    if (shell.shutdown().isRequested()) {
      shell.say("stopping: answers finish, then the last counts are published and written");
      return ExitCode.DONE;
    }
    shell.say("the engine has failed and only a restart helps: " + failure().join());
    return ExitCode.FAILED;
  }
}
