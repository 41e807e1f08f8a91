package io.streamsocial.processor.loop;

import static io.streamsocial.processor.Property.utf8;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.group.InstanceMembership;
import io.streamsocial.processor.kafka.InputEnds;
import io.streamsocial.processor.log.Combiner;
import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.processor.posts.PostRules;
import io.streamsocial.processor.posts.Rejection.Reason;
import io.streamsocial.store.HeapBudget;
import io.streamsocial.store.Windowing;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class IngestTaskTest {
  private static final long NOW = 1_763_000_000_000L;
  private static final long STEADY = 1_000_000;
  private static final long IDLE = 5_000;

  private static final long REMEMBER = 600_000;

  private final PostsEnd end = new PostsEnd();
  private final LoopCounters counters = new LoopCounters(List.of());
  private final HeapBudget heap = new HeapBudget(8 << 20);
  private final IngestTask task = task(7, 7);
  private final CountedViews counted =
      new CountedViews(
          "loop-0", EngineConfig.Views.HASHTAGS, new InstanceMembership(), new Incidents());
  private final Unpublished unpublished =
      new Unpublished(
          new Windowing(300_000, 0, 0), List.of(), counted, "rejected", counters, heap, 1);
  private final Combiner combiner = unpublished.combiner();
  private final Extraction extraction =
      new Extraction(EngineConfig.defaults().dedupe(Duration.ofMinutes(1)).build(), counted);
  private long offset = 7;

  /** What the brokers say of the topic. */
  private static final class PostsEnd implements InputEnds {
    private long end = 0;

    @Override
    public long end(TopicPartition source) {
      return end;
    }
  }

  private IngestTask task(long start, long recallFrom) {
    return new IngestTask(
        Uuid.ZERO_UUID,
        new TopicPartition("posts", 3),
        new IngestStart.Place(start, recallFrom),
        new IngestTask.Sources(IDLE, end, REMEMBER, REMEMBER, heap, counters),
        at(0));
  }

  private static Moment at(long ms) {
    return new Moment(NOW + ms, STEADY + ms);
  }

  /** Returns the reason of a rejection. */
  private @Nullable String ingest(@Nullable ByteBuffer value, long recordMs) {
    return ingest(task, offset++, new RecordHeaders(), value, recordMs);
  }

  private @Nullable String ingest(
      IngestTask to, long at, Headers headers, @Nullable ByteBuffer value, long recordMs) {
    int rejected = unpublished.rejected().pending().size();
    to.ingest(
        new ConsumerRecord<>(
            "posts",
            3,
            at,
            recordMs,
            TimestampType.CREATE_TIME,
            0,
            0,
            null,
            value,
            headers,
            Optional.empty()),
        extraction,
        unpublished,
        at(0));
    return unpublished.rejected().pending().stream()
        .skip(rejected)
        .map(post -> new String(post.headers().lastHeader("reason").value(), UTF_8))
        .findFirst()
        .orElse(null);
  }

  /** A post with this id, and whether it was counted. */
  private boolean counts(IngestTask to, long at, String postId) {
    long before = combiner.mentions();
    String unused = ingest(to, at, new RecordHeaders(), post(postId), NOW);
    return combiner.mentions() > before;
  }

  private static ByteBuffer post(String postId) {
    return ByteBuffer.wrap(utf8("{\"post_id\":\"%s\",\"text\":\"#a\"}".formatted(postId)));
  }

  private void post(long timestampMs) {
    String json = "{\"text\":\"#a\",\"timestamp\":%d}".formatted(timestampMs);
    String unused = ingest(ByteBuffer.wrap(utf8(json)), timestampMs);
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
    assertThat(ingest(null, NOW)).isEqualTo(Reason.EMPTY.label());
    assertThat(ingest(ByteBuffer.allocate(0), NOW)).isEqualTo(Reason.EMPTY.label());
    assertThat(ingest(ByteBuffer.allocateDirect(0), NOW)).isEqualTo(Reason.EMPTY.label());
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
    end.end = InputEnds.UNKNOWN;
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

  @Test
  void aPostThatComesAgainCountsOnceAndIsNeitherFoldedNorRejected() {
    assertThat(counts(task, 7, "one")).isTrue();
    assertThat(counts(task, 8, "two")).isTrue();
    assertThat(counts(task, 9, "one")).isFalse();
    assertThat(unpublished.counters().posts).isEqualTo(3);
    assertThat(unpublished.counters().duplicates).isOne();
    assertThat(unpublished.counters().mentions).isEqualTo(2);
    assertThat(unpublished.rejected().pending()).isEmpty();
  }

  @Test
  void aHeaderNamesAPostToo() {
    Headers key = new RecordHeaders().add(PostRules.IDEMPOTENCY_HEADER, utf8("k"));
    String unused = ingest(task, 7, key, post("one"), NOW);
    unused = ingest(task, 8, key, post("other"), NOW);
    assertThat(combiner.mentions()).as("known by the header").isOne();
    assertThat(counts(task, 9, "other")).as("the repetition is known by its id").isFalse();
    assertThat(counts(task, 10, "k")).as("a post_id is no header").isTrue();
    unused =
        ingest(task, 11, new RecordHeaders().add("idempotency-key", new byte[0]), post("x"), NOW);
    unused =
        ingest(task, 12, new RecordHeaders().add("idempotency-key", new byte[0]), post("y"), NOW);
    assertThat(combiner.mentions()).as("an empty header is none").isEqualTo(4);
  }

  @Test
  void whatCouldNotBeCountedIsNotRememberedUnlessItWasTheClock() {
    String bad = "{\"post_id\":\"one\",\"text\":7}";
    assertThat(ingest(task, 7, new RecordHeaders(), ByteBuffer.wrap(utf8(bad)), NOW)).isNotNull();
    assertThat(counts(task, 8, "one")).as("it was put right").isTrue();
    String ahead = "{\"post_id\":\"two\",\"text\":\"#a\",\"timestamp\":%d}";
    for (int i = 9; i < 11; i++) {
      ByteBuffer post = ByteBuffer.wrap(utf8(ahead.formatted(NOW + 400_000)));
      assertThat(ingest(task, i, new RecordHeaders(), post, NOW))
          .isEqualTo(i == 9 ? Reason.TIMESTAMP_IN_FUTURE.label() : null);
    }
    assertThat(unpublished.counters().duplicates).isOne();
  }

  @Test
  void aPostThatIsReadAgainIsNoRepetitionOfItself() {
    task.polled(8, OptionalLong.of(3), at(0));
    task.published();
    assertThat(counts(task, 8, "one")).isTrue();
    assertThat(counts(task, 9, "one")).isFalse();
    task.polled(10, OptionalLong.of(1), at(0));
    assertThat(task.rewind()).isEqualTo(8);
    assertThat(counts(task, 8, "one")).isTrue();
    assertThat(counts(task, 9, "one")).isFalse();
  }

  @Test
  void postsBeforeTheStartAreOnlyRemembered() {
    IngestTask later = task(100, 50);
    end.end = 103;
    assertThat(later.committed().metadata()).endsWith(" 50 " + REMEMBER);
    assertThat(counts(later, 50, "one")).isFalse();
    assertThat(ingest(later, 51, new RecordHeaders(), ByteBuffer.wrap(utf8("bad")), NOW)).isNull();
    later.polled(60, OptionalLong.of(43), at(0));
    assertThat(later.nextOffset()).isEqualTo(100);
    assertThat(later.hasUnpublished()).isFalse();
    assertThat(later.lag()).isEqualTo(3);
    assertThat(later.watermarkMs()).isEqualTo(InputProgress.NO_TIME);
    assertThat(later.freshUntilMs()).isZero();
    later.published();
    assertThat(later.committed())
        .isEqualTo(new OffsetAndMetadata(100, Uuid.ZERO_UUID + " 50 " + REMEMBER));
    assertThat(later.rewind()).as("the rest is still to be read").isEqualTo(60);
    assertThat(counts(later, 99, "two")).isFalse();
    assertThat(unpublished.counters().posts).isZero();
    assertThat(counts(later, 100, "one")).isFalse();
    assertThat(counts(later, 101, "two")).isFalse();
    assertThat(counts(later, 102, "three")).isTrue();
    later.polled(103, OptionalLong.of(0), at(0));
    assertThat(later.nextOffset()).isEqualTo(103);
    assertThat(later.lag()).isZero();
    assertThat(unpublished.counters().duplicates).isEqualTo(2);
    assertThat(later.rewind()).isEqualTo(100);
    assertThat(counts(later, 100, "one")).isFalse();
    assertThat(counts(later, 102, "three")).isTrue();
  }

  @Test
  void withoutIdsThereIsNothingToReadBack() {
    post(NOW);
    task.polled(8, OptionalLong.of(0), at(0));
    task.published();
    assertThat(task.committed().metadata()).endsWith(" 8 " + REMEMBER);
    assertThat(heap.used(HeapBudget.Use.RECENT_IDS)).isZero();
    assertThat(counts(task, 8, "one")).isTrue();
    task.polled(9, OptionalLong.of(0), at(0));
    assertThat(task.committed().metadata()).endsWith(" 8 " + REMEMBER);
    assertThat(heap.used(HeapBudget.Use.RECENT_IDS)).isPositive();
    task.close();
    assertThat(heap.used(HeapBudget.Use.RECENT_IDS)).isZero();
  }
}
