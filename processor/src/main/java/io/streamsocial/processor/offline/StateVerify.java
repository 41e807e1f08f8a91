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
import java.util.Optional;
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
 * <p>Views other than the hashtags are compared so by {@link ViewVerify}, which has its own rules;
 * one that reads other topics than the posts, with its changelog alone.
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
   * @param input what the posts make of it; null when that is nothing, or unknown
   * @param changelog its last record; null when there is none, or a tombstone
   * @param state on disk; null when there is none
   */
  public record RowDifference(
      int partition,
      long startMs,
      String group,
      String key,
      @Nullable RowValue input,
      @Nullable RowValue changelog,
      @Nullable RowValue state) {}

  /**
   * One account of a row.
   *
   * @param numbers as its changelog has them
   * @param bytes as text, or in hexadecimal digits when they are no UTF-8; null where rows have no
   *     bytes
   */
  public record RowValue(List<Long> numbers, @Nullable String bytes) {
    public RowValue {
      numbers = List.copyOf(numbers);
    }
  }

  /**
   * Another view than the hashtags: its stores against posts and changelog, see {@link ViewVerify}.
   *
   * @param recounted whether its input was counted again
   * @param rows compared
   * @param unproven of them, neither different nor proven equal
   * @param differences the first of them
   * @param problems of whole partitions that make them different, in words
   */
  public record ViewResult(
      String view,
      boolean recounted,
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
    Brokers brokers = new Brokers(state.admin(), config);
    TopicDescription input =
        brokers
            .describe(topics.posts())
            .orElseThrow(
                () ->
                    new ConfigException(
                        "topic '%s' does not exist on %s: name the posts with --topic"
                            .formatted(topics.posts(), config.brokers().bootstrap())));
    ViewVerify.Posts posts =
        new ViewVerify.Posts(
            config,
            input.topicId(),
            input.partitions().size(),
            brokers.partitions(topics.rejected()).isPresent(),
            brokers.partitions(topics.shuffle()).isPresent());

    partitions = state.choose(verified.wanted(options.partitions));
    DamagedStores.refuse(state, partitions, stop);
    try {
      if (config.views().hashtags()) {
        verifyHashtags(posts);
      }
      for (KeptView view : ViewVerify.others(KeptView.of(config))) {
        verify(view, posts);
        pass++;
      }
    } catch (TopicRead.StoppedException e) {
      notes.add("stopped before the end: what follows is of a part of the keys");
      stopped = true;
    }
    problems.addAll(verified.problems());
    return result();
  }

  private void verify(KeptView view, ViewVerify.Posts posts) {
    Optional<String> refusal =
        config.views().others().stream()
            .filter(each -> each.name().equals(view.name()))
            .findFirst()
            .flatMap(each -> ViewRecount.refusal(config, each));
    ViewResult result =
        new ViewVerify(
                state,
                topicRead,
                view,
                options,
                refusal.isPresent() ? Optional.empty() : Optional.of(posts))
            .run(partitions, notes);
    views.add(result);
    problems.addAll(result.problems());
    refusal.ifPresent(
        why ->
            notes.add(
                "view %s: %d rows were compared with its changelog alone; its input was not counted again, since %s"
                    .formatted(view.name(), result.rows(), why)));
  }

  private void verifyHashtags(ViewVerify.Posts posts) {
    verified.open(posts.id(), partitions, posts.hasShuffle());
    PostsReplay replay = new PostsReplay(config, topicRead, state.memory().heap());
    problems.addAll(replay.begin(posts.sources(), verified.partitions(), posts.hasRejected()));
    compare(replay);
    notes.addAll(VerifyNotes.of(verified.partitions(), replay, topics));
  }

  // ---------------------------------------------------------------- comparing

  private void compare(PostsReplay replay) {
    PostsRecount recount =
        new PostsRecount(config, replay, state.partitions(), verified.partitions());
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
                  replay.deletedUpToMs(),
                  options.differencesMax);
          judge = all;
        }
        tallies.forEach(all::judge);
        posts = replay.posts();
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
