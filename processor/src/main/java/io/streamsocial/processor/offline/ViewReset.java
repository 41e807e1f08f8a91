package io.streamsocial.processor.offline;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.kafka.BrokerRefusal;
import io.streamsocial.processor.log.Changelog;
import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.processor.log.ShuffleRecord;
import io.streamsocial.processor.task.NewestCheckpoint;
import io.streamsocial.processor.task.StateIdentity;
import io.streamsocial.processor.views.View;
import io.streamsocial.store.StateDirectory;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.TaskStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.acl.AclOperation;
import org.jspecify.annotations.Nullable;

/**
 * Deletes one view of an application, configured or taken away: its rows in the stores of one
 * instance, and its changelog. All other views stay as they are; the view counts from nothing where
 * it is configured. {@link #open} lists what there is and deletes nothing, then {@link #delete}
 * deletes it.
 *
 * <p>Instances may run that do not count the view, see {@link #isCounted}.
 *
 * <p>Holds the state directory until closed. Single-threaded.
 */
public final class ViewReset implements AutoCloseable {
  private static final long MEMORY_BYTES = 32L << 20;

  private final EngineConfig config;
  private final String view;
  private final @Nullable StateDirectory directory;
  private final @Nullable ApplicationTopics application;
  private final StoreMemory memory = new StoreMemory(MEMORY_BYTES);
  private final StateReset.Plan plan;

  private ViewReset(
      EngineConfig config,
      String view,
      @Nullable StateDirectory directory,
      @Nullable ApplicationTopics application) {
    this.config = config;
    this.view = view;
    this.directory = directory;
    this.application = application;
    try {
      this.plan = new StateReset.Plan(rows(), topics(), "", 0);
    } catch (RuntimeException e) {
      memory.close();
      throw e;
    }
  }

  /**
   * Finds the view.
   *
   * @param view its name, configured or not
   * @param local whether its rows in the state directory of the instance are to be deleted
   * @param topic whether its changelog is
   * @throws StoreException LOCKED when the directory is in use; the message names the holder
   * @throws ConfigException when the brokers do not answer
   * @throws IllegalStateException when the changelog is to be deleted and instances are alive that
   *     count the view; it names them
   */
  public static ViewReset open(EngineConfig config, String view, boolean local, boolean topic) {
    StateDirectory directory =
        local && Files.isDirectory(config.instanceDirectory())
            ? StateDirectory.lock(config.instanceDirectory())
            : null;
    ApplicationTopics application = null;
    try {
      application = topic ? new ApplicationTopics(config) : null;
      return new ViewReset(config, view, directory, application);
    } catch (KafkaException e) {
      close(directory, application);
      throw BrokerRefusal.orElse(config, e, AclOperation.READ);
    } catch (RuntimeException e) {
      close(directory, application);
      throw e;
    }
  }

  /** What would be deleted: bytes are those of the view's table files. */
  public StateReset.Plan plan() {
    return plan;
  }

  private List<StateReset.Local> rows() {
    List<StateReset.Local> rows = new ArrayList<>();
    if (directory != null) {
      for (int partition : directory.tasks()) {
        Path task = directory.task(partition);
        if (TaskStore.names(task).contains(view)) {
          rows.add(new StateReset.Local(task, TaskStore.bytes(task, view, memory)));
        }
      }
    }
    return rows;
  }

  private List<StateReset.Topic> topics() {
    if (application == null) {
      return List.of();
    }
    Optional<StateReset.Topic> topic = application.topic(changelog());
    topic.ifPresent(there -> requireNobodyCounts(application, there));
    return topic.stream().toList();
  }

  private String changelog() {
    return TopicNames.changelog(config.identity().appId(), view);
  }

  private void requireNobodyCounts(ApplicationTopics there, StateReset.Topic topic) {
    Collection<MemberDescription> members = there.members().orElse(List.of());
    if (!members.isEmpty() && isCounted(there, topic)) {
      throw new IllegalStateException(
          "the group still counts view %s: %d member(s) of %s are alive, %s; stop them, or start them one by one without the view, and wait for their next checkpoint. With --local the rows of this instance alone are deleted, and come back from %s"
              .formatted(
                  view,
                  members.size(),
                  config.identity().appId(),
                  ApplicationTopics.names(members),
                  topic.name()));
    }
  }

  /**
   * Whether the view is configured here, or the newest checkpoint of any partition says that it
   * ran. Without any checkpoint nobody can say that it does not.
   */
  private boolean isCounted(ApplicationTopics there, StateReset.Topic topic) {
    if (config.views().names().contains(view)) {
      return true;
    }
    List<String> changelogs = new ArrayList<>(List.of(topic.name()));
    for (String name : TopicNames.of(config).changelogs()) {
      if (!name.equals(topic.name()) && there.topic(name).isPresent()) {
        changelogs.add(name);
      }
    }
    int id = view.equals(TopicNames.STORE) ? ShuffleRecord.TRENDING : View.id(view);
    Consumer<byte[], byte[]> consumer = there.consumer();
    try {
      boolean isKnown = false;
      for (int partition = 0; partition < topic.partitions(); partition++) {
        Optional<Changelog.Checkpoint> newest =
            NewestCheckpoint.of(consumer, changelogs, partition);
        if (newest.isPresent()) {
          isKnown = true;
          if (InputProgress.decode(newest.get().progress()).isKnown(id)) {
            return true;
          }
        }
      }
      return !isKnown;
    } finally {
      consumer.close(CloseOptions.timeout(Duration.ofSeconds(1)));
    }
  }

  /**
   * Deletes what the plan names, the topic first: if it fails half-way, a start finds a store that
   * is no copy of the new topic, and refuses it. Can be called again.
   *
   * @throws KafkaException when the brokers refuse
   */
  public void delete() {
    if (application != null) {
      for (StateReset.Topic topic : plan.topics()) {
        requireNobodyCounts(application, topic);
        application.delete(topic.name());
      }
    }
    if (directory != null) {
      for (StateReset.Local rows : plan.local()) {
        TaskStore.drop(rows.path(), view, memory);
      }
      new StateIdentity(directory, config).forget(view);
    }
  }

  private static void close(
      @Nullable StateDirectory directory, @Nullable ApplicationTopics application) {
    if (application != null) {
      application.close();
    }
    if (directory != null) {
      directory.close();
    }
  }

  @Override
  public void close() {
    memory.close();
    close(directory, application);
  }
}
