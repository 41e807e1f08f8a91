package io.streamsocial.processor.loop;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.Guarantee;
import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.group.InstanceMembership;
import io.streamsocial.processor.kafka.InputEnds;
import io.streamsocial.processor.kafka.InputTopics;
import io.streamsocial.processor.kafka.KafkaClients;
import io.streamsocial.processor.kafka.TransactionFence;
import io.streamsocial.processor.snapshots.StateCopies;
import io.streamsocial.processor.task.Closing;
import io.streamsocial.processor.task.Followers;
import io.streamsocial.processor.task.KeptView;
import io.streamsocial.processor.task.ReadableTasks;
import io.streamsocial.processor.task.Restorer;
import io.streamsocial.processor.task.TaskStores;
import io.streamsocial.processor.views.View;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;

/** Puts the loops of one instance together, from the inside out; the loop closes its parts. */
final class LoopWiring {
  private final EngineConfig config;
  private final TopicNames topics;

  /** What is read: which topics they are, and where they end. */
  record Input(InputTopics topics, InputEnds ends) {}

  private final Input input;
  private final KafkaClients clients;
  private final Supplier<Admin> admin;
  private final TaskStores stores;
  private final StateCopies copies;
  private final ReadableTasks readable;
  private final InstanceMembership instance;
  private final Incidents incidents;

  LoopWiring(
      EngineConfig config,
      Input input,
      KafkaClients clients,
      Supplier<Admin> admin,
      TaskStores stores,
      StateCopies copies,
      ReadableTasks readable,
      InstanceMembership instance,
      Incidents incidents) {
    this.config = config;
    this.topics = TopicNames.of(config);
    this.input = input;
    this.clients = clients;
    this.admin = admin;
    this.stores = stores;
    this.copies = copies;
    this.readable = readable;
    this.instance = instance;
    this.incidents = incidents;
  }

  /**
   * A new loop, which joins the group in its first turns. When a client of it cannot be made, those
   * that were made before are closed.
   */
  Loop loop(int index) {
    List<Runnable> made = new ArrayList<>();
    try {
      return loop(index, made);
    } catch (RuntimeException | Error e) {
      Collections.reverse(made);
      try {
        Closing.all(made);
      } catch (RuntimeException | Error inClosing) {
        e.addSuppressed(inClosing);
      }
      throw e;
    }
  }

  /**
   * @param made takes what closes each client, once it is there
   */
  private Loop loop(int index, List<Runnable> made) {
    String name = "loop-" + index;
    TurnClock clock = new TurnClock();
    LoopCounters counters =
        new LoopCounters(config.views().others().stream().map(View::name).toList());
    LoopTrouble trouble = new LoopTrouble(name, config, incidents, clock, counters);
    StoreFailures failures = new StoreFailures(stores, incidents, counters.tasks());
    Restorer restorer =
        new Restorer(() -> clients.restore(index), admin, KeptView.changelogs(config));
    made.add(restorer::close);
    Followers followers = new Followers(() -> clients.follow(index), topics.shuffle());
    LoopTasks tasks = tasks(failures, restorer, followers, counters);
    Standbys standbys = new Standbys(tasks, restorer, followers, clock);
    GroupPhase phase = new GroupPhase(counters);
    TransactionFence fence =
        new TransactionFence(clients, admin, config.identity().instanceId(), index);
    GroupMember member =
        new GroupMember(index, config, input.topics, instance, fence, standbys, phase, clock);

    GroupClient group = new GroupClient(() -> clients.group(index, member));
    made.add(group::close);
    IngestStart ingestStart =
        new IngestStart(
            group,
            includedPosts(index, clock),
            new RecallStart(config.posts(), group, clock),
            trouble,
            clock);
    TakeOver takeOver =
        new TakeOver(
            group,
            tasks,
            trouble,
            config.cadence().checkpointMs(),
            config.tasks().shufflePartitions());
    Assignment assignment =
        new Assignment(
            group,
            topics,
            sources(counters),
            tasks,
            standbys,
            input.topics,
            ingestStart,
            takeOver,
            clock);
    ShufflePruner pruner = new ShufflePruner(config, admin, topics.shuffle());
    BoundsMet boundsMet = new BoundsMet(incidents, name, counters, config.windows().maxRegions());
    TaskUpkeep upkeep =
        new TaskUpkeep(tasks, standbys, assignment, failures, restorer, pruner, boundsMet, clock);

    CountedViews counted = new CountedViews(name, config.views(), instance, incidents);
    Unpublished unpublished = unpublished(counted, counters);
    PublishPolicy policy =
        new PublishPolicy(
            config.cadence().publishMs(), config.cadence().slowestMs(), readable::isAwaited);
    Publishing publishing =
        new Publishing(
            () ->
                new Publisher(
                    clients.producer(index),
                    group.get(),
                    config,
                    topics,
                    input.topics,
                    instance,
                    counters,
                    clock),
            policy,
            unpublished,
            tasks,
            assignment,
            upkeep,
            trouble,
            clock);
    InputPause pause = new InputPause(group, stores.heap(), incidents, name);
    GroupInput groupInput =
        new GroupInput(group, config, tasks, assignment, upkeep, unpublished, pause, policy, clock);
    groupInput.subscribe(new Rebalances(name, topics, phase, tasks, assignment, publishing));
    LoopReport report =
        new LoopReport(
            topics.posts(),
            tasks,
            assignment,
            phase,
            trouble,
            counters,
            config.posts().remembered().toMillis(),
            clock);
    return new Loop(
        clock,
        input.topics,
        assignment,
        groupInput,
        member,
        phase,
        upkeep,
        publishing,
        trouble,
        report);
  }

  private IngestTask.Sources sources(LoopCounters counters) {
    return new IngestTask.Sources(
        config.cadence().sourceIdle().toMillis(),
        input.ends,
        config.posts().dedupe().toMillis(),
        config.posts().remembered().toMillis(),
        stores.heap(),
        counters);
  }

  private LoopTasks tasks(
      StoreFailures failures, Restorer restorer, Followers followers, LoopCounters counters) {
    return new LoopTasks(
        stores, failures, readable, instance, restorer, followers, counters.tasks(), copies);
  }

  private IncludedPosts includedPosts(int index, TurnClock clock) {
    // At least once, the logs of the partitions may differ by what a crash has left half sent.
    int logs =
        config.guarantee() == Guarantee.EXACTLY_ONCE ? 1 : config.tasks().shufflePartitions();
    return new IncludedPosts(
        () -> clients.look(index), () -> clients.lookAtAll(index), topics, logs, clock);
  }

  private Unpublished unpublished(CountedViews counted, LoopCounters counters) {
    return new Unpublished(
        config.windows().windowing(),
        config.views().others(),
        counted,
        topics.rejected(),
        counters,
        stores.heap(),
        config.tasks().threads());
  }
}
