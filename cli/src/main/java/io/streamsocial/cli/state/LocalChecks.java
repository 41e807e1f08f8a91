package io.streamsocial.cli.state;

import com.sun.management.OperatingSystemMXBean;
import io.streamsocial.cli.options.ListenOptions;
import io.streamsocial.http.auth.UnusableFileException;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.kafka.ClusterCheck.Check;
import io.streamsocial.processor.kafka.ClusterCheck.Status;
import io.streamsocial.processor.offline.StateInspector;
import io.streamsocial.store.StoreException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Checks whether this machine has what an instance needs. */
final class LocalChecks {
  private static final long FREE_BYTES_MIN = 1L << 30;
  // RocksDB's setting for each store; and what JVM, libraries and Kafka's clients open.
  private static final int FILES_OF_STORE = 256;
  private static final int FILES_OF_PROCESS = 500;
  // As ./trending gives serve; and what JVM and libraries take beside the heap.
  private static final long HEAP_BYTES = 512L << 20;
  private static final long OTHER_BYTES = 192L << 20;
  private static final Pattern OPEN_FILES =
      Pattern.compile("^Max open files\\s+(\\d+|unlimited)", Pattern.MULTILINE);

  private final EngineConfig config;
  private final ListenOptions listen;
  private final List<Check> checks = new ArrayList<>();

  LocalChecks(EngineConfig config, ListenOptions listen) {
    this.config = config;
    this.listen = listen;
  }

  List<Check> run() {
    stateDirectory();
    owner();
    stores();
    otherViews();
    openFiles();
    memory();
    port();
    return checks;
  }

  private void add(String name, boolean isWell, String detail) {
    checks.add(new Check(name, isWell ? Status.OK : Status.PROBLEM, detail));
  }

  private void stateDirectory() {
    Path there = config.instanceDirectory().toAbsolutePath();
    while (there.getParent() != null && !Files.exists(there)) {
      there = there.getParent();
    }
    try {
      boolean isWritable = Files.isDirectory(there) && Files.isWritable(there);
      add(
          "state directory",
          isWritable,
          isWritable
              ? config.instanceDirectory().toString()
              : "%s is no directory that this user can write to: change it, or name another with --state-dir"
                  .formatted(there));
      long free = Files.getFileStore(there).getUsableSpace();
      add(
          "disk",
          free >= FREE_BYTES_MIN,
          free >= FREE_BYTES_MIN
              ? "%d MiB free".formatted(free >> 20)
              : "%d MiB free under %s, needed are %d: free some space, or name another --state-dir"
                  .formatted(free >> 20, there, FREE_BYTES_MIN >> 20));
    } catch (IOException e) {
      add("disk", false, "cannot be asked: " + e.getMessage());
    }
  }

  private void owner() {
    String name = "state owner";
    if (!Files.isDirectory(config.instanceDirectory())) {
      checks.add(new Check(name, Status.OK, "nothing there yet"));
      return;
    }
    try {
      Optional<String> problem = StateOwner.problem(config.instanceDirectory());
      add(name, problem.isEmpty(), problem.orElse("all files belong to one user"));
    } catch (IOException | UncheckedIOException e) {
      checks.add(new Check(name, Status.SKIPPED, "cannot be read: " + e.getMessage()));
    }
  }

  private void stores() {
    if (!Files.isDirectory(config.instanceDirectory())) {
      checks.add(new Check("stores", Status.OK, "none yet"));
      return;
    }
    try {
      StateInspector.Report report =
          StateInspector.inspect(config.instanceDirectory(), Set.of(), 0, config.views().others());
      List<Integer> damaged =
          report.tasks().stream()
              .filter(StateInspector.Task::isDamaged)
              .map(StateInspector.Task::partition)
              .toList();
      add(
          "stores",
          damaged.isEmpty(),
          damaged.isEmpty()
              ? "%d, every row can be read".formatted(report.tasks().size())
              : "partitions %s are damaged: see inspect; serve or restore rebuilds them"
                  .formatted(damaged));
    } catch (StoreException e) {
      boolean isRunning = isOurs(listen.port(config.identity().instanceId()));
      checks.add(
          new Check(
              "stores",
              isRunning ? Status.SKIPPED : Status.PROBLEM,
              String.valueOf(e.getMessage())));
    } catch (ConfigException | UncheckedIOException e) {
      add("stores", false, String.valueOf(e.getMessage()));
    }
  }

