package io.streamsocial.processor.task;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.store.StateDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which topics the stores of a state directory were made of, in files beside them. A topic that is
 * deleted and created again has the same name and begins at offset 0 again: once it is longer than
 * the old one was, a store of the old one looks like any that is a little behind, and would go on
 * from counts of another life.
 *
 * <pre>
 *   .changelog-id        the brokers' id of the changelog of the hashtags
 *   .changelog-id.VIEW   of the changelog of another view
 *   .shuffle-id          of the shuffle
 * </pre>
 *
 * Each store has a copy, and the name of its task, so that one that was copied here from another
 * application or from another partition is recognised. A directory that lacks a file, as older
 * versions leave it, takes the present topic for its own.
 */
public final class StateIdentity {
  private static final Logger log = LoggerFactory.getLogger(StateIdentity.class);
  private static final String CHANGELOG = ".changelog-id";
  private static final String SHUFFLE = ".shuffle-id";

  private final StateDirectory directory;
  private final String appId;
  private final TopicNames topics;

  public StateIdentity(StateDirectory directory, EngineConfig config) {
    this.directory = directory;
    this.appId = config.identity().appId();
    this.topics = TopicNames.of(config);
  }

  /**
   * Compares, before anything is created.
   *
   * @param shuffleExists whether there is a topic of that name
   * @throws ConfigException when the stores belong to a shuffle that is gone
   */
  public void requireShuffle(boolean shuffleExists) {
    if (!shuffleExists && !directory.tasks().isEmpty() && !known(SHUFFLE).isEmpty()) {
      throw otherShuffle("is gone");
    }
  }

  /**
   * Sets aside each store that was made of other topics than its neighbours, or for another
   * partition: somebody has copied it here. Its partition is restored from the changelog.
   *
   * @param shuffle the present one, for a directory that has no notes yet
   * @param nowMs the wall clock
   */
  public void setForeignAside(Uuid shuffle, long nowMs) {
    String known = known(SHUFFLE);
    String own = known.isEmpty() ? shuffle.toString() : known;
    for (int partition : directory.tasks()) {
      String of = known(partition);
      if (!of.isEmpty() && !of.equals(own)) {
        log.warn(
            "the store of partition {} in {} was made of another application's topics (shuffle id {}, here {}): it is set aside as {}, the changelog has this application's",
            partition,
            directory.root(),
            of,
            own,
            directory.setAside(partition, nowMs));
      } else if (!madeFor(partition).equals(name(partition))) {
        log.warn(
            "the store of partition {} in {} was made for another partition ({}): it is set aside as {}, the changelog has the right one",
            partition,
            directory.root(),
            madeFor(partition),
            directory.setAside(partition, nowMs));
      }
    }
  }

  private String madeFor(int partition) {
    try {
      return directory.madeFor(partition);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read in " + directory.task(partition), e);
    }
  }

  private String name(int partition) {
    return String.valueOf(directory.task(partition).getFileName());
  }

  /**
   * The views whose changelog is another one than their stores were made of, while the shuffle is
   * theirs: the changelog was deleted, and the stores are the copy from which it can be written
   * again. A view without a note is new here.
   *
   * @param changelogs by view, the id that the brokers give the topic; it lives as long as the
   *     topic
   * @param shuffle likewise
   * @return names, ascending
   * @throws ConfigException when the stores belong to another shuffle
   */
  public SortedSet<String> lost(Map<String, Uuid> changelogs, Uuid shuffle) {
    SortedSet<String> lost = new TreeSet<>();
    if (directory.tasks().isEmpty()) {
      return lost;
    }
    changelogs.forEach(
        (view, id) -> {
          String known = known(changelog(view));
          if (!known.isEmpty() && !known.equals(id.toString())) {
            lost.add(view);
          }
        });
    String knownShuffle = known(SHUFFLE);
    boolean isShuffle = knownShuffle.equals(shuffle.toString());
    if (isShuffle || (lost.isEmpty() && knownShuffle.isEmpty())) {
      return lost;
    }
    if (lost.isEmpty()) {
      throw otherShuffle("is another one now, with id " + shuffle);
    }
    String first = lost.first();
    throw new ConfigException(
        "the state in %s belongs to another life of topic %s (id %s, now %s): the topic was deleted and created again, as by reset --topics; run reset --local for this instance, then its state comes from the new one"
            .formatted(
                directory.root(),
                TopicNames.changelog(appId, first),
                known(changelog(first)),
                changelogs.get(first)));
  }

  private static String changelog(String view) {
    return view.equals(TopicNames.STORE) ? CHANGELOG : CHANGELOG + "." + view;
  }

  /**
   * Forgets of which changelog a view's stores were made: they are deleted, with the topic or
   * without.
   */
  public void forget(String view) {
    try {
      directory.dropNote(changelog(view));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete in " + directory.root(), e);
    }
  }

  private ConfigException otherShuffle(String state) {
    return new ConfigException(
        "the state in %s was made of topic %s with id %s, which %s: mentions that were on their way are lost, and nothing says which; count again from the posts with reset --local --topics, or keep a copy of the directory to read it with inspect"
            .formatted(directory.root(), topics.shuffle(), known(SHUFFLE), state));
  }

  /**
   * The stores belong to these topics from now on.
   *
   * @param changelogs by view
   */
  public void adopt(Map<String, Uuid> changelogs, Uuid shuffle) {
    changelogs.forEach((view, id) -> note(changelog(view), id));
    note(SHUFFLE, shuffle);
    for (int partition : directory.tasks()) {
      try {
        directory.keepNotesIn(partition);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot write in " + directory.task(partition), e);
      }
    }
  }

  private String known(String file) {
    try {
      return directory.note(file).orElse("").trim();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read %s in %s".formatted(file, directory.root()), e);
    }
  }

  /** The shuffle alone: a changelog may be deleted and written again from the store. */
  private String known(int partition) {
    try {
      return directory.noteIn(partition, SHUFFLE).orElse("").trim();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read in " + directory.task(partition), e);
    }
  }

  private void note(String file, Uuid id) {
    if (id.equals(Uuid.ZERO_UUID)) {
      return;
    }
    try {
      directory.keepNote(file, id + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write %s in %s".formatted(file, directory.root()), e);
    }
  }
}
