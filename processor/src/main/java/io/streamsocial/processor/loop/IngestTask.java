package io.streamsocial.processor.loop;

import io.streamsocial.processor.Moment;
import io.streamsocial.processor.kafka.InputEnds;
import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.processor.log.ProgressNote;
import io.streamsocial.processor.posts.PostIds;
import io.streamsocial.processor.posts.RecentPosts;
import io.streamsocial.processor.posts.Rejection;
import io.streamsocial.store.HeapBudget;
import java.nio.ByteBuffer;
import java.util.OptionalLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * Reads one partition of the input into the loop's combiner. Its only state is where it is, for
 * what is not published yet is read again after a failure, and the ids of recent posts: those that
 * were there before it began are read again, see {@link Recall}. Owned by one loop.
 */
final class IngestTask implements ProgressNote.Source, AutoCloseable {
  // The time of a record further ahead of this machine's clock says nothing of its age.
  private static final long CLOCKS_APART_MS = 1_000;

  // Longer than it takes to learn that a source goes on, and than a batch takes to be read.
  private static final long CAUGHT_UP_WITHIN_MS = 2_000;

  /**
   * What all sources have in common.
   *
   * @param idleAfterMs without a post that counts for so long, and read to its end, a source is
   *     idle
   * @param dedupeMs for how long a post is known by its {@code post_id}; 0 for not at all
   * @param rememberMs for how long it is known by any id
   * @param heap that the ids take
   * @param counters of the loop
   */
  record Sources(
      long idleAfterMs,
      InputEnds ends,
      long dedupeMs,
      long rememberMs,
      HeapBudget heap,
      LoopCounters counters) {}

  private final Uuid topic;
  private final TopicPartition topicPartition;
  private final Sources sources;
  private final Recall recall;
  private final RecentPosts recent;
  private long nextOffset;
  private long publishedOffset;
  private long watermarkMs = InputProgress.NO_TIME;
  private long publishedWatermarkMs = InputProgress.NO_TIME;
  // By the steady clock; the first two 0 while unknown.
  private long freshMs; // up to when all posts are read
  private long publishedFreshMs;
  private long activeMs; // of the last post that counts, or of the start
  private long caughtUpMs; // of the last turn that found it read to its end; 0 for none
  private long turnMs;
  private long lag = -1;
  private boolean publishedIdle;

  /**
   * @param topic that the brokers' id names
   */
  IngestTask(
      Uuid topic,
      TopicPartition topicPartition,
      IngestStart.Place start,
      Sources sources,
      Moment now) {
    this.topic = topic;
    this.topicPartition = topicPartition;
    this.nextOffset = start.offset();
    this.publishedOffset = start.offset();
    this.recall = new Recall(topicPartition, start.recallFrom(), start.offset(), now.steadyMs());
    this.recent =
        new RecentPosts(
            sources.rememberMs,
            sources.heap,
            start.offset(),
            ids -> sources.counters.forgottenIds += ids);
    this.sources = sources;
    this.activeMs = now.steadyMs();
    this.turnMs = now.steadyMs();
  }

  /**
   * Reads one post, and folds it, rejects it, or drops it as a repetition of another. A post that
   * was counted before this task began is only remembered.
   */
  void ingest(
      ConsumerRecord<ByteBuffer, ByteBuffer> post,
      Extraction extraction,
      Unpublished unpublished,
      Moment now) {
    PostIds ids = extraction.ids();
    ids.header(post.headers());
    if (recall.covers(post.offset())) {
      recall(post, extraction, now);
      return;
    }
    long ageMs = now.wallMs() - post.timestamp();
    if (ageMs >= -CLOCKS_APART_MS) {
      isFreshTo(now.steadyMs() - Math.max(0, ageMs));
    }
    LoopCounters.Read counters = unpublished.counters();
    counters.posts++;
    Rejection rejection = extraction.read(post, now);
    boolean repeats =
        isKnownAgain(rejection)
            && recent.isRepeated(ids, post.offset(), post.timestamp(), now.wallMs());
    if (repeats) {
      counters.duplicates++;
    } else if (rejection != null) {
      counters.rejected(rejection.reason());
      unpublished.rejected().add(post, rejection);
    } else {
      extraction.fold(unpublished.combiner(), counters);
      long latestMs = extraction.latestMs();
      if (latestMs != InputProgress.NO_TIME) {
        activeMs = now.steadyMs();
        watermarkMs = Math.max(watermarkMs, latestMs);
      }
    }
  }

