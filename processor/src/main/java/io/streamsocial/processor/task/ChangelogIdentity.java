package io.streamsocial.processor.task;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.store.StateDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.kafka.common.Uuid;

/**
 * Which changelog the stores of a state directory belong to, in a file beside them. A topic that is
 * deleted and made anew has the same name and begins at offset 0 again: once it is longer than the
 * old one was, a store of the old one looks like any that is a little behind, and would go on from
 * counts of another life.
 */
public final class ChangelogIdentity {
  private static final String FILE = ".changelog-id";

  private ChangelogIdentity() {}

  /**
   * Notes the changelog for stores to come, or compares it with that of those that are there.
   *
   * @param id that the brokers give the topic; it lives as long as the topic
   * @throws ConfigException when the stores belong to another one
   */
  public static void require(StateDirectory directory, String changelog, Uuid id) {
    try {
      String known = directory.note(FILE).orElse("").trim();
      if (!known.isEmpty() && !known.equals(id.toString()) && !directory.tasks().isEmpty()) {
        throw new ConfigException(
            "the state in %s belongs to another life of topic %s (id %s, now %s): the topic was deleted and made anew, as by reset --topics; run reset --local for this instance, then its state comes from the new one"
                .formatted(directory.root(), changelog, known, id));
      }
      directory.keepNote(FILE, id + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot read or write %s in %s".formatted(FILE, directory.root()), e);
    }
  }
}
