package io.streamsocial.cli;

import io.micrometer.core.instrument.binder.system.DiskSpaceMetrics;
import io.streamsocial.cli.shell.ExitCode;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.cli.shell.Shutdown;
import io.streamsocial.http.server.Server;
import io.streamsocial.http.server.ServerOptions;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.InstanceAddress;
import io.streamsocial.processor.loop.Engine;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * One instance: the engine and its server, built inside-out. The closing times add up to less than
 * the 10 seconds that a stop may take by default.
 */
final class Instance implements AutoCloseable {
  private static final Duration DRAIN = Duration.ofSeconds(2);
  private static final Duration ENGINE = Shutdown.PATIENCE.minusSeconds(5);

  private final Engine engine;
  private final Server server;

  private Instance(Engine engine, Server server) {
    this.engine = engine;
    this.server = server;
  }

  /**
   * @throws io.streamsocial.processor.ConfigException when configuration, topics or state do not
   *     fit
   * @throws IOException when the address cannot be bound
   */
  static Instance start(EngineConfig config, ServerOptions options) throws IOException {
    return start(config, options, () -> {});
  }

  /**
   * @param beforeListening frees the address that is listened on next
   */
  static Instance start(EngineConfig config, ServerOptions options, Runnable beforeListening)
      throws IOException {
    Engine engine = Engine.open(config);
    try {
      beforeListening.run();
      Server server = Server.builder(engine).options(options).start();
      new DiskSpaceMetrics(config.instanceDirectory().toFile()).bindTo(server.metrics().registry());
      return new Instance(engine, server);
    } catch (IOException | RuntimeException e) {
      engine.close();
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
