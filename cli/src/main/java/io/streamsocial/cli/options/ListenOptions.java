package io.streamsocial.cli.options;

import io.streamsocial.cli.shell.ApiClient;
import io.streamsocial.cli.shell.CommandException;
import io.streamsocial.cli.shell.ExitCode;
import io.streamsocial.http.auth.UnusableFileException;
import io.streamsocial.http.net.HttpLimits;
import io.streamsocial.http.peers.PeerOptions;
import io.streamsocial.http.server.ServerOptions;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.InstanceAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Address and limits of the HTTP server, as options. */
public final class ListenOptions {
  public static final int BASE_PORT = ServerOptions.PORT;

  // A name or IPv4 address, or an IPv6 address in brackets; a port.
  private static final Pattern ADVERTISED =
      Pattern.compile("(?:\\[([0-9a-fA-F:.]+)]|([a-zA-Z0-9.-]+))(?::(\\d{1,5}))?");
  private static final HttpLimits DEFAULTS = HttpLimits.defaults();

  @Option(
      names = "--host",
      description =
          "Address to listen on; 0.0.0.0 for every one. Others than loopback need --tokens-file.")
  public String host = "127.0.0.1";

  @Option(names = "--port", description = "Default: 8080 plus the instance id; 0 for a free one.")
  public @Nullable Integer port;

  @Option(names = "--max-body-bytes", description = "A larger request body is refused.")
  int maxBodyBytes = DEFAULTS.maxBodyBytes();

  @Option(
      names = "--request-memory",
      paramLabel = "BYTES",
      description =
          "What bodies, posts and answers of all requests under way may hold together; more is"
              + " refused. Default: an eighth of the heap, at least 4 MiB and four times --max-body-bytes.")
  @Nullable Long requestMemory;

  @Option(names = "--max-connections", description = "Open at once.")
  public int maxConnections = DEFAULTS.maxConnections();

  @Option(
      names = "--max-streams",
      description = "WebSockets and event streams open at once, a part of the connections.")
  int maxStreams = DEFAULTS.maxStreams();

  @Option(names = "--idle-timeout", description = "A silent connection is closed after this time.")
  Duration idleTimeout = DEFAULTS.idleTimeout();

  @Option(names = "--read-threads", description = "Threads that read the stores for queries.")
  int readThreads = DEFAULTS.readThreads();

  @Option(names = "--read-queue", description = "Queries that may wait for a read thread.")
  int readQueue = DEFAULTS.readQueue();

  @Option(
      names = "--advertise",
      paramLabel = "HOST[:PORT]",
      description =
          "Where other instances reach this one. Default: --host, or this machine's name when that"
              + " is every address; and the port that it listens on.")
  public @Nullable String advertise;

  @Option(
      names = "--peer-timeout-ms",
      description = "Time for all that one query asks of other instances.")
  public long peerTimeoutMs = PeerOptions.TIMEOUT_MS;

  @Option(names = "--header-timeout", description = "Time for a request's headers to arrive.")
  Duration headerTimeout = DEFAULTS.headerTimeout();

  @Option(
      names = "--body-timeout",
      description = "Time for a request's body to arrive after its headers.")
  Duration bodyTimeout = DEFAULTS.bodyTimeout();

  @Option(names = "--write-timeout", description = "Time for a client to take an answer.")
  Duration writeTimeout = DEFAULTS.writeTimeout();

  @Mixin final SecurityOptions security = new SecurityOptions();

