package io.streamsocial.cli;

import io.streamsocial.cli.options.EngineOptions;
import io.streamsocial.cli.options.ListenOptions;
import io.streamsocial.cli.options.LogOptions;
import io.streamsocial.cli.shell.Command;
import io.streamsocial.cli.shell.ExitCode;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.http.server.ServerOptions;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.store.NativeLibrary;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs one instance against an existing Kafka. */
@CommandLine.Command(
    name = "serve",
    description = "Run one instance against an existing Kafka, until SIGTERM or Ctrl-C.")
final class ServeCommand implements Command {
  @Mixin final EngineOptions engine = new EngineOptions();
  @Mixin final ListenOptions listen = new ListenOptions();
  @Mixin final LogOptions logs = new LogOptions();

  @Option(
      names = "--wait-for-kafka",
      description =
          "How long to wait for Kafka to answer and for the topics to exist, alive and not ready, before giving up. 0s: not at all.")
  Duration waitForKafka = Duration.ofMinutes(5);

  @Override
  public List<String> problems(Shell shell) {
    List<String> problems = new ArrayList<>(listen.problems());
    try {
      EngineConfig unused = engine.build(shell.environment());
    } catch (ConfigException e) {
      problems.addAll(e.problems());
    }
    return problems;
  }

  @Override
  public int run(Shell shell) throws Exception {
    NativeLibrary.loadSoon();
    EngineConfig config = engine.build(shell.environment());
    logs.apply(
        shell.terminal(),
        Map.of("instance_id", config.identity().instanceId(), "app_id", config.identity().appId()));
    int port = listen.port(config.identity().instanceId());
    ListenOptions.requireFree(listen.host, port);
    shell.say(
        "instance %s of %s starts against Kafka at %s"
            .formatted(
                config.identity().instanceId(),
                config.identity().appId(),
                config.brokers().bootstrap()));
    try (Instance instance = start(config, port, shell)) {
      if (instance == null) {
        shell.say("stopped before it had started");
        return ExitCode.DONE;
      }
      shell.say("listening on %s://%s:%d".formatted(listen.scheme(), listen.host, instance.port()));
      shell.say(
          "dashboard  %s://%s:%d/"
              .formatted(
                  listen.scheme(), ServerOptions.reachableHost(listen.host), instance.port()));
      String warning = listen.warning();
      if (!warning.isEmpty()) {
        shell.say(warning);
      }
      shell.say(
          "other instances reach it at %s (--advertise names another address)"
              .formatted(instance.advertised()));
      return instance.await(shell);
    }
  }

  /**
   * Kafka may take long to answer: a request to end the process meanwhile interrupts the start.
   *
   * @return null when the process was asked to end
   */
  private @Nullable Instance start(EngineConfig config, int port, Shell shell) throws Exception {
    AtomicBoolean starting = new AtomicBoolean(true);
    Thread self = Thread.currentThread();
    shell
        .shutdown()
        .whenRequested(
            () -> {
              if (starting.get()) {
                self.interrupt();
              }
            });
    try {
      return PatientStart.start(config, listen.build(config, port), waitForKafka, shell);
    } catch (Exception e) {
      if (!shell.shutdown().isRequested()) {
        throw e;
      }
      return null;
    } finally {
      starting.set(false);
      boolean unused = Thread.interrupted();
    }
  }
}
