package io.streamsocial.processor.loop;

import static io.streamsocial.processor.Property.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.Moment;
import io.streamsocial.processor.kafka.PostsTopic;
import io.streamsocial.processor.log.Combiner;
import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.processor.posts.PostParser;
import io.streamsocial.processor.posts.Rejection;
import io.streamsocial.processor.posts.Rejection.Reason;
import io.streamsocial.store.Windowing;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class IngestTaskTest {
  private static final long NOW = 1_763_000_000_000L;
  private static final long STEADY = 1_000_000;
  private static final long IDLE = 5_000;

  private final PostsEnd end = new PostsEnd();
  private final IngestTask task =
      new IngestTask(
          Uuid.ZERO_UUID,
          new TopicPartition("posts", 3),
          7,
          new IngestTask.Sources(IDLE, end),
          at(0));
  private final Combiner combiner = new Combiner(new Windowing(300_000, 0, 0), 1 << 20);
  private final PostParser parser = new PostParser(1 << 20, 300_000);

  /** What the brokers say of the topic. */
  private static final class PostsEnd implements PostsTopic {
    private long end = 0;

    @Override
    public int partitions() {
      return 4;
    }

    @Override
    public long end(int partition) {
      return end;
    }
  }

  private static Moment at(long ms) {
    return new Moment(NOW + ms, STEADY + ms);
  }

  private @Nullable Rejection ingest(@Nullable ByteBuffer value, long recordMs) {
    return task.ingest(
        new ConsumerRecord<>(
            "posts",
            3,
            7,
            recordMs,
            TimestampType.CREATE_TIME,
            0,
            0,
            null,
            value,
            new RecordHeaders(),
            Optional.empty()),
        parser,
        combiner,
        at(0));
  }

  private void post(long timestampMs) {
    String json = "{\"text\":\"#a\",\"timestamp\":%d}".formatted(timestampMs);
    Rejection unused = ingest(ByteBuffer.wrap(utf8(json)), timestampMs);
  }

  @Test
  void theWatermarkIsTheLargestTimeOfAGoodPost() {
    assertThat(task.watermarkMs()).isEqualTo(InputProgress.NO_TIME);
    post(NOW - 10);
    post(NOW - 20);
    assertThat(task.watermarkMs()).isEqualTo(NOW - 10);
    post(NOW + 300_001);
    post(Long.MAX_VALUE);
    assertThat(task.watermarkMs()).isEqualTo(NOW - 10);
    assertThat(combiner.mentions()).isEqualTo(2);
  }

  @Test
  void aRecordWithoutAValueIsEmpty() {
    assertThat(ingest(null, NOW)).extracting("reason").isEqualTo(Reason.EMPTY);
    assertThat(ingest(ByteBuffer.allocate(0), NOW)).extracting("reason").isEqualTo(Reason.EMPTY);
    assertThat(ingest(ByteBuffer.allocateDirect(0), NOW))
        .extracting("reason")
        .isEqualTo(Reason.EMPTY);
  }

  @Test
  void aPostInDirectMemoryOrInsideAnArrayIsReadToo() {
    byte[] post = utf8("{\"text\":\"#a\"}");
    assertThat(ingest(ByteBuffer.allocateDirect(post.length).put(post).flip(), NOW)).isNull();
    byte[] larger = new byte[post.length + 9];
    System.arraycopy(post, 0, larger, 4, post.length);
    assertThat(ingest(ByteBuffer.wrap(larger, 4, post.length), NOW)).isNull();
    assertThat(ingest(ByteBuffer.wrap(larger, 4, post.length).slice(), NOW)).isNull();
    assertThat(combiner.mentions()).isEqualTo(3);
  }

  @Test
  void whatWasReadIsUnpublishedUntilItIsPublished() {
    assertThat(task.hasUnpublished()).isFalse();
    task.polled(9, OptionalLong.of(0), at(0));
    assertThat(task.hasUnpublished()).isTrue();
    assertThat(task.nextOffset()).isEqualTo(9);
    task.published();
    assertThat(task.hasUnpublished()).isFalse();
    task.polled(12, OptionalLong.of(0), at(0));
    assertThat(task.rewind()).isEqualTo(9);
    assertThat(task.nextOffset()).isEqualTo(9);
    assertThat(task.hasUnpublished()).isFalse();
  }

  @Test
  void aRewindTakesTheTimesBackWithThePosts() {
    post(NOW - 5_000);
    task.polled(8, OptionalLong.of(1), at(0));
    task.published();
    post(NOW - 1_000);
    task.polled(9, OptionalLong.of(0), at(0));
    assertThat(task.watermarkMs()).isEqualTo(NOW - 1_000);
    task.rewind();
    assertThat(task.watermarkMs()).isEqualTo(NOW - 5_000);
    assertThat(task.freshMs(at(0))).isEqualTo(NOW - 5_000);
    assertThat(task.isIdle()).isFalse();
  }

  @Test
  void aSourceIsFreshToTheClockWhenReadToItsEndAndToItsLastRecordElse() {
    assertThat(task.freshMs(at(0))).isZero();
    post(NOW - 3_000);
    task.polled(8, OptionalLong.of(5), at(0));
    assertThat(task.freshMs(at(0))).isEqualTo(NOW - 3_000);
    task.polled(8, OptionalLong.empty(), at(0));
    assertThat(task.freshMs(at(0))).isEqualTo(NOW - 3_000);
    task.polled(13, OptionalLong.of(0), at(5));
    assertThat(task.freshMs(at(0))).isEqualTo(NOW + 5);
    // A record's own time may lie ahead of the clock: it says nothing of its age.
    post(NOW + 100_000);
    task.polled(14, OptionalLong.of(1), at(6));
    assertThat(task.freshMs(at(0))).isEqualTo(NOW + 5);
  }

  @Test
  void anOpenTransactionIsPartOfTheLagAndEndsFreshness() {
    task.polled(7, OptionalLong.of(0), at(0));
    assertThat(task.lag()).isZero();
    // The consumer sees the end before the transaction, the brokers have seven posts more.
    end.end = 14;
    task.polled(7, OptionalLong.of(0), at(45_000));
    assertThat(task.lag()).isEqualTo(7);
    assertThat(task.freshMs(at(45_000))).isEqualTo(NOW);
    assertThat(task.isIdle()).as("unread posts may be older than the others").isFalse();
    task.polled(15, OptionalLong.of(0), at(46_000));
    assertThat(task.lag()).isZero();
    assertThat(task.freshMs(at(46_000))).isEqualTo(NOW + 46_000);
  }

  @Test
  void aSourceIsFreshNoFurtherThanTheBrokersHaveSaid() {
    task.polled(7, OptionalLong.of(0), at(0));
    end.end = PostsTopic.UNKNOWN;
    task.polled(7, OptionalLong.of(0), at(10_000));
    assertThat(task.lag()).isEqualTo(-1);
    assertThat(task.freshMs(at(10_000))).isEqualTo(NOW);
    assertThat(task.isIdle()).isFalse();
  }

  @Test
  void aSourceIsIdleWhenNothingCameForAWhileAndAllIsRead() {
    task.polled(7, OptionalLong.of(0), at(IDLE - 1));
    assertThat(task.isIdle()).isFalse();
    task.polled(7, OptionalLong.of(0), at(IDLE));
    assertThat(task.isIdle()).isTrue();
    task.polled(7, OptionalLong.of(1), at(IDLE + 2_001));
    assertThat(task.isIdle()).isFalse();
    task.polled(7, OptionalLong.empty(), at(IDLE + 2_002));
    assertThat(task.isIdle()).isFalse();
  }

  @Test
  void rejectedPostsKeepNoSourceActive() {
    for (long ms = 0; ms <= IDLE; ms += 500) {
      assertThat(ingest(ByteBuffer.wrap(utf8("no post")), NOW + ms)).isNotNull();
      // One more has come whenever it looks but every other time.
      task.polled(8 + ms, OptionalLong.of(ms / 500 % 2), at(ms));
    }
    assertThat(task.isIdle()).isTrue();
    task.rewind();
    assertThat(task.isIdle()).isFalse();
  }

  @Test
  void aStepOfTheWallClockMakesNoSourceFresherNorIdle() {
    task.polled(7, OptionalLong.of(0), at(0));
    for (long step : new long[] {-86_400_000, -8_000, 8_000, 86_400_000}) {
      Moment stepped = new Moment(NOW + step + 1_000, STEADY + 1_000);
      task.polled(7, OptionalLong.of(3), stepped);
      assertThat(stepped.wallMs() - task.freshMs(stepped)).as("age after " + step).isEqualTo(1_000);
      task.polled(7, OptionalLong.of(0), at(0));
      assertThat(task.isIdle()).isFalse();
    }
  }
}