  /** All problems; empty when all is well. */
  public List<String> problems() {
    List<String> problems = new ArrayList<>();
    if (port != null) {
      range(problems, "port", port, 0, 65_535);
    }
    range(problems, "max-body-bytes", maxBodyBytes, 1_024, 64 << 20);
    range(
        problems,
        "request-memory",
        requestMemoryBytes(),
        HttpLimits.leastRequestMemory(maxBodyBytes),
        1L << 40);
    range(problems, "max-connections", maxConnections, 1, 1_000_000);
    range(problems, "max-streams", maxStreams, 1, 1_000_000);
    range(problems, "idle-timeout (ms)", idleTimeout.toMillis(), 1_000, 86_400_000);
    range(problems, "header-timeout (ms)", headerTimeout.toMillis(), 100, 3_600_000);
    range(problems, "body-timeout (ms)", bodyTimeout.toMillis(), 100, 3_600_000);
    range(problems, "write-timeout (ms)", writeTimeout.toMillis(), 100, 3_600_000);
    range(problems, "read-threads", readThreads, 1, 256);
    range(problems, "read-queue", readQueue, 1, 100_000);
    range(problems, "peer-timeout-ms", peerTimeoutMs, 10, 60_000);
    if (advertise != null && advertised(advertise).isEmpty()) {
      problems.add(
          "advertise is '%s': write HOST or HOST:PORT, an IPv6 address in brackets"
              .formatted(advertise));
    }
    try {
      InetAddress unused = InetAddress.getByName(host);
    } catch (UnknownHostException e) {
      problems.add("host is '%s': no address is known by this name".formatted(host));
    }
    problems.addAll(security.problems(host, advertise != null));
    return problems;
  }

  /** What else would be wrong if several instances were started with these options. */
  public List<String> problemsOfSeveral(int instances) {
    List<String> problems = new ArrayList<>();
    if (advertise != null) {
      problems.add("advertise names one address, but there are %d instances".formatted(instances));
    }
    if (!security.letsInstancesAskEachOther()) {
      problems.add(
          "there are tokens and %d instances, which could not ask each other: give --peer-secret-file FILE, too"
              .formatted(instances));
    }
    return problems;
  }

  /** {@code https} with a certificate, otherwise {@code http}. */
  public String scheme() {
    return security.scheme();
  }

  /** What the user should know about a start with these options; empty when there is nothing. */
  public String warning() {
    return security.warning(host);
  }

  /** Asks the instance that listens on this machine with these options. */
  public ApiClient client(int onPort) throws IOException, UnusableFileException {
    return security.client(onPort);
  }

  private long requestMemoryBytes() {
    return requestMemory == null ? HttpLimits.requestMemoryOfHeap(maxBodyBytes) : requestMemory;
  }

  private static void range(List<String> problems, String key, long value, long min, long max) {
    if (value < min || value > max) {
      problems.add("%s is %d: allowed is %d to %d".formatted(key, value, min, max));
    }
  }

  /** The port that was named; otherwise the base port plus the instance id, if that is a number. */
  public int port(String instanceId) {
    if (port != null) {
      return port;
    }
    return instanceId.matches("\\d{1,4}") ? BASE_PORT + Integer.parseInt(instanceId) : BASE_PORT;
  }

  public ServerOptions build(EngineConfig engine, int onPort) {
    HttpLimits limits =
        new HttpLimits(
            maxBodyBytes,
            requestMemoryBytes(),
            maxConnections,
            maxStreams,
            headerTimeout,
            bodyTimeout,
            writeTimeout,
            idleTimeout,
            readThreads,
            readQueue);
    return ServerOptions.of(
        engine, host, onPort, limits, peers(engine.cadence().publishMs()), security.build());
  }

  private PeerOptions peers(long publishMs) {
    InstanceAddress given =
        advertised(advertise == null ? "" : advertise)
            .orElse(new InstanceAddress(ServerOptions.reachableHost(host), 0));
    return new PeerOptions(
        given.host(),
        given.port(),
        peerTimeoutMs,
        publishMs,
        PeerOptions.WAITERS_MAX,
        PeerOptions.QUERIES_MAX);
  }

  /** Reads HOST or HOST:PORT, with port 0 for none; empty when the text is neither. */
  public static Optional<InstanceAddress> advertised(String text) {
    Matcher matcher = ADVERTISED.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String host = matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
    int port = matcher.group(3) == null ? 0 : Integer.parseInt(matcher.group(3));
    boolean isPort = matcher.group(3) == null || (port > 0 && port <= 65_535);
    return isPort ? Optional.of(new InstanceAddress(host, port)) : Optional.empty();
  }

  /** Called before joining the group, so that a start that must fail causes no rebalance. */
  public static void requireFree(String host, int port) throws CommandException {
    if (!isFree(host, port)) {
      throw new CommandException(
          ExitCode.FAILED,
          "port %d on %s is in use: stop what listens there, or choose another with --port"
              .formatted(port, host));
    }
  }

  public static boolean isFree(String host, int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(host, port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
