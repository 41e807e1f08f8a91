package io.streamsocial.processor.loop;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineConfigBuilder;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.Role;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * An engine in a process of its own, to be killed with -9. The child's arguments: bootstrap, app
 * id, topic, state directory, then options as {@code name=value}:
 *
 * <pre>
 *   threads    1 by default
 *   dedupe     for how long posts are known by their id
 *   instance   its id, 0 by default
 *   leaves     true: an orderly end leaves the group, so that its partitions move at once
 *   posts      names of views of every post, see {@link ViewsOnDisk#everyPost}, beside those of
 *              {@link ViewsOnDisk#of}
 * </pre>
 *
 * It says RUNNING once, and how far it has counted; its log goes to its standard output.
 */
final class EngineProcess implements AutoCloseable {
  private static final String FOLDED = "FOLDED ";
  private static final Pattern OFFSET = Pattern.compile("(\\d+)=(\\d+)");
  private static final Pattern COUNTS = Pattern.compile("counts the views \\[(.*?)\\] beside");
  static final int PUBLISH_MS = 50;
  static final int CHECKPOINT_MS = 300;

  private final Process process;
  private final Thread reader;
  private final List<String> lines = new CopyOnWriteArrayList<>();

  private EngineProcess(Process process) {
    this.process = process;
    this.reader = new Thread(this::read, "engine-process-" + process.pid());
    reader.setDaemon(true);
    reader.start();
  }

  static EngineProcess start(
      String bootstrap, String appId, String topic, Path stateDir, String... options)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                EngineProcess.class.getName(),
                bootstrap,
                appId,
                topic,
                stateDir.toString()));
    command.addAll(List.of(options));
    return new EngineProcess(new ProcessBuilder(command).redirectErrorStream(true).start());
  }

  private void read() {
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        lines.add(line);
      }
    } catch (IOException e) {
      lines.add("the process ended: " + e.getMessage());
    }
  }

  boolean isRunning() {
    if (!process.isAlive()) {
      throw new AssertionError(
          "the engine's process ended by itself:\n" + String.join("\n", lines));
    }
    return lines.contains("RUNNING");
  }

  /** What it has printed so far. */
  List<String> lines() {
    return lines;
  }

  /** kill -9, and waits until it is gone. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
    reader.join(10_000);
  }

  /** SIGTERM; returns the exit code. */
  int stop() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(90, TimeUnit.SECONDS)) {
      throw new AssertionError("still running 90 s after SIGTERM:\n" + String.join("\n", lines));
    }
    reader.join(10_000);
    return process.exitValue();
  }

  /** As {@link #kill}: its directory may be deleted next. */
  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }

  /** Shuffle offsets of the running partitions up to which it last said that it has counted. */
  Map<Integer, Long> folded() {
    Map<Integer, Long> offsets = new HashMap<>();
    for (int i = lines.size() - 1; i >= 0; i--) {
      if (lines.get(i).startsWith(FOLDED)) {
        Matcher matcher = OFFSET.matcher(lines.get(i));
        while (matcher.find()) {
          offsets.put(Integer.valueOf(matcher.group(1)), Long.valueOf(matcher.group(2)));
        }
        break;
      }
    }
    return offsets;
  }

  /**
   * The views, beside the hashtags, of which its loop has last said that it counts them; empty
   * before the first time. Of a process with one thread.
   */
  Set<String> counts() {
    for (int i = lines.size() - 1; i >= 0; i--) {
      Matcher counts = COUNTS.matcher(lines.get(i));
      if (counts.find()) {
        return Set.of(counts.group(1).split(", "));
      }
    }
    return Set.of();
  }

  private static String foldedTo(EngineStatus status) {
    return status.partitions().stream()
        .filter(p -> p.role() == Role.ACTIVE && !p.restoring())
        .map(p -> p.partition() + "=" + p.shuffleOffset())
        .collect(Collectors.joining(" "));
  }

  /** The child. */
  public static void main(String[] args) throws InterruptedException {
    Map<String, String> options = new HashMap<>();
    for (String option : List.of(args).subList(4, args.length)) {
      int equals = option.indexOf('=');
      options.put(option.substring(0, equals), option.substring(equals + 1));
    }
    EngineConfigBuilder config = EngineConfig.defaults();
    ViewsOnDisk.of(args[2]).forEach(config::view);
    Pattern.compile(",")
        .splitAsStream(options.getOrDefault("posts", ""))
        .filter(name -> !name.isEmpty())
        .forEach(name -> config.view(ViewsOnDisk.everyPost(name, args[2])));
    config
        .hashtags(true)
        .bootstrap(args[0])
        .appId(args[1])
        .topic(args[2])
        .stateDir(Path.of(args[3]))
        .threads(Integer.parseInt(options.getOrDefault("threads", "1")))
        .dedupe(Duration.parse(options.getOrDefault("dedupe", "PT0S")))
        .instanceId(options.getOrDefault("instance", "0"))
        .leaveOnStop(Boolean.parseBoolean(options.getOrDefault("leaves", "false")))
        .publishMs(PUBLISH_MS)
        .checkpointMs(CHECKPOINT_MS);
    Engine engine = Engine.start(config.build());
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  engine.close(Duration.ofMinutes(1));
                  Runtime.getRuntime().halt(0); // or the JVM exits with 143
                },
                "stop"));
    boolean said = false;
    String told = "";
    while (!engine.failure().isDone()) {
      EngineStatus status = engine.status();
      String folded = FOLDED + foldedTo(status);
      if (!folded.equals(told)) {
        told = folded;
        System.out.println(folded);
      }
      if (!said && status.state() == EngineState.RUNNING) {
        said = true;
        System.out.println("RUNNING");
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
    System.out.println("FAILED " + engine.failure().join());
    Runtime.getRuntime().halt(1);
  }
}
