package io.streamsocial.processor.loop;

import io.streamsocial.processor.Announcer;
import io.streamsocial.processor.Clocks;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineFigures;
import io.streamsocial.processor.EngineHealth;
import io.streamsocial.processor.EngineListener;
import io.streamsocial.processor.EngineState;
import io.streamsocial.processor.EngineStatus;
import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.InstanceAddress;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.group.InstanceMembership;
import io.streamsocial.processor.kafka.BrokerWatch;
import io.streamsocial.processor.kafka.CurrentAdmin;
import io.streamsocial.processor.kafka.InputTopics;
import io.streamsocial.processor.kafka.InputWatch;
import io.streamsocial.processor.kafka.KafkaClients;
import io.streamsocial.processor.kafka.NetworkClients;
import io.streamsocial.processor.kafka.TopicIdentity;
import io.streamsocial.processor.snapshots.ServedSnapshots;
import io.streamsocial.processor.snapshots.SnapshotSource;
import io.streamsocial.processor.snapshots.StateCopies;
import io.streamsocial.processor.task.ChecksumRounds;
import io.streamsocial.processor.task.Closing;
import io.streamsocial.processor.task.KeptView;
import io.streamsocial.processor.task.LocalQueries;
import io.streamsocial.processor.task.LocalViews;
import io.streamsocial.processor.task.ReadableTasks;
import io.streamsocial.processor.task.TaskStores;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.ViewState;
import io.streamsocial.processor.views.ViewSchema;
import io.streamsocial.store.HeapBudget;
import io.streamsocial.store.NativeLibrary;
import io.streamsocial.store.StateDirectory;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.TaskStore;
import io.streamsocial.store.Windowing;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One instance: its loops, their stores, and what they can be asked. Thread-safe.
 *
 * <pre>{@code
 * try (Engine engine = Engine.start(EngineConfig.defaults().bootstrap("localhost:9092").build())) {
 *   engine.queries().trending(new Trending.Question(10, 3, null, System.currentTimeMillis()));
 * }
 * }</pre>
 */
