package io.streamsocial.processor.loop;

import io.streamsocial.processor.Moment;
import io.streamsocial.processor.kafka.PostsTopic;
import io.streamsocial.processor.log.Combiner;
import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.processor.log.ShuffleRecord;
import io.streamsocial.processor.posts.PostParser;
import io.streamsocial.processor.posts.Rejection;
import java.nio.ByteBuffer;
import java.util.OptionalLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * Reads one posts partition into the loop's combiner. Stateless but for where it is: what is not
 * published yet is read again after a failure. Owned by one loop.
 */
final class IngestTask implements ShuffleRecord.Source {
  // The time of a record further ahead of this machine's clock says nothing of its age.
  private static final long CLOCKS_APART_MS = 1_000;
  private static final ByteBuffer NO_BYTES = ByteBuffer.allocate(0);

  // Longer than it takes to learn that a source goes on, and than a batch takes to be read.
  private static final long CAUGHT_UP_WITHIN_MS = 2_000;

  /**
   * What all sources have in common.
   *
   * @param idleAfterMs without a post that counts for so long, and read to its end, a source is
   *     idle
   */
  record Sources(long idleAfterMs, PostsTopic topic) {}

  private final Uuid topic;
  private final TopicPartition topicPartition;
  private final Sources sources;
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

  /**
   * @param topic that the brokers' id names
   * @param offset next to read
   */
  IngestTask(Uuid topic, TopicPartition topicPartition, long offset, Sources sources, Moment now) {
    this.topic = topic;
    this.topicPartition = topicPartition;
    this.nextOffset = offset;
    this.publishedOffset = offset;
    this.sources = sources;
    this.activeMs = now.steadyMs();
    this.turnMs = now.steadyMs();
  }

  /**
   * Parses one post and folds it.
   *
   * @return why it was rejected, or null
   */
  @Nullable Rejection ingest(
      ConsumerRecord<ByteBuffer, ByteBuffer> post,
      PostParser parser,
      Combiner combiner,
      Moment now) {
    long ageMs = now.wallMs() - post.timestamp();
    if (ageMs >= -CLOCKS_APART_MS) {
      isFreshTo(now.steadyMs() - Math.max(0, ageMs));
    }
    ByteBuffer value = post.value();
    if (value == null) {
      return new Rejection(Rejection.Reason.EMPTY, "the record has no value");
    }
    ByteBuffer bytes = value.hasArray() ? value : copy(value);
    Rejection rejection =
        parser.parse(
            bytes.array(),
            bytes.arrayOffset() + bytes.position(),
            bytes.remaining(),
            post.timestamp(),
            now.latestMs());
    if (rejection == null) {
      activeMs = now.steadyMs();
      combiner.add(parser);
      watermarkMs = Math.max(watermarkMs, parser.timestampMs());
    }
    return rejection;
  }

  /** Freshness is never lost: what was read stays read, whatever a clock says later. */
  private void isFreshTo(long steadyMs) {
    freshMs = Math.max(freshMs, Math.max(1, steadyMs));
  }

  private static ByteBuffer copy(ByteBuffer direct) {
    return direct.hasRemaining()
        ? ByteBuffer.allocate(direct.remaining()).put(direct.duplicate()).flip()
        : NO_BYTES;
  }

  /** After each poll: where the consumer stands now, control records included. */
  void polled(long position, OptionalLong currentLag, Moment now) {
    nextOffset = position;
    lag = lag(position, currentLag);
    turnMs = now.steadyMs();
    if (lag == 0) {
      caughtUpMs = turnMs;
      isFreshTo(turnMs);
    }
  }

  /**
   * To the end that the brokers have acknowledged: the consumer's own lag ends where an open
   * transaction begins, and does not change while no broker answers.
   */
  private long lag(long position, OptionalLong currentLag) {
    long end = sources.topic.end(partition());
    return end == PostsTopic.UNKNOWN || currentLag.isEmpty()
        ? -1
        : Math.max(currentLag.getAsLong(), end - position);
  }

  /** Everything read so far was published. */
  void published() {
    publishedOffset = nextOffset;
    publishedWatermarkMs = watermarkMs;
    publishedFreshMs = freshMs;
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
    return publishedOffset;
  }

  boolean hasUnpublished() {
    return nextOffset != publishedOffset;
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
