package io.streamsocial.bench;

import io.streamsocial.bench.machine.ChildJvm;
import io.streamsocial.bench.machine.Machine;
import io.streamsocial.bench.posts.PostTopic;
import io.streamsocial.broker.BrokerConfig;
import io.streamsocial.broker.LocalBroker;
import io.streamsocial.broker.Topics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/**
 * A broker of its own, a work directory, and the processes started beside it. All of it ends with
 * {@link #close}, which also runs when this JVM is asked to end.
 */
final class Rig implements AutoCloseable {
  private static final double REACHED = 0.9;
  private static final Duration START = Duration.ofSeconds(60);
  private static final Pattern LISTENING =
      Pattern.compile("listening on http://127\\.0\\.0\\.1:(\\d+)\\s");

  private final Path work;
  private final LocalBroker broker;
  private final Admin admin;
  private final Deque<ChildJvm> children = new ArrayDeque<>();
  private final Thread hook = new Thread(this::end, "rig-end");
  private int instances; // started so far
  private boolean ended;

  Rig() throws IOException {
    work = Files.createTempDirectory("streamsocial-bench");
    broker =
        LocalBroker.start(
            BrokerConfig.defaults().heap("1g").optimizing().dataDir(work.resolve("kafka")));
    admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrap()));
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** A process and the loopback port that it listens on. */
  record Server(ChildJvm process, int port) {}

  String bootstrap() {
    return broker.bootstrap();
  }

  long brokerPid() {
    return broker.pid(1);
  }

  void createTopic(String topic) {
    Topics.ensure(bootstrap(), topic, PostTopic.PARTITIONS, Map.of("retention.ms", "-1"));
  }

  /**
   * An instance as in production: main class and options of {@code ./trending serve}. Those of one
   * topic are one application, each with a directory of its own by its id.
   */
  Server startInstance(String topic, List<String> javaOptions, List<String> serveOptions)
      throws IOException, InterruptedException {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "serve",
                "--bootstrap=" + bootstrap(),
                "--topic=" + topic,
                "--app-id=" + topic + "-app",
                "--state-dir=" + state(topic),
                "--port=0"));
    arguments.addAll(serveOptions);
    // Each has an output of its own, in which its port is looked for.
    String name = topic + "-" + ++instances;
    return server(start(name, javaOptions, "io.streamsocial.cli.Main", arguments));
  }

  private Path state(String topic) {
    return work.resolve(topic + "-state");
  }

  /** Takes away what an instance has on disk; it must have ended. */
  void deleteState(String topic, int instance) {
    Machine.deleteTree(state(topic).resolve(topic + "-app").resolve(Integer.toString(instance)));
  }

  /** Netty answering a constant. */
  Server startConstant(String name, int bytes, List<String> javaOptions)
      throws IOException, InterruptedException {
    return server(
        start(name, javaOptions, Bench.class.getName(), List.of("constant", "--bytes=" + bytes)));
  }

  /** A producer at a rate, until it is stopped. */
  ChildJvm startFeed(String topic, int tags, int rate) throws IOException {
    return start(
        "feed",
        List.of("-Xmx256m", "-XX:+UseSerialGC"),
        Bench.class.getName(),
        List.of(
            "feed",
            "--bootstrap=" + bootstrap(),
            "--topic=" + topic,
            "--tags=" + tags,
            "--rate=" + rate));
  }

  private static Server server(ChildJvm process) throws IOException, InterruptedException {
    return new Server(process, Integer.parseInt(process.await(LISTENING, START)));
  }

  private synchronized ChildJvm start(
      String name, List<String> options, String mainClass, List<String> arguments)
      throws IOException {
    if (ended) {
      throw new IllegalStateException("the rig has ended");
    }
    ChildJvm child = ChildJvm.start(name, work, options, mainClass, arguments);
    children.push(child);
    return child;
  }

  void stop(ChildJvm child) {
    forget(child);
    child.close();
  }

  /** The same, of one that has much to do at its end. */
  void stop(ChildJvm child, Duration patience) {
    forget(child);
    child.end(patience);
  }

  /** As {@code kill -9} does. */
  void kill(ChildJvm child) throws InterruptedException {
    forget(child);
    child.kill();
  }

  private synchronized void forget(ChildJvm child) {
    children.remove(child);
  }

  /** The next offsets, by partition. */
  SortedMap<Integer, Long> ends(String topic) throws InterruptedException {
    Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
    for (int partition = 0; partition < PostTopic.PARTITIONS; partition++) {
      wanted.put(new TopicPartition(topic, partition), OffsetSpec.latest());
    }
    try {
      SortedMap<Integer, Long> ends = new TreeMap<>();
      for (Map.Entry<TopicPartition, ListOffsetsResult.ListOffsetsResultInfo> end :
          admin.listOffsets(wanted).all().get().entrySet()) {
        ends.put(end.getKey().partition(), end.getValue().offset());
      }
      return ends;
    } catch (ExecutionException e) {
      throw new IllegalStateException("no end offsets of " + topic, e);
    }
  }

  /** Waits until posts arrive at nearly this rate, which a producer needs some seconds for. */
  void awaitRate(String topic, int rate) throws InterruptedException {
    long deadline = System.nanoTime() + START.toNanos();
    long before = written(topic);
    while (System.nanoTime() < deadline) {
      long begin = System.nanoTime();
      TimeUnit.SECONDS.sleep(1);
      long now = written(topic);
      if ((now - before) * 1e9 / (System.nanoTime() - begin) > REACHED * rate) {
        return;
      }
      before = now;
    }
    System.out.printf("the producer does not reach %,d posts/s here%n", rate);
  }

  private long written(String topic) throws InterruptedException {
    return ends(topic).values().stream().mapToLong(Long::longValue).sum();
  }

  /** CPU time of the broker and of all children that run. */
  synchronized long cpuNanos() {
    long broker =
        ProcessHandle.of(this.broker.pid(1))
            .flatMap(process -> process.info().totalCpuDuration())
            .orElse(Duration.ZERO)
            .toNanos();
    return broker + children.stream().mapToLong(ChildJvm::cpuNanos).sum();
  }

  private synchronized void end() {
    if (ended) {
      return;
    }
    ended = true;
    while (!children.isEmpty()) {
      children.pop().close();
    }
    admin.close(Duration.ofSeconds(1));
    broker.close();
    Machine.deleteTree(work);
  }

  @Override
  public void close() {
    end();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM ends already, and the hook finds nothing to do.
      ended = true;
    }
  }
}
