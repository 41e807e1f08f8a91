package io.streamsocial.processor;

import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * An immutable picture of one instance, taken by its loops once a turn. Reading it takes no lock
 * and asks no other instance.
 *
 * @param appId the application: consumer group, prefix of the internal topics
 * @param instanceId this instance's name, unique in the application
 * @param state the worst state of its loops
 * @param failure why the state is FAILED, else null
 * @param startedAtMs by the steady clock
 * @param postsTopic the brokers' id of the posts topic; another after it was created again
 * @param postsPartitions partitions of the posts topic, 0 until known
 * @param otherInputs further topics that are read, by name
 * @param shufflePartitions partitions of the shuffle topic: the expected owners of an answer
 * @param process id of the process; another after a restart
 * @param routing the group's newest assignment that a loop has received
 * @param loops one a thread
 * @param partitions the count tasks on this instance, ascending by partition
 * @param incidents what is wrong now
 */
public record EngineStatus(
    String appId,
    String instanceId,
    EngineState state,
    @Nullable String failure,
    long startedAtMs,
    Uuid postsTopic,
    int postsPartitions,
    List<Input> otherInputs,
    int shufflePartitions,
    UUID process,
    RoutingTable routing,
    List<Loop> loops,
    List<Partition> partitions,
    List<Incidents.Incident> incidents) {

  public EngineStatus {
    otherInputs = List.copyOf(otherInputs);
  }

  /**
   * A topic that is read beside the posts.
   *
   * @param id the brokers' id; another after the topic was created again
   * @param partitions 0 until known
   */
  public record Input(String topic, Uuid id, int partitions) {}

  /**
   * @param name the loop's thread name
   * @param progressMs when it last began a turn, or got on by a step of one, by the steady clock; 0
   *     before the first
   * @param postsPartitions posts partitions that it ingests
   * @param otherSources partitions of further topics that it ingests
   * @param postsLag records between its position and the end of all partitions that it ingests; -1
   *     when unknown
   * @param postsFreshMs up to when all of these are read, by the steady clock; 0 when unknown
   * @param recentIds ids of posts by which a retry would be recognised
   * @param recentHorizonMs how far back all ids are remembered, the least of its posts partitions
   * @param refused operations that the brokers refuse to it, with the command that allows them; the
   *     loop waits
   * @param counters totals since it started
   */
  public record Loop(
      String name,
      EngineState state,
      long progressMs,
      List<Integer> postsPartitions,
      List<TopicPartition> otherSources,
      long postsLag,
      long postsFreshMs,
      long recentIds,
      long recentHorizonMs,
      List<String> refused,
      Counters counters) {
    public Loop {
      postsPartitions = List.copyOf(postsPartitions);
      otherSources = List.copyOf(otherSources);
      refused = List.copyOf(refused);
    }

    /** Whether it ingests anything. */
    public boolean hasSources() {
      return !postsPartitions.isEmpty() || !otherSources.isEmpty();
    }

    /** The same at a later progress. */
    public Loop withProgress(long laterMs) {
      return new Loop(
          name,
          state,
          laterMs,
          postsPartitions,
          otherSources,
          postsLag,
          postsFreshMs,
          recentIds,
          recentHorizonMs,
          refused,
          counters);
    }
  }

  /**
   * What a task keeps of one view.
   *
   * @param view its name
   * @param changelogOffset next offset of its changelog that the store has not seen
   * @param overlayEntries changed keys that wait for the next checkpoint
   * @param estimatedKeys RocksDB's own estimate of its rows
   * @param sstBytes size of its table files on disk
   */
  public record Store(
      String view, long changelogOffset, long overlayEntries, long estimatedKeys, long sstBytes) {}

  /**
   * State on its way from another instance.
   *
   * @param from which instance, and where; empty while one is looked for
   * @param bytes that are here
   * @param bytesTotal 0 while it is not known
   */
  public record Fetching(String from, long bytes, long bytesTotal) {}

  /**
   * @param partition of the shuffle topic
   * @param role whether the instance counts it or follows it
   * @param restoring true while the changelogs are read
   * @param shuffleOffset next shuffle offset to read
   * @param shuffleLag shuffle records not yet included; -1 when unknown
   * @param restoredRecords changelog records read since the task was opened
   * @param restoreRemaining changelog records still to read, an upper bound; 0 when running
   * @param newestMs steady clock up to which input of any source is included: how far the log is
   *     read; 0 when unknown
   * @param streamTimeMs the smallest watermark of its sources; {@link Long#MIN_VALUE} before the
   *     first
   * @param checkpointedAtMs when its state was last written to the changelogs; 0 for never
   * @param checksumsVerifiedAtMs when the table files were last read again and found sound, epoch
   *     milliseconds; 0 for not since the store was opened, which reads its rows as well
   * @param stores one a view, in the engine's order; none while the state is fetched
   * @param fetching how far the state has come from another instance; null when it is here
   */
  public record Partition(
      int partition,
      Role role,
      boolean restoring,
      long shuffleOffset,
      long shuffleLag,
      long restoredRecords,
      long restoreRemaining,
      long newestMs,
      long streamTimeMs,
      long checkpointedAtMs,
      long checksumsVerifiedAtMs,
      List<Store> stores,
      @Nullable Fetching fetching) {
    public Partition {
      stores = List.copyOf(stores);
    }

    /** One whose state is here. */
    public Partition(
        int partition,
        Role role,
        boolean restoring,
        long shuffleOffset,
        long shuffleLag,
        long restoredRecords,
        long restoreRemaining,
        long newestMs,
        long streamTimeMs,
        long checkpointedAtMs,
        long checksumsVerifiedAtMs,
        List<Store> stores) {
      this(
          partition,
          role,
          restoring,
          shuffleOffset,
          shuffleLag,
          restoredRecords,
          restoreRemaining,
          newestMs,
          streamTimeMs,
          checkpointedAtMs,
          checksumsVerifiedAtMs,
          stores,
          null);
    }

    /**
     * One whose state comes from another instance.
     *
     * @param records that its changelogs have
     */
    public static Partition fetched(int partition, Role role, long records, Fetching fetching) {
      return new Partition(
          partition, role, true, 0, -1, 0, records, 0, Long.MIN_VALUE, 0, 0, List.of(), fetching);
    }

    /** Changed keys of all views that wait for the next checkpoint. */
    public long overlayEntries() {
      return stores.stream().mapToLong(Store::overlayEntries).sum();
    }

    /** RocksDB's own estimate of the rows of all views. */
    public long estimatedKeys() {
      return stores.stream().mapToLong(Store::estimatedKeys).sum();
    }

    /** Size of all table files on disk. */
    public long sstBytes() {
      return stores.stream().mapToLong(Store::sstBytes).sum();
    }
  }

  /**
   * Totals of one view other than the hashtags.
   *
   * @param emissions made of the posts that were published
   * @param lateRows dropped because their window or session was closed, as active; emissions of one
   *     publish to one row are one
   * @param sweptRows past their time to live, found on disk and deleted there and from the
   *     changelog, as active; some time after no answer shows them any more
   */
  public record ViewCounters(long emissions, long lateRows, long sweptRows) {}

  /**
   * Totals since the loop started. One writer: the loop.
   *
   * @param posts posts read, parsed and published: a publish that is repeated counts once
   * @param mentions hashtags found in them
   * @param oversizedTags hashtags ignored because they were too long
   * @param rejected posts sent to the rejected topic, by reason
   * @param duplicates posts that were there before, and so are not counted again
   * @param counted mentions folded into windows, as active
   * @param late mentions dropped because their window was closed
   * @param otherRegion those of the counted that are in the region {@code other} because their
   *     window has as many regions as are kept
   * @param foreign records in the internal topics that this application did not write, skipped
   * @param publishes committed transactions
   * @param checkpoints of single tasks
   * @param aborts transactions aborted or given up
   * @param shuffleBytes bytes of packed records sent, before compression
   * @param changelogRecords sent
   * @param changelogBytes key and value bytes sent, before compression
   * @param restoredRecords changelog records read back before tasks were live
   * @param publishNanos spent in publishes that were committed
   * @param checkpointPublishes those of them that carried a checkpoint
   * @param checkpointNanos spent in those that carried a checkpoint
   * @param rebalances rebalances of the group that the loop took part in
   * @param storesSetAside stores that were damaged or too old, and are rebuilt
   * @param lostPosts posts offsets that were not counted: retention deleted them before, or
   *     somebody moved the group's offset ahead of them
   * @param forgottenIds ids of posts forgotten before their time, for want of heap
   * @param views by name, without the hashtags
   */
  public record Counters(
      long posts,
      long mentions,
      long oversizedTags,
      Map<String, Long> rejected,
      long duplicates,
      long counted,
      long late,
      long otherRegion,
      long foreign,
      long publishes,
      long checkpoints,
      long aborts,
      long shuffleBytes,
      long changelogRecords,
      long changelogBytes,
      long restoredRecords,
      long publishNanos,
      long checkpointPublishes,
      long checkpointNanos,
      long rebalances,
      long storesSetAside,
      long lostPosts,
      long forgottenIds,
      Map<String, ViewCounters> views) {
    public Counters {
      views = Map.copyOf(views);
    }
  }
}
