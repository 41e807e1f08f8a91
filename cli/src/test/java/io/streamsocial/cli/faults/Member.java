package io.streamsocial.cli.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.streamsocial.cli.CommandProcess;
import io.streamsocial.cli.MovedClock;
import io.streamsocial.fixture.SmallDisk;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An instance, a process of its own, with all that can be taken from it: its life, its clock, its
 * disk, its way to the broker, and the way of other instances to it. Clients have a way that no cut
 * concerns. Faults are done to it by one thread; any thread may ask it.
 */
final class Member implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int DISK_MB = 128;
  private static final int LAST = 20;
  private static final Path LOGS = Path.of("target", "faults");
  private static final Pattern INCIDENT = Pattern.compile("begins: .*\"incident\":\"(\\w+)\"");

  /** What all instances of a run share. */
  record Application(String appId, String topic) {}

  private final int id;
  private final Application application;
  private final MovedClock clock;
  private final Link broker;
  final SmallDisk disk;
  private final Link others = new Link();
  private final HttpClient client = HttpClient.newHttpClient();
  private final List<String> deaths = new ArrayList<>();
  private final Map<String, Integer> incidents = new TreeMap<>();
  private int lives;
  private @Nullable CommandProcess process;
  private volatile int port;
  private boolean isEnded;
  private volatile boolean isUp;
  private volatile long movedNanos = Long.MIN_VALUE;
  private long startedNanos;

  /**
   * @param home an empty directory
   * @param broker how it reaches the broker
   */
  Member(int id, Application application, Path home, Link broker)
      throws IOException, InterruptedException {
    this.id = id;
    this.application = application;
    this.broker = broker;
    clock = MovedClock.compile(Files.createDirectories(home.resolve("clock")));
    disk =
        SmallDisk.mount(Files.createDirectories(home.resolve("disk")), DISK_MB)
            .orElseThrow(() -> new AssertionError("a disk could not be mounted"));
  }

  int id() {
    return id;
  }

  /** Starts its process; {@link #supervise} learns where it listens. */
  void start() throws IOException {
    isEnded = false;
    port = 0;
    others.leadTo(0);
    List<String> arguments =
        List.of(
            "serve",
            "--bootstrap",
            "127.0.0.1:" + broker.port(),
            "--app-id",
            application.appId,
            "--topic",
            application.topic,
            "--state-dir",
            disk.root().toString(),
            "--instance-id",
            Integer.toString(id),
            "--port",
            "0",
            "--advertise",
            "127.0.0.1:" + others.port(),
            "--standbys",
            "1",
            "--checkpoint-ms",
            "2000");
    process = CommandProcess.start(arguments, clock.environment());
    startedNanos = System.nanoTime();
  }

  private CommandProcess process() {
    if (process == null) {
      throw new IllegalStateException("instance " + id + " was never started");
    }
    return process;
  }

  /** kill -9, if it runs. */
  void kill() throws IOException {
    if (!isEnded) {
      isEnded = true;
      isUp = false;
      process().close();
      bury();
    }
  }

  /** Keeps what a life said: its log as a file, and the incidents that it told of. */
  private void bury() throws IOException {
    lives++;
    String said = process().output();
    Files.createDirectories(LOGS);
    Files.writeString(LOGS.resolve("instance-%d-life-%d.log".formatted(id, lives)), said);
    INCIDENT.matcher(said).results().forEach(r -> incidents.merge(r.group(1), 1, Integer::sum));
  }

  /** How many incidents of each kind began in its lives, the present one left out. */
  Map<String, Integer> incidents() {
    return incidents;
  }

  /**
   * What a supervisor does, and a load balancer: starts it again when it has ended by itself, which
   * is noted, and lets clients come to it once it is ready.
   */
  void supervise() throws IOException, InterruptedException {
    if (isEnded) {
      return;
    }
    if (!process().isAlive()) {
      isUp = false;
      List<String> said = process().output().lines().toList();
      String last = String.join("\n", said.subList(Math.max(0, said.size() - LAST), said.size()));
      deaths.add("instance %d ended by itself after %d s:%n%s".formatted(id, ageS(), last));
      bury();
      start();
    } else if (!isUp) {
      port = process().port().orElse(0);
      others.leadTo(port);
      isUp = port != 0 && answers("/readyz");
    }
  }

  private boolean answers(String path) throws InterruptedException {
    try {
      return get(path, Duration.ofSeconds(10)).statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  /** Ends of its process that nobody had asked for, each with what it said last. */
  List<String> deaths() {
    return List.copyOf(deaths);
  }

  /** Whether clients come to it: from its first readiness to its end. */
  boolean isUp() {
    return isUp;
  }

  void moveClock(Duration ahead) {
    movedNanos = Long.MAX_VALUE;
    clock.moveTo(ahead.toMillis());
    if (ahead.isZero()) {
      movedNanos = System.nanoTime();
    }
  }

  /** Whether its clock was right throughout since then, by {@link System#nanoTime}. */
  boolean wasRightSince(long nanos) {
    return movedNanos == Long.MIN_VALUE || (movedNanos != Long.MAX_VALUE && movedNanos - nanos < 0);
  }

  /** The ways between it and the broker, and from other instances to it. */
  void link(Link.State state) {
    broker.be(state);
    others.be(state);
  }

  HttpResponse<String> get(String path, Duration timeout) throws IOException, InterruptedException {
    if (port == 0) {
      throw new IOException("it does not listen yet");
    }
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(timeout)
            .build();
    return client.send(request, HttpResponse.BodyHandlers.ofString());
  }

  /** A missing node where it does not answer, or refuses. */
  JsonNode ask(String path) throws InterruptedException {
    try {
      HttpResponse<String> response = get(path, Duration.ofMinutes(1));
      return response.statusCode() == 200 ? JSON.readTree(response.body()) : JSON.missingNode();
    } catch (IOException e) {
      return JSON.missingNode();
    }
  }

  Vitals vitals() throws IOException {
    return Vitals.of(process().handle().pid(), ageS());
  }

  private long ageS() {
    return TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - startedNanos);
  }

  String output() {
    return process().output();
  }

  /** SIGTERM; returns the exit code. */
  int terminate() throws IOException, InterruptedException {
    isEnded = true;
    isUp = false;
    int code = process().terminate();
    bury();
    return code;
  }

  @Override
  public void close() throws IOException {
    if (process != null) {
      kill();
    }
    others.close();
    broker.close();
    disk.close();
  }
}
