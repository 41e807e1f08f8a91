package io.streamsocial.processor.offline;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.store.StateDirectory;
import io.streamsocial.store.StoreException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/**
 * Deletes the state of an application, so that it starts from nothing: {@link #open} lists the
 * state and deletes nothing, then {@link #delete} deletes it. The posts are never deleted.
 *
 * <p>Holds the state directory until closed. Single-threaded.
 */
public final class StateReset implements AutoCloseable {

  /** Bytes under one path. */
  public record Local(Path path, long bytes) {}

  /**
   * @param records between beginning and end; an upper bound
   */
  public record Topic(String name, int partitions, long records) {}

  /**
   * The state to delete.
   *
   * @param local stores of this instance, damaged ones too
   * @param topics internal ones
   * @param group which would be deleted with its offsets; empty when there is none
   * @param offsets of the group, how many are visible
   */
  public record Plan(List<Local> local, List<Topic> topics, String group, int offsets) {
    public boolean isEmpty() {
      return local.isEmpty() && topics.isEmpty() && group.isEmpty();
    }
  }

  private final EngineConfig config;
  private final @Nullable StateDirectory directory;
  private final @Nullable ApplicationTopics application;
  private final Plan plan;

  private StateReset(
      EngineConfig config,
      @Nullable StateDirectory directory,
      @Nullable ApplicationTopics application) {
    this.config = config;
    this.directory = directory;
    this.application = application;
    List<Topic> topics = new ArrayList<>();
    int offsets = 0;
    boolean hasGroup = false;
    if (application != null) {
      hasGroup = requireNobody();
      topics.addAll(internalTopics());
      offsets = application.offsets();
    }
    this.plan =
        new Plan(
            directory == null ? List.of() : stores(directory),
            topics,
            // Not by its offsets: a user without access to the posts topic does not see them.
            hasGroup ? config.identity().appId() : "",
            offsets);
  }

  /**
   * Finds the state.
   *
   * @param local whether the state directory of the instance is to be emptied
   * @param topics whether the internal topics and the group's offsets are to be deleted
   * @throws StoreException LOCKED when the directory is in use; the message names the holder
   * @throws io.streamsocial.processor.ConfigException when the brokers do not answer
   * @throws IllegalStateException when instances of the application are alive; it names them
   */
  public static StateReset open(EngineConfig config, boolean local, boolean topics) {
    StateDirectory directory =
        local && Files.isDirectory(config.instanceDirectory())
            ? StateDirectory.lock(config.instanceDirectory())
            : null;
    ApplicationTopics application = null;
    try {
      application = topics ? new ApplicationTopics(config) : null;
      return new StateReset(config, directory, application);
    } catch (RuntimeException e) {
      if (application != null) {
        application.close();
      }
      if (directory != null) {
        directory.close();
      }
      throw e;
    }
  }

  public Plan plan() {
    return plan;
  }

  private static List<Local> stores(StateDirectory directory) {
    List<Local> stores = new ArrayList<>();
    for (int partition : directory.tasks()) {
      Path path = directory.task(partition);
      stores.add(new Local(path, StateDirectory.bytes(path)));
    }
    for (Path copy : directory.damaged()) {
      stores.add(new Local(copy, StateDirectory.bytes(copy)));
    }
    return stores;
  }

  private List<Topic> internalTopics() {
    TopicNames names = TopicNames.of(config);
    List<String> internal = new ArrayList<>(names.changelogs());
    internal.add(names.shuffle());
    internal.add(names.rejected());
    List<Topic> topics = new ArrayList<>();
    internal.forEach(name -> requireApplication().topic(name).ifPresent(topics::add));
    return topics;
  }

  /** Whether there is a group, without members. */
  private boolean requireNobody() {
    ApplicationTopics there = requireApplication();
    there.requireNoMembers();
    return there.members().isPresent();
  }

  private ApplicationTopics requireApplication() {
    ApplicationTopics there = application;
    if (there == null) {
      throw new IllegalStateException("opened without topics");
    }
    return there;
  }

  /**
   * Deletes what the plan names. Topics first, then the group's offsets, then the stores: if it
   * fails half-way, the next start refuses the rest or finds it empty, and counts nothing twice.
   * Can be called again.
   *
   * @throws KafkaException when the brokers refuse
   */
  public void delete() {
    if (application != null) {
      boolean unused = requireNobody();
      plan.topics.forEach(topic -> application.delete(topic.name));
      if (!plan.group.isEmpty()) {
        application.deleteGroup();
      }
    }
    if (directory != null) {
      directory.deleteStores();
    }
  }

  @Override
  public void close() {
    if (application != null) {
      application.close();
    }
    if (directory != null) {
      directory.close();
    }
  }
}
