package io.streamsocial.processor.offline;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.kafka.BrokerRefusal;
import io.streamsocial.processor.kafka.Brokers;
import io.streamsocial.processor.task.KeptView;
import io.streamsocial.store.StoreException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Compares three accounts of the same counts, key by key: the state directory of an instance that
 * does not run, the changelog, and a recount of the posts up to exactly where each partition of the
 * state says that it includes them. Changes no count, but sets a store aside that was made of other
 * topics. A window's {@link Proof} says what can be proven of it; {@link RowJudge} has the rules
 * and their reasons.
 *
 * <p>So far the hashtags. Other views are compared with their changelogs alone, see {@link
 * ViewVerify}.
 *
 * <p><b>Assumptions.</b> Window, grace, retention, the largest post and the time for which posts
 * are known by their id must be configured as they were for the instance. A post counts as dated in
 * the future when the rejected topic says so. Under at_least_once a crash may count mentions twice;
 * that is reported as a difference, but is no fault.
 *
 * <p><b>Memory</b> is bounded by {@link Options#rowsMax}: when there are more rows, keys are
 * verified in slices, and the topics are read once for each slice.
 *
 * <p>Takes the state directory for itself. Single-threaded; the watcher runs on the caller's
 * thread.
 */
public final class StateVerify {

  /** What a recount of the input can prove about a window. */
  public enum Proof {
    /** The counts must be equal. */
    EXACT,
    /** Mentions may have come late and been dropped: the state has at most the recount. */
    AT_MOST,
    /** Posts were deleted from the topic: the state has at least the recount. */
    AT_LEAST,
    /** Nothing can be proven. */
    NONE
  }

  /** The result in one word. */
  public enum Verdict {
    /** All rows are proven equal in all three. */
    EQUAL,
    /** No difference was found, but not every row is proven. */
    PARTIAL,
    /** At least one row differs. */
    DIFFERENT
  }

  /**
   * @param partitions to verify; empty for all in the directory
   * @param rowsMax kept in memory at once, 1,000 or more; about 100 bytes each
   * @param differencesMax reported; all are counted
   */
  public record Options(Set<Integer> partitions, long rowsMax, int differencesMax) {
    public Options {
      partitions = Set.copyOf(partitions);
      if (rowsMax < 1_000 || differencesMax < 0) {
        throw new IllegalArgumentException(
            "rowsMax %d, differencesMax %d: at least 1000 and 0"
                .formatted(rowsMax, differencesMax));
      }
    }
  }

  /**
   * One row.
   *
   * @param region empty for all regions together
   * @param input mentions in the posts; null when that is unknown
   * @param changelog its last count; null when there is no record
   * @param state 0 when there is no such row
   */
  public record Difference(
      int partition,
      long windowStartMs,
      String region,
      String hashtag,
      @Nullable Long input,
      @Nullable Long changelog,
      long state) {}

  /**
   * One row of another view than the hashtags.
   *
   * @param startMs of its window or session, epoch ms; 0 without
   * @param group empty for all groups together, and in a view without groups
   * @param changelog numbers of the last record; null when there is none, or a tombstone
   * @param state numbers of the row on disk; null when there is none
   * @param changelogBytes of the last record: as text, or in hexadecimal digits when they are no
   *     UTF-8; null when there is none, and where rows have no bytes
   * @param stateBytes of the row on disk, likewise
   */
  public record RowDifference(
      int partition,
      long startMs,
      String group,
      String key,
      @Nullable List<Long> changelog,
      @Nullable List<Long> state,
      @Nullable String changelogBytes,
      @Nullable String stateBytes) {}

  /**
   * Another view than the hashtags: its stores against its changelog, see {@link ViewVerify}.
   *
   * @param rows compared
   * @param unproven of them, neither different nor proven equal
   * @param differences the first of them
   * @param problems of whole partitions that make them different, in words
   */
  public record ViewResult(
      String view,
      long rows,
      long unproven,
      List<RowDifference> differences,
      long differenceCount,
      List<String> problems) {
    public ViewResult {
      differences = List.copyOf(differences);
      problems = List.copyOf(problems);
    }
  }

  /**
   * @param startMs epoch ms
   * @param rows with this proof
   * @param unproven of them, neither different nor proven equal
   */
  public record Window(long startMs, Proof proof, long rows, long unproven) {}

  /**
   * @param partitions that were verified
   * @param posts read
   * @param rows compared, those of all regions together included
   * @param passes over the topics
   * @param differences the first of them
   * @param differenceCount all of them
   * @param problems of whole partitions that make them different, in words
   * @param notes on what could not be verified, and why
   * @param views all but the hashtags, of which all else is
   */
  public record Result(
      Verdict verdict,
      List<Integer> partitions,
      long posts,
      long rows,
      long unproven,
      int passes,
      List<Difference> differences,
      long differenceCount,
      List<Window> windows,
      List<String> problems,
      List<String> notes,
      List<ViewResult> views) {}

  /** Receives the progress, several times a second. */
  public interface Watcher {
    /**
     * @param pass the first is 1
     * @param done offsets of the topic that is being read
     */
    void progress(int pass, String topic, long done, long total);
  }

  private final EngineConfig config;
  private final TopicNames topics;
  private final Options options;
  private final OfflineState state;
  private final TopicRead topicRead;
  private final BooleanSupplier stop;
  private final VerifiedState verified;
  private final List<String> problems = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private int pass = 1;
  private @Nullable RowJudge judge; // made when the first slice is read
  private long posts;
  private boolean stopped;
  private List<Integer> partitions = List.of();
  private final List<ViewResult> views = new ArrayList<>();

  private StateVerify(
      EngineConfig config,
      Options options,
      OfflineState state,
      Watcher watcher,
      BooleanSupplier stop) {
    this.config = config;
    this.topics = TopicNames.of(config);
    this.options = options;
    this.state = state;
    this.topicRead =
        new TopicRead(
            state.consumer(),
            (topic, done, total) -> watcher.progress(pass, topic, done, total),
            stop);
    this.stop = stop;
    this.verified = new VerifiedState(config, state, topicRead);
  }

  /**
   * Reads and compares everything.
   *
   * @param config as the instance's own; the number of partitions is the changelog's
   * @param stop asked several times a second; when true, the result is partial
   * @throws ConfigException when brokers, topics or state do not fit, or stores are damaged: it
   *     names all of them
   * @throws StoreException LOCKED when the directory is in use
   * @throws TimeoutException when the brokers send nothing for a minute
   */
  public static Result run(
      EngineConfig config, Options options, Watcher watcher, BooleanSupplier stop) {
    StateInspector.requireExists(config.instanceDirectory());
    try (OfflineState state = OfflineState.open(config)) {
      return new StateVerify(config, options, state, watcher, stop).verify();
    } catch (KafkaException e) {
      throw BrokerRefusal.orElse(config, e, AclOperation.READ);
    }
  }

  private Result verify() {
    partitions = state.choose(verified.wanted(options.partitions));
    DamagedStores.refuse(state, partitions, stop);
    try {
      if (config.views().hashtags()) {
        verifyHashtags();
      }
      for (KeptView view : ViewVerify.others(KeptView.of(config))) {
        ViewResult result = new ViewVerify(state, topicRead, view, options).run(partitions);
        views.add(result);
        problems.addAll(result.problems());
        notes.add(
            "view %s: %d rows were compared with its changelog; its input was not counted again"
                .formatted(view.name(), result.rows()));
        pass++;
      }
    } catch (TopicRead.StoppedException e) {
      notes.add("stopped before the end: what follows is of a part of the keys");
      stopped = true;
    }
    problems.addAll(verified.problems());
    return result();
  }

  private void verifyHashtags() {
    Brokers brokers = new Brokers(state.admin(), config);
    TopicDescription input =
        brokers
            .describe(topics.posts())
            .orElseThrow(
                () ->
                    new ConfigException(
                        "topic '%s' does not exist on %s: name the posts with --topic"
                            .formatted(topics.posts(), config.brokers().bootstrap())));
    verified.open(input.topicId(), partitions, brokers.partitions(topics.shuffle()).isPresent());
    PostsRecount recount =
        new PostsRecount(
            config, topicRead, state.memory().heap(), state.partitions(), verified.partitions());
    problems.addAll(
        recount.begin(
            input.partitions().size(), brokers.partitions(topics.rejected()).isPresent()));
    compare(recount);
    notes.addAll(VerifyNotes.of(verified.partitions(), recount, topics));
  }

  // ---------------------------------------------------------------- comparing

  private void compare(PostsRecount recount) {
    Deque<Tallies.KeySlice> slices = new ArrayDeque<>();
    slices.add(Tallies.KeySlice.ALL);
    while (!slices.isEmpty()) {
      Tallies.KeySlice slice = slices.remove();
      try {
        Tallies tallies = new Tallies(slice, options.rowsMax);
        fill(tallies, recount);
        RowJudge all = judge;
        if (all == null) {
          all =
              new RowJudge(
                  config.windows().windowing(),
                  verified::owner,
                  deletedBeforeMs(recount),
                  options.differencesMax);
          judge = all;
        }
        tallies.forEach(all::judge);
        posts = recount.posts();
      } catch (Tallies.TooManyException e) {
        slices.addAll(List.of(slice.halves()));
      }
      pass++;
    }
  }

  private void fill(Tallies tallies, PostsRecount recount) throws Tallies.TooManyException {
    for (VerifiedPartition partition : verified.partitions()) {
      verified.fill(tallies, partition);
      // Before the input: it finds out whether the position is that of a checkpoint.
      ChangelogReplay.read(
          topicRead,
          TopicNames.changelog(config.identity().appId(), TopicNames.STORE),
          partition,
          tallies);
    }
    recount.count(tallies);
  }

  /**
   * The last window start that deleted posts may belong to: a post is dated at most the allowed
   * future ahead of its record's time. Of former topics the largest time itself is known.
   */
  private long deletedBeforeMs(PostsRecount recount) {
    long before = Long.MIN_VALUE;
    for (VerifiedPartition partition : verified.partitions()) {
      before = Math.max(before, partition.formerMs());
    }
    List<Long> times = new ArrayList<>(recount.deletedBeforeMs().values());
    times.addAll(recount.doubtfulMs().values());
    for (long timeMs : times) {
      long future = config.posts().maxFuture().toMillis();
      before = Math.max(before, timeMs > Long.MAX_VALUE - future ? timeMs : timeMs + future);
    }
    return before;
  }

  // ---------------------------------------------------------------- result

  private Result result() {
    RowJudge all = judge;
    long differences = all == null ? 0 : all.differenceCount();
    long unproven = all == null ? 0 : all.unproven();
    return new Result(
        verdict(differences, unproven),
        partitions,
        posts,
        all == null ? 0 : all.rows(),
        unproven,
        pass - 1,
        all == null ? List.of() : all.differences(),
        differences,
        all == null ? List.of() : all.windows(),
        List.copyOf(problems),
        List.copyOf(notes),
        List.copyOf(views));
  }

  private Verdict verdict(long differences, long unproven) {
    boolean isDifferent = views.stream().anyMatch(view -> view.differenceCount() > 0);
    if (differences > 0 || isDifferent || !problems.isEmpty()) {
      return Verdict.DIFFERENT;
    }
    boolean isPartial =
        stopped
            || unproven > 0
            || views.stream().anyMatch(view -> view.unproven() > 0)
            || verified.partitions().stream().anyMatch(partition -> !partition.isComparable());
    return isPartial ? Verdict.PARTIAL : Verdict.EQUAL;
  }
}