  /** Views that were taken away: their rows stay until somebody deletes them. */
  private void otherViews() {
    if (!Files.isDirectory(config.instanceDirectory())) {
      return;
    }
    try {
      StateInspector.otherViews(config)
          .forEach(
              (view, partitions) ->
                  add(
                      "view " + view,
                      true,
                      "is not configured here and has rows in partitions %s of %s: reset --view %s --local deletes them"
                          .formatted(partitions, config.instanceDirectory(), view)));
    } catch (StoreException | UncheckedIOException e) {
      add("views", false, String.valueOf(e.getMessage()));
    }
  }

  private void openFiles() {
    OptionalLong limit = openFilesLimit();
    if (limit.isEmpty()) {
      checks.add(
          new Check("open files", Status.SKIPPED, "this system does not tell its limit in /proc"));
      return;
    }
    long needed =
        (long) FILES_OF_STORE * config.tasks().shufflePartitions()
            + listen.maxConnections
            + FILES_OF_PROCESS;
    add(
        "open files",
        limit.getAsLong() >= needed,
        limit.getAsLong() >= needed
            ? "%d allowed, %d needed at most".formatted(limit.getAsLong(), needed)
            : "needs up to %d (%d stores, %d connections), has %d: ulimit -n %d, or LimitNOFILE=%d in the systemd unit, or lower --max-connections"
                .formatted(
                    needed,
                    config.tasks().shufflePartitions(),
                    listen.maxConnections,
                    limit.getAsLong(),
                    needed,
                    needed));
  }

  /** The soft limit of this process; serve, started from the same shell, would have it too. */
  private static OptionalLong openFilesLimit() {
    try {
      return parseOpenFiles(Files.readString(Path.of("/proc/self/limits")));
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }

  static OptionalLong parseOpenFiles(String limits) {
    Matcher matcher = OPEN_FILES.matcher(limits);
    if (!matcher.find()) {
      return OptionalLong.empty();
    }
    return OptionalLong.of(
        matcher.group(1).equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(matcher.group(1)));
  }

  private void memory() {
    // Of the container, where there is one.
    long total =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    long needed = HEAP_BYTES + config.storage().storeMemoryBytes() + OTHER_BYTES;
    add(
        "memory",
        total >= needed,
        "%d MiB, needed are up to %d (%d heap, %d stores, %d other)%s"
            .formatted(
                total >> 20,
                needed >> 20,
                HEAP_BYTES >> 20,
                config.storage().storeMemoryBytes() >> 20,
                OTHER_BYTES >> 20,
                total >= needed ? "" : ": lower --store-memory-bytes or JAVA_OPTS=-Xmx..."));
  }

  private void port() {
    int port = listen.port(config.identity().instanceId());
    if (port == 0 || ListenOptions.isFree(listen.host, port)) {
      add("port", true, port == 0 ? "any" : port + " is free");
    } else if (isOurs(port)) {
      add("port", true, port + " is in use by this instance itself, which runs");
    } else {
      add(
          "port",
          false,
          "%d on %s is in use by something else: stop it, or choose another with --port"
              .formatted(port, listen.host));
    }
  }

  /** Whether the instance with these options is the one that answers on the port. */
  private boolean isOurs(int port) {
    try {
      return listen
          .client(port)
          .get("/api/health")
          .json()
          .path("instance")
          .path("instance_id")
          .asText()
          .equals(config.identity().instanceId());
    } catch (IOException | UnusableFileException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