  /**
   * What is known again is decided without the clock, so that all readers of the log decide alike:
   * a post that was dated too far ahead when it came is remembered as well.
   */
  private static boolean isKnownAgain(@Nullable Rejection rejection) {
    return rejection == null || rejection.reason() == Rejection.Reason.TIMESTAMP_IN_FUTURE;
  }

  private void recall(
      ConsumerRecord<ByteBuffer, ByteBuffer> post, Extraction extraction, Moment now) {
    // Without post_id there is nothing to be found in most of them.
    boolean mayHaveId = sources.dedupeMs > 0 || !extraction.ids().isEmpty();
    if (mayHaveId && isKnownAgain(extraction.read(post, now))) {
      boolean unused =
          recent.isRepeated(extraction.ids(), post.offset(), post.timestamp(), now.wallMs());
      recent.settle(publishedOffset);
    }
  }

  /** Freshness is never lost: what was read stays read, whatever a clock says later. */
  private void isFreshTo(long steadyMs) {
    freshMs = Math.max(freshMs, Math.max(1, steadyMs));
  }

  /** After each poll: where the consumer stands now, control records included. */
  void polled(long position, OptionalLong currentLag, Moment now) {
    recall.polled(position, recent.size(), now.steadyMs());
    nextOffset = Math.max(nextOffset, position); // it is larger while posts are recalled
    lag = lag(nextOffset - position, currentLag);
    turnMs = now.steadyMs();
    if (lag == 0) {
      caughtUpMs = turnMs;
      isFreshTo(turnMs);
    }
  }

  /**
   * To the end that the brokers have acknowledged: the consumer's own lag ends where an open
   * transaction begins, and does not change while no broker answers.
   *
   * @param recalling offsets of it that are counted already
   */
  private long lag(long recalling, OptionalLong currentLag) {
    long end = sources.ends.end(topicPartition);
    return end == InputEnds.UNKNOWN || currentLag.isEmpty()
        ? -1
        : Math.max(0, Math.max(currentLag.getAsLong() - recalling, end - nextOffset));
  }

  /** Everything read so far was published. */
  void published() {
    publishedOffset = nextOffset;
    publishedWatermarkMs = watermarkMs;
    publishedFreshMs = freshMs;
    publishedIdle = isIdle();
    recent.settle(publishedOffset);
  }

  /**
   * What was read since the last publish is given up, and its times with it: a watermark ahead of
   * the posts that it stands for would make them late when they are read again.
   *
   * @return where to read on
   */
  long rewind() {
    nextOffset = publishedOffset;
    watermarkMs = publishedWatermarkMs;
    freshMs = publishedFreshMs;
    lag = -1; // unknown until the next poll
    caughtUpMs = 0;
    recent.rewind();
    return recall.isUnderWay() ? recall.next() : publishedOffset;
  }

  /** Whether it is idle, and the last publish said so. */
  boolean isKnownIdle() {
    return publishedIdle && isIdle();
  }

  boolean hasUnpublished() {
    return nextOffset != publishedOffset;
  }

  /** What a publish commits. */
  OffsetAndMetadata committed() {
    long recallFrom = recall.isUnderWay() ? recall.from() : recent.oldestOffset(nextOffset);
    return new CommittedPosts(topic.toString(), recallFrom, sources.dedupeMs).at(nextOffset);
  }

  /** The ids of the posts that were read lately. */
  RecentPosts recent() {
    return recent;
  }

  /** Gives its memory back. */
  @Override
  public void close() {
    recent.close();
  }

  /** The brokers' id of the topic that the offsets are of. */
  Uuid topic() {
    return topic;
  }

  TopicPartition topicPartition() {
    return topicPartition;
  }

  /** Records between the position and the end, those of open transactions included; -1 unknown. */
  long lag() {
    return lag;
  }

  @Override
  public int partition() {
    return topicPartition.partition();
  }

  @Override
  public long nextOffset() {
    return nextOffset;
  }

  @Override
  public long watermarkMs() {
    return watermarkMs;
  }

  /** Up to when all its posts are read, by the steady clock; 0 while unknown. */
  long freshUntilMs() {
    return freshMs;
  }

  @Override
  public long freshMs(Moment now) {
    return freshMs == 0 ? 0 : Math.max(0, freshMs + now.skewMs());
  }

  /** Posts that are rejected say nothing about its time, and so keep no source active. */
  @Override
  public boolean isIdle() {
    return turnMs - caughtUpMs <= CAUGHT_UP_WITHIN_MS && turnMs - activeMs >= sources.idleAfterMs;
  }
}
