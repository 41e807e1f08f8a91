package io.streamsocial.processor.loop;

import io.streamsocial.processor.Moment;
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

  private final Uuid topic;
  private final TopicPartition topicPartition;
  private final long idleAfterMs;
  private long nextOffset;
  private long publishedOffset;
  private long watermarkMs = InputProgress.NO_TIME;
  private long publishedWatermarkMs = InputProgress.NO_TIME;
  // By the steady clock; the first two 0 while unknown.
  private long freshMs; // up to when all posts are read
  private long publishedFreshMs;
  private long activeMs; // of the last record, or of the start
  private long turnMs;
  private long lag = -1;

  /**
   * @param topic that the brokers' id names
   * @param offset next to read
   * @param idleAfterMs without a record for so long, and read to its end, it is idle
   */
  IngestTask(Uuid topic, TopicPartition topicPartition, long offset, long idleAfterMs, Moment now) {
    this.topic = topic;
    this.topicPartition = topicPartition;
    this.nextOffset = offset;
    this.publishedOffset = offset;
    this.idleAfterMs = idleAfterMs;
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
    activeMs = now.steadyMs();
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
            now.wallMs());
    if (rejection == null) {
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
    lag = currentLag.orElse(-1);
    turnMs = now.steadyMs();
    if (lag == 0) {
      isFreshTo(turnMs);
    }
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

  /** Records between the position and the end; -1 when unknown. */
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

  @Override
  public long freshMs(Moment now) {
    return freshMs == 0 ? 0 : Math.max(0, freshMs + now.skewMs());
  }

  @Override
  public boolean isIdle() {
    return lag == 0 && turnMs - activeMs >= idleAfterMs;
  }
}
