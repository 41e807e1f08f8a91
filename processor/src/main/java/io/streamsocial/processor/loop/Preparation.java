package io.streamsocial.processor.loop;

import io.streamsocial.processor.AccessException;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.kafka.AccessCheck;
import io.streamsocial.processor.kafka.Brokers;
import io.streamsocial.processor.kafka.CurrentAdmin;
import io.streamsocial.processor.kafka.InputTopics;
import io.streamsocial.processor.kafka.KafkaClients;
import io.streamsocial.processor.kafka.TopicCheck;
import io.streamsocial.processor.kafka.TopicIdentity;
import io.streamsocial.processor.task.ChangelogRefill;
import io.streamsocial.processor.task.KeptView;
import io.streamsocial.processor.task.StateIdentity;
import io.streamsocial.store.StateDirectory;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.StoreMemory;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.Uuid;

/**
 * What a start does before the instance joins its group: checks the topics, creates those that are
 * missing, and makes sure that they and the state directory belong together.
 */
final class Preparation {
  private final EngineConfig config;
  private final KafkaClients clients;
  private final CurrentAdmin admin;
  private final Brokers brokers;
  private final StateDirectory directory;
  private final Supplier<Moment> clock;
  private final TopicNames topics;
  private final StateIdentity identity;

  Preparation(
      EngineConfig config,
      KafkaClients clients,
      CurrentAdmin admin,
      StateDirectory directory,
      Supplier<Moment> clock) {
    this.config = config;
    this.clients = clients;
    this.admin = admin;
    this.brokers = new Brokers(admin.get(), config);
    this.directory = directory;
    this.clock = clock;
    this.topics = TopicNames.of(config);
    this.identity = new StateIdentity(directory, config);
  }

  /**
   * Takes the state directory of the instance.
   *
   * @throws ConfigException when another engine has it, or when it cannot be written
   */
  static StateDirectory lock(EngineConfig config) {
    try {
      return StateDirectory.lock(config.instanceDirectory());
    } catch (StoreException e) {
      throw new ConfigException(String.valueOf(e.getMessage()));
    } catch (UncheckedIOException e) {
      throw new ConfigException(
          "%s; make it writable for this user, or name another with state-dir"
              .formatted(e.getMessage()));
    }
  }

  /**
   * @param directory released when there is no client
   * @throws ConfigException when no client can be made of the settings
   */
  static CurrentAdmin openAdmin(KafkaClients clients, StateDirectory directory) {
    try {
      return new CurrentAdmin(clients::admin);
    } catch (ConfigException e) {
      directory.close();
      throw e;
    }
  }

  /**
   * @param memory of the stores
   * @return the topics that are read, as they are now
   * @throws ConfigException when topics, access or the state do not fit
   */
  InputTopics run(StoreMemory memory) {
    Map<String, Integer> inputs = checkTopics();
    Map<String, Uuid> changelogs = new HashMap<>();
    for (KeptView view : KeptView.of(config)) {
      changelogs.put(view.name(), id(view.changelog()));
    }
    Uuid shuffle = id(topics.shuffle());
    identity.setForeignAside(shuffle, clock.get().wallMs());
    Set<String> lost = identity.lost(changelogs, shuffle);
    if (!lost.isEmpty()) {
      refill(lost, memory);
    }
    identity.adopt(changelogs, shuffle);
    return new InputTopics(
        topics.inputs().stream()
            .map(
                topic ->
                    new TopicIdentity(
                        topic,
                        admin,
                        new TopicIdentity.Description(id(topic), inputs.getOrDefault(topic, 0))))
            .toList());
  }

  /** All that is refused at once: an operator gets one list, not one line a start. */
  private Map<String, Integer> checkTopics() {
    // All questions at once: one after the other they are most of what a start waits for.
    List<String> all = new ArrayList<>(topics.inputs());
    all.add(topics.shuffle());
    all.addAll(topics.changelogs());
    all.add(topics.rejected());
    brokers.lookAhead(all);
    AccessCheck access = new AccessCheck(clients, admin.get(), config, brokers);
    access.lookAhead();
    try {
      identity.requireShuffle(brokers.describe(topics.shuffle()).isPresent());
      Map<String, Integer> inputs = new TopicCheck(admin.get(), config, brokers).run();
      access.require();
      return inputs;
    } catch (AccessException e) {
      access.require();
      throw e;
    }
  }

  private Uuid id(String topic) {
    return brokers.describe(topic).map(TopicDescription::topicId).orElse(Uuid.ZERO_UUID);
  }

  private void refill(Set<String> lost, StoreMemory memory) {
    try (Consumer<byte[], byte[]> consumer = clients.restore(0)) {
      new ChangelogRefill(consumer, clients::refill, topics, KeptView.of(config), directory, memory)
          .run(lost);
    }
  }
}