public final class Engine implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Engine.class);
  private static final long LISTENER_END_MS = 1_000;

  private final EngineConfig config;
  private final InstanceMembership membership = new InstanceMembership();
  private final long startedAtMs;
  private final InputTopics inputs;
  private final StateDirectory directory;
  private final StoreMemory memory;
  private final CurrentAdmin admin;
  private final LocalViews views;
  private final LocalQueries queries;
  private final Announcer announcer;
  private final Incidents incidents;
  private final Clocks clocks;
  private final BrokerWatch watch;
  private final ClockWatch clockWatch;
  private final InputWatch ends;
  private final ReadableTasks readable;
  private final ChecksumRounds checksums;
  private final StateCopies copies;
  private final ServedSnapshots snapshots;
  private final EngineFigures figures;
  private final List<LoopThread> loops = new ArrayList<>();
  private final CompletableFuture<Throwable> failure = new CompletableFuture<>();
  private final AtomicBoolean hasJoined = new AtomicBoolean();
  private boolean closed;

  /**
   * @param readings of both clocks of this machine
   * @throws ConfigException as {@link #open}
   */
  Engine(
      EngineConfig config,
      KafkaClients clients,
      Supplier<Moment> readings,
      EngineListener listener) {
    this.config = config;
    this.readable = new ReadableTasks(config.posts().topic());
    this.announcer = new Announcer(listener);
    this.incidents = new Incidents(announcer);
    this.clocks = new Clocks(readings, incidents);
    this.clockWatch = new ClockWatch(clocks);
    this.startedAtMs = clocks.get().steadyMs();
    this.directory = Preparation.lock(config);
    this.admin = Preparation.openAdmin(clients, directory);
    this.memory =
        new StoreMemory(
            config.storage().storeMemoryBytes(), new HeapBudget(config.storage().heapState()));
    try {
      this.inputs = new Preparation(config, clients, admin, directory, clocks).run(memory);
      this.ends = new InputWatch(inputs, admin, incidents);
      Windowing windowing = config.windows().windowing();
      int partitions = config.tasks().shufflePartitions();
      membership.findResting(directory, partitions, memory);
      this.views = new LocalViews(config.schemas(), partitions, readable, membership::waiting);
      this.queries =
          new LocalQueries(windowing, config.windows().maxRegions(), partitions, readable, views);
      TaskStores stores = new TaskStores(KeptView.of(config), directory, memory);
      List<TaskStore.Spec> specs = KeptView.of(config).stream().map(KeptView::spec).toList();
      this.copies = new StateCopies(specs, directory, memory, config.storage().fetchStateAbove());
      this.snapshots =
          new ServedSnapshots(
              readable,
              specs,
              directory,
              memory,
              config.storage().snapshotBytesPerSecond(),
              clocks);
      LoopWiring wiring =
          new LoopWiring(
              config,
              new LoopWiring.Input(inputs, ends),
              clients,
              admin,
              stores,
              copies,
              readable,
              membership,
              incidents);
      this.watch =
          new BrokerWatch(config.brokers().bootstrap(), admin, clients::figures, incidents);
      for (int i = 0; i < config.tasks().threads(); i++) {
        loops.add(new LoopThread(wiring.loop(i), clocks, this::failed));
      }
      this.checksums =
          new ChecksumRounds(readable, config.storage().verifyChecksumsEvery(), clocks);
      this.figures =
          new EngineFigures(
              memory::usedBytes,
              config.storage().storeMemoryBytes(),
              memory.heap(),
              () -> queries.scans() + views.scans(),
              announcer::missed,
              readable::figures,
              clients::figures);
    } catch (RuntimeException e) {
      // Also of a client that cannot be made: the next engine of this process may be one that can.
      List<Runnable> parts = new ArrayList<>();
      loops.forEach(thread -> parts.add(thread::drop));
      parts.addAll(List.of(memory::close, admin::close, directory::close));
      Closing.all(parts);
      throw e;
    }
  }

  /**
   * Checks the topics (creating internal ones) and takes the state directory. The engine can be
   * asked from here on, but joins no group before {@link #join}.
   *
   * @throws ConfigException when configuration, brokers, topics or the state directory do not fit
   */
  public static Engine open(EngineConfig config) {
    return open(config, EngineListener.NONE);
  }

  /**
   * The same, with a listener, which hears of everything from here until the engine is closed.
   *
   * @throws ConfigException as open does; the listener hears nothing then
   */
  public static Engine open(EngineConfig config, EngineListener listener) {
    NativeLibrary.loadSoon();
    Engine engine = new Engine(config, new NetworkClients(config), Moment::now, listener);
    engine.announcer.start(engine::status);
    return engine;
  }

  /**
   * Starts the loops, which join the group and restore in the background, see {@link #status()}.
   * Once.
   *
   * @param advertised where other instances reach this one
   * @throws IllegalStateException when it has joined already
   */
  public void join(InstanceAddress advertised) {
    join(advertised, SnapshotSource.NONE);
  }

  /**
   * The same, with a way to the state that other instances have.
   *
   * @param source of the state of partitions that have none here
   * @throws IllegalStateException when it has joined already
   */
  public void join(InstanceAddress advertised, SnapshotSource source) {
    if (hasJoined.getAndSet(true)) {
      throw new IllegalStateException(
          "the engine has joined its group already: for a server, which joins it, call Engine.open instead of start");
    }
    membership.advertise(advertised);
    copies.from(source);
    ends.start();
    loops.forEach(LoopThread::start);
    watch.start();
    clockWatch.afterStepBack(() -> loops.forEach(thread -> thread.loop().wakeUp()));
    clockWatch.afterStepBack(admin::renew);
    clockWatch.start();
    checksums.start();
    log.info(
        "instance {} of {} started: {} loop(s), {} input and {} shuffle partitions, {}",
        config.identity().instanceId(),
        config.identity().appId(),
        config.tasks().threads(),
        inputs.all().stream().mapToInt(topic -> topic.now().partitions()).sum(),
        config.tasks().shufflePartitions(),
        config.guarantee());
  }

  /** One turn of every loop by the caller's thread, instead of {@link #join}. */
  int turn() {
    try {
      ends.look();
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
    return loops.stream().mapToInt(LoopThread::turn).sum();
  }

  /**
   * {@link #open} and {@link #join} for an engine that no other instance needs to reach.
   *
   * @throws ConfigException as open does
   */
  public static Engine start(EngineConfig config) {
    return start(config, EngineListener.NONE);
  }

  /**
   * The same, with a listener.
   *
   * @throws ConfigException as open does
   */
  public static Engine start(EngineConfig config, EngineListener listener) {
    Engine engine = open(config, listener);
    engine.join(InstanceAddress.NONE);
    return engine;
  }

  public EngineConfig config() {
    return config;
  }

  /** Any thread; never blocks. */
  public EngineStatus status() {
    List<EngineStatus.Loop> states = new ArrayList<>();
    List<EngineStatus.Partition> partitions = new ArrayList<>();
    EngineState worst = EngineState.RUNNING;
    String why = null;
    for (LoopThread thread : loops) {
      LoopReport.Snapshot snapshot = thread.loop().lastSnapshot();
      states.add(snapshot.loop());
      partitions.addAll(snapshot.partitions());
      Throwable cause = thread.failure();
      worst = worst.worse(cause == null ? snapshot.loop().state() : EngineState.FAILED);
      why = cause == null ? why : String.valueOf(cause.getMessage());
    }
    TopicIdentity.Description posts = inputs.posts().now();
    partitions.sort(Comparator.comparingInt(EngineStatus.Partition::partition));
    return new EngineStatus(
        config.identity().appId(),
        config.identity().instanceId(),
        worst,
        why,
        startedAtMs,
        posts.id(),
        posts.partitions(),
        otherInputs(),
        config.tasks().shufflePartitions(),
        membership.process(),
        membership.routing(),
        List.copyOf(states),
        List.copyOf(partitions),
        incidents.open());
  }

  private List<EngineStatus.Input> otherInputs() {
    return inputs.all().stream()
        .skip(1)
        .map(
            topic ->
                new EngineStatus.Input(topic.name(), topic.now().id(), topic.now().partitions()))
        .toList();
  }

  /** Whether it is live and ready, and what speaks against it. Any thread; never blocks. */
  public EngineHealth health() {
    return EngineHealth.of(status(), clocks.get());
  }

  /**
   * What it can be asked. Any thread. An engine that counts views alone throws {@link
   * IllegalStateException} when it is asked for hashtags.
   */
  public Queries queries() {
    return queries;
  }

  /** The views that it counts, the hashtags included. */
  public List<ViewSchema> views() {
    return views.all();
  }

  /**
   * One of its views, to be asked for what this instance holds of it. Any thread.
   *
   * @throws IllegalArgumentException when it has no such view; the message names those that it has
   */
  public ViewState view(String name) {
    return ViewState.of(queries, name);
  }

  /** What it takes and meets, for meters. Any thread. */
  public EngineFigures figures() {
    return figures;
  }

  /** What other instances fetch from this one. */
  public ServedSnapshots snapshots() {
    return snapshots;
  }

  /** What this instance fetches from others. */
  public StateCopies copies() {
    return copies;
  }

  /** The clocks that all threads of this instance go by. */
  public Clocks clocks() {
    return clocks;
  }

  /**
   * Has an action called soon after each step back of the wall clock, for what times by that clock.
   * It must not wait for long.
   */
  public void afterStepBack(Runnable action) {
    clockWatch.afterStepBack(action);
  }

  /** What is wrong now. */
  public Incidents incidents() {
    return incidents;
  }

  private void failed(Throwable cause) {
    announcer.failed(cause);
    failure.complete(cause);
  }

  /** Completed when a loop has died: the process should say so and exit. */
  public CompletableFuture<Throwable> failure() {
    return failure;
  }

  /**
   * Final publish, checkpoint and flush, then closes. Idempotent.
   *
   * @param timeout after which loops that still run are left alone, and native memory with them;
   *     the listener has at most a second of it
   */
  public synchronized void close(Duration timeout) {
    if (closed) {
      return;
    }
    closed = true;
    long deadline = System.nanoTime() + timeout.toNanos();
    loops.forEach(LoopThread::stop);
    closeWatches();
    boolean allEnded = true;
    for (LoopThread thread : loops) {
      allEnded &= thread.join((deadline - System.nanoTime()) / 1_000_000);
    }
    allEnded &= endTransfers();
    admin.close();
    announcer.close(Math.min(LISTENER_END_MS, (deadline - System.nanoTime()) / 1_000_000));
    if (allEnded) {
      memory.close();
      directory.close();
    } else {
      log.warn(
          "a loop did not end within {}: the next start restores what it did not flush", timeout);
    }
  }

  /** Both use the memory of the stores. */
  private boolean endTransfers() {
    boolean haveCopiesEnded = copies.end();
    return snapshots.end() && haveCopiesEnded;
  }

  private void closeWatches() {
    watch.close();
    clockWatch.close();
    ends.close();
    checksums.close();
  }

  /**
   * As the end of a process by kill -9: what is not committed is dropped. Only of an engine that is
   * turned by hand.
   */
  synchronized void crash() {
    if (closed) {
      return;
    }
    closed = true;
    loops.forEach(LoopThread::drop);
    closeWatches();
    boolean unused = endTransfers();
    admin.close();
    memory.close();
    directory.close();
  }

  @Override
  public void close() {
    close(Duration.ofSeconds(8));
  }
}
