package io.streamsocial.processor.offline;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.task.StateIdentity;
import io.streamsocial.store.StateDirectory;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.TaskStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/**
 * Deletes one view of an application, configured or taken away: its rows in the stores of one
 * instance, and its changelog. All other views stay as they are; the view counts from nothing where
 * it is configured. {@link #open} lists what there is and deletes nothing, then {@link #delete}
 * deletes it.
 *
 * <p>The changelog is deleted only while no instance runs: one that counts the view would count it
 * into a topic that is gone. Rows of an instance that has ended may be deleted while others run;
 * they come back from the changelog, as long as it is there and the view is configured.
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
   * @throws IllegalStateException when the changelog is to be deleted and instances of the
   *     application are alive; it names them
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
    } catch (RuntimeException e) {
      close(directory, application);
      throw e;
    }
  }

  /** What would be deleted: bytes are those of the view's table files. */
  public StateReset.Plan plan() {
    return plan;
  }

  /**
   * The views that the stores of the instance have, by name; empty when these are not looked at.
   *
   * @throws StoreException CORRUPTED
   */
  public List<String> stored() {
    SortedSet<String> names = new TreeSet<>();
    if (directory != null) {
      for (int partition : directory.tasks()) {
        names.addAll(TaskStore.names(directory.task(partition)));
      }
    }
    return List.copyOf(names);
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
    if (topic.isPresent()) {
      requireNobody(application);
    }
    return topic.stream().toList();
  }

  private String changelog() {
    return TopicNames.changelog(config.identity().appId(), view);
  }

  /** Kafka tells who is in a group, and not which views they count. */
  private static void requireNobody(ApplicationTopics there) {
    there.requireNoMembers();
  }

  /**
   * Deletes what the plan names, the topic before the stores: if it fails between them, a start
   * finds a store that is no copy of the new topic, and refuses it. The account of what was passed
   * over is marked first, see {@link ResetMarks}: the marks forgive nothing as long as the view has
   * a checkpoint, and as long as its topic is there, another call writes what a failure has left
   * out. Can be called again.
   *
   * @throws KafkaException when the brokers refuse
   */
  public void delete() {
    if (application != null) {
      if (!plan.topics().isEmpty()) {
        requireNobody(application);
        try (ResetMarks marks = new ResetMarks(config, view)) {
          others().forEach(other -> marks.write(other, application.partitions(other)));
        }
      }
      for (StateReset.Topic topic : plan.topics()) {
        requireNobody(application);
        application.delete(topic.name());
      }
    }
    if (directory != null) {
      for (int partition : directory.tasks()) {
        TaskStore.drop(
            directory.task(partition), view, progress -> ResetMarks.mark(view, progress), memory);
      }
      new StateIdentity(directory, config).forget(view);
    }
  }

  /** Changelogs of the other views that are known here: configured, or in the stores. */
  private SortedSet<String> others() {
    SortedSet<String> names = new TreeSet<>(config.views().names());
    names.add(TopicNames.STORE);
    names.addAll(stored());
    names.remove(view);
    SortedSet<String> changelogs = new TreeSet<>();
    names.forEach(name -> changelogs.add(TopicNames.changelog(config.identity().appId(), name)));
    return changelogs;
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
