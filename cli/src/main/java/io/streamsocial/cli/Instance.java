package io.streamsocial.cli;

import io.micrometer.core.instrument.binder.system.DiskSpaceMetrics;
import io.streamsocial.cli.shell.ExitCode;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.cli.shell.Shutdown;
import io.streamsocial.http.server.HttpServer;
import io.streamsocial.http.server.KafkaPosts;
import io.streamsocial.http.server.Metrics;
import io.streamsocial.http.server.ServerOptions;
import io.streamsocial.processor.ClientFigures;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.InstanceAddress;
import io.streamsocial.processor.loop.Engine;
import io.streamsocial.processor.metrics.ResourceMetrics;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * One instance: the engine, the producer for posted posts, and the server, built inside-out. The
 * closing times add up to less than the 10 seconds that a stop may take by default.
 */
final class Instance implements AutoCloseable {
  private static final Duration DRAIN = Duration.ofSeconds(2);
  private static final Duration ENGINE = Shutdown.PATIENCE.minusSeconds(5);

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
    Engine engine = Engine.open(config);
    try {
      KafkaPosts posts =
          KafkaPosts.connect(
              config.brokers().bootstrap(),
              config.posts().topic(),
              config.brokers().kafka(),
              options.limits().requestMemoryBytes());
      try {
        HttpServer server =
            HttpServer.start(options, engine.queries(), engine::status, posts, engine.clocks());
        bindMeters(engine, posts, config, server.metrics());
        engine.afterStepBack(posts::renew);
        return joined(engine, posts, server);
      } catch (IOException | RuntimeException e) {
        posts.close();
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      engine.close();
      throw e;
    }
  }

  private static void bindMeters(
      Engine engine, KafkaPosts posts, EngineConfig config, Metrics metrics) {
    ResourceMetrics resources =
        new ResourceMetrics(
            engine,
            () -> {
              List<ClientFigures> all = new ArrayList<>(engine.clientFigures());
              all.add(posts.figures());
              return all;
            },
            metrics.registry());
    metrics.beforeScrape(resources::refresh);
    new DiskSpaceMetrics(config.instanceDirectory().toFile()).bindTo(metrics.registry());
  }

  /** Announces the address to the group only once the server listens on it. */
  private static Instance joined(Engine engine, KafkaPosts posts, HttpServer server) {
    try {
      engine.join(server.advertised());
      return new Instance(engine, posts, server);
    } catch (RuntimeException e) {
      server.close();
      throw e;
    }
  }

  /** The address that is announced to the other instances. */
  InstanceAddress advertised() {
    return server.advertised();
  }

  int port() {
    return server.port();
  }

  /** Completed when a loop has died. */
  CompletableFuture<Throwable> failure() {
    return engine.failure();
  }

  /**
   * The engine closes first: while it hands its partitions over, other instances can still read
   * them here. Readiness is false by then, and requests that come all the same are answered.
   */
  @Override
  public void close() {
    server.announceStop();
    engine.close(ENGINE);
    server.drain(DRAIN);
    server.close();
    posts.close();
  }

  int await(Shell shell) {
    return await(List.of(this), shell);
  }

  /** Waits until the process is asked to end, or an engine has failed, and prints the reason. */
  static int await(List<Instance> instances, Shell shell) {
    CompletableFuture<Object> failure =
        CompletableFuture.anyOf(
            instances.stream().map(Instance::failure).toArray(CompletableFuture<?>[]::new));
    CompletableFuture.anyOf(shell.shutdown().requested(), failure).join();
    if (shell.shutdown().isRequested()) {
      shell.say("stopping: answers finish, then the last counts are published and written");
      return ExitCode.DONE;
    }
    shell.say("the engine has failed and only a restart helps: " + failure.join());
    return ExitCode.FAILED;
  }
}
