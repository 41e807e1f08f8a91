package io.streamsocial.processor.offline;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.kafka.Brokers;
import io.streamsocial.processor.kafka.KafkaClients;
import io.streamsocial.processor.kafka.NetworkClients;
import io.streamsocial.processor.task.Closing;
import io.streamsocial.processor.task.KeptView;
import io.streamsocial.processor.task.Restorer;
import io.streamsocial.processor.task.StateIdentity;
import io.streamsocial.store.HeapBudget;
import io.streamsocial.store.StateDirectory;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.StoreMemory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.Uuid;

/**
 * The state directory of an instance that does not run, and the Kafka that it belongs to. Opened in
 * order, closed in reverse order. Single-threaded except where a method says otherwise.
 */
final class OfflineState implements AutoCloseable {
  private final StateDirectory directory;
  private final KafkaClients clients;
  private final Admin admin;
  private final Consumer<byte[], byte[]> consumer;
  private final StoreMemory memory;
  private final int partitions;

  private OfflineState(EngineConfig config, StateDirectory directory, KafkaClients clients) {
    this.directory = directory;
    this.clients = clients;
    this.admin = clients.admin();
    try {
      TopicNames topics = TopicNames.of(config);
      Brokers brokers = new Brokers(admin, config);
      Map<String, TopicDescription> changelogs = new TreeMap<>();
      for (KeptView view : KeptView.of(config)) {
        changelogs.put(
            view.name(),
            brokers
                .describe(view.changelog())
                .orElseThrow(() -> noChangelog(view.changelog(), config)));
      }
      requireSame(changelogs, brokers.describe(topics.shuffle()), config);
      this.partitions = changelogs.values().iterator().next().partitions().size();
      this.consumer = clients.restore(0);
      this.memory =
          new StoreMemory(
              config.storage().storeMemoryBytes(), new HeapBudget(config.storage().heapState()));
    } catch (RuntimeException e) {
      admin.close(Duration.ZERO);
      throw e;
    }
  }

  private void requireSame(
      Map<String, TopicDescription> changelogs,
      Optional<TopicDescription> shuffle,
      EngineConfig config) {
    StateIdentity identity = new StateIdentity(directory, config);
    identity.requireShuffle(shuffle.isPresent());
    Uuid shuffleId = shuffle.map(TopicDescription::topicId).orElse(Uuid.ZERO_UUID);
    identity.setForeignAside(shuffleId, Moment.now().wallMs());
    Map<String, Uuid> ids = new TreeMap<>();
    changelogs.forEach((view, topic) -> ids.put(view, topic.topicId()));
    Set<String> lost = identity.lost(ids, shuffleId);
    if (!lost.isEmpty()) {
      throw new ConfigException(
          "topic %s was deleted and created again, and the stores in %s are a copy of it: start the instance, it writes the topic again from them"
              .formatted(
                  TopicNames.changelog(config.identity().appId(), lost.iterator().next()),
                  directory.root()));
    }
    identity.adopt(ids, shuffleId);
  }

  /**
   * @throws StoreException LOCKED when the directory is in use; the message names the holder
   * @throws ConfigException when no broker answers or there is no changelog
   */
  static OfflineState open(EngineConfig config) {
    return open(config, new NetworkClients(config));
  }

  static OfflineState open(EngineConfig config, KafkaClients clients) {
    StateDirectory directory = StateDirectory.lock(config.instanceDirectory());
    try {
      return new OfflineState(config, directory, clients);
    } catch (RuntimeException e) {
      directory.close();
      throw e;
    }
  }

  private static ConfigException noChangelog(String changelog, EngineConfig config) {
    return new ConfigException(
        "topic %s does not exist on %s: if it was deleted, start an instance that has stores, and it writes the topic again from them; else check --app-id (%s) and --bootstrap"
            .formatted(changelog, config.brokers().bootstrap(), config.identity().appId()));
  }

  /** Of the changelog. */
  int partitions() {
    return partitions;
  }

  StateDirectory directory() {
    return directory;
  }

  StoreMemory memory() {
    return memory;
  }

  Admin admin() {
    return admin;
  }

  /** Read_committed, in no group. One reader at a time. */
  Consumer<byte[], byte[]> consumer() {
    return consumer;
  }

  /**
   * A consumer for another thread, which closes it.
   *
   * @param index from 1: 0 is the one consumer's
   */
  Restorer restorer(List<String> changelogs, int index) {
    return new Restorer(() -> clients.restore(index), () -> admin, changelogs);
  }

  /** Uses the one consumer. */
  Restorer restorer(List<String> changelogs) {
    return new Restorer(() -> consumer, () -> admin, changelogs);
  }

  /**
   * @param wanted empty for all of the changelog
   * @throws ConfigException for those that do not exist
   */
  List<Integer> choose(Set<Integer> wanted) {
    List<String> problems = new ArrayList<>();
    for (int partition : wanted) {
      if (partition < 0 || partition >= partitions) {
        problems.add(
            "partition %d does not exist: the changelog has 0 to %d"
                .formatted(partition, partitions - 1));
      }
    }
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
    return wanted.isEmpty()
        ? IntStream.range(0, partitions).boxed().toList()
        : wanted.stream().sorted().toList();
  }

  /**
   * All of it, whatever of it fails: a consumer does when its thread is interrupted, and a
   * directory that stays locked is so for the rest of the process.
   */
  @Override
  public void close() {
    Closing.all(
        List.of(
            () -> consumer.close(CloseOptions.timeout(Duration.ofSeconds(1))),
            () -> admin.close(Duration.ZERO),
            memory::close,
            directory::close));
  }
}
