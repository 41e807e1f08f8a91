package io.streamsocial.processor.offline;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.log.Combiner;
import io.streamsocial.processor.task.Restorer;
import io.streamsocial.store.ReadOnlyStore;
import io.streamsocial.store.table.CountTable;
import io.streamsocial.store.table.WindowKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/** The state's own account of its counts: the partitions that are verified, and their rows. */
final class VerifiedState {
  private final EngineConfig config;
  private final TopicNames topics;
  private final OfflineState state;
  private final TopicRead topicRead;
  private final SortedMap<Integer, VerifiedPartition> partitions = new TreeMap<>();
  private final List<String> problems = new ArrayList<>();

  VerifiedState(EngineConfig config, OfflineState state, TopicRead topicRead) {
    this.config = config;
    this.topics = TopicNames.of(config);
    this.state = state;
    this.topicRead = topicRead;
  }

  /**
   * Looks how far each partition goes.
   *
   * @param posts id of the posts topic
   * @throws ConfigException when they cannot be verified with this configuration
   */
  void open(Uuid posts, List<Integer> chosen, boolean hasShuffle) {
    Restorer bounds = state.restorer(List.of(changelog()));
    for (int partition : chosen) {
      partitions.put(
          partition, open(partition, posts, bounds.bounds(partition).get(0), hasShuffle));
    }
  }

  /**
   * @param chosen empty for all that are there
   * @throws ConfigException when there is nothing to verify
   */
  Set<Integer> wanted(Set<Integer> chosen) {
    Set<Integer> there = state.directory().tasks();
    if (there.isEmpty()) {
      throw new ConfigException(
          "%s holds no store: run restore, or check --state-dir, --app-id and --instance-id"
              .formatted(state.directory().root()));
    }
    List<String> missing = new ArrayList<>();
    for (int partition : chosen) {
      if (!there.contains(partition)) {
        missing.add(
            "partition %d is not in %s: it holds %s"
                .formatted(partition, state.directory().root(), there));
      }
    }
    if (!missing.isEmpty()) {
      throw new ConfigException(missing);
    }
    return chosen.isEmpty() ? there : chosen;
  }

  private VerifiedPartition open(
      int partition, Uuid posts, Restorer.Bounds changelog, boolean hasShuffle) {
    try (ReadOnlyStore store = store(partition)) {
      if (store.sizeMs() != config.windows().window().toMillis()) {
        throw new ConfigException(
            "the state was written with window %d ms, configured %d ms: set --window to the old value"
                .formatted(store.sizeMs(), config.windows().window().toMillis()));
      }
      long offset = store.position().changelogOffset();
      if (offset > changelog.end()) {
        problems.add(
            "partition %d: the state has seen changelog offset %d, but %s-%d ends at %d: the topic was truncated or made anew"
                .formatted(partition, offset, changelog(), partition, changelog.end()));
      }
      boolean inPublish =
          hasShuffle
              && PublishBoundary.isWithin(
                  topicRead,
                  new TopicPartition(topics.shuffle(), partition),
                  store.position().inputOffset());
      return new VerifiedPartition(
          partition, store.position(), posts, config.windows().windowing(), changelog, inPublish);
    }
  }

  private String changelog() {
    return TopicNames.changelog(config.identity().appId(), TopicNames.STORE);
  }

  private ReadOnlyStore store(int partition) {
    return ReadOnlyStore.open(state.directory().task(partition), TopicNames.STORE, state.memory());
  }

  /** Ascending. */
  Collection<VerifiedPartition> partitions() {
    return partitions.values();
  }

  /** What makes a whole partition different, in words. */
  List<String> problems() {
    return problems;
  }

  /** Whose row it is; null when that partition is not verified. */
  @Nullable VerifiedPartition owner(byte[] tag) {
    return partitions.get(Combiner.partition(tag, state.partitions()));
  }

  /** Enters the partition's rows on disk, as far as the slice asks for them. */
  void fill(Tallies tallies, VerifiedPartition partition) throws Tallies.TooManyException {
    boolean[] tooMany = new boolean[1];
    try (ReadOnlyStore store = store(partition.partition())) {
      store.forEachRow(
          (key, row) -> {
            byte[] tag = WindowKey.tag(key);
            int hash = CountTable.hash(tag, 0, tag.length);
            long start = WindowKey.windowStart(key);
            byte[] region = WindowKey.region(key);
            if (partition.isReadable(start)) {
              partition.hasRegion(start, region);
            }
            if (!tooMany[0] && tallies.has(hash) && partition.isReadable(start)) {
              try {
                Tallies.Rows rows = tallies.rows(start, region);
                rows.state(tallies.row(rows, hash, tag, 0, tag.length), row[0]);
              } catch (Tallies.TooManyException e) {
                tooMany[0] = true; // leaves the scan in order
              }
            }
          });
    }
    if (tooMany[0]) {
      throw new Tallies.TooManyException();
    }
  }
}
