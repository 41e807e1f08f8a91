package io.streamsocial.processor.loop;

import static io.streamsocial.processor.Property.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.group.InstanceMembership;
import io.streamsocial.processor.kafka.InputEnds;
import io.streamsocial.store.HeapBudget;
import io.streamsocial.store.Windowing;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

/** A post on its way from the consumer into the combiner allocates nothing. */
final class IngestAllocationTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final long NOW = 1_763_000_000_000L;
  private static final int POSTS = 1_000;
  private static final int ATTEMPTS = 10;
  private static final int ROUNDS_AN_ATTEMPT = 20;
  private static final int ROUNDS_TO_WARM_UP = 100;

  private final LoopCounters counters = new LoopCounters(List.of());
  private final HeapBudget heap = new HeapBudget(64 << 20);
  private final CountedViews counted =
      new CountedViews(
          "loop-0", EngineConfig.Views.HASHTAGS, new InstanceMembership(), new Incidents());
  private final Unpublished unpublished =
      new Unpublished(
          new Windowing(300_000, 0, 0), List.of(), counted, "rejected", counters, heap, 1);
  private final Extraction extraction = new Extraction(EngineConfig.defaults().build(), counted);
  private final Moment now = new Moment(NOW, 1_000_000);
  private final IngestTask task =
      new IngestTask(
          Uuid.ZERO_UUID,
          new TopicPartition("posts", 0),
          new IngestStart.Place(0, 0),
          new IngestTask.Sources(5_000, new NoEnd(), 0, 0, heap, counters),
          now);

  private static final class NoEnd implements InputEnds {
    @Override
    public long end(TopicPartition source) {
      return InputEnds.UNKNOWN;
    }
  }

  private static List<ConsumerRecord<ByteBuffer, ByteBuffer>> records(String text) {
    List<ConsumerRecord<ByteBuffer, ByteBuffer>> records = new ArrayList<>();
    for (int i = 0; i < POSTS; i++) {
      String post =
          "{\"post_id\":\"p-%d\",\"user_id\":\"u\",\"text\":\"%s\",\"region\":\"r%d\",\"timestamp\":%d,\"x\":[1.5,{}]}"
              .formatted(i, text.replace("*", Integer.toString(i % 97)), i % 3, NOW - i);
      records.add(new ConsumerRecord<>("posts", 0, i, null, ByteBuffer.wrap(utf8(post))));
    }
    return records;
  }

  /** Returns the bytes allocated for the posts, without those for publishes. */
  private long ingest(List<ConsumerRecord<ByteBuffer, ByteBuffer>> records, int rounds) {
    long allocated = 0;
    for (int round = 0; round < rounds; round++) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < POSTS; i++) {
        task.ingest(records.get(i), extraction, unpublished, now);
      }
      allocated += THREADS.getCurrentThreadAllocatedBytes() - before;
      unpublished.published();
    }
    return allocated;
  }

  /** The least of several attempts: the compiler may be at work in any one of them. */
  private long allocated(String text) {
    List<ConsumerRecord<ByteBuffer, ByteBuffer>> records = records(text);
    long unused = ingest(records, ROUNDS_TO_WARM_UP);
    long least = Long.MAX_VALUE;
    for (int attempt = 0; attempt < ATTEMPTS && least > 0; attempt++) {
      least = Math.min(least, ingest(records, ROUNDS_AN_ATTEMPT));
    }
    assertThat(unpublished.rejected().pending()).isEmpty();
    assertThat(counters.unpublished().posts).isZero();
    return least;
  }

  @Test
  void anOrdinaryPostAllocatesNothing() {
    assertThat(allocated("so #Java_* and #rocks * #Kafka")).isZero();
  }

  @Test
  void aPostInAnotherScriptAllocatesNothing() {
    assertThat(allocated("🎉 #日本* https://x.y/#no #тренд")).isZero();
  }

  @Test
  void aPostWithEscapesAllocatesNothing() {
    assertThat(allocated("\\\"#Java_*\\\"\\n\\ud83c\\udf89 #\\u65e5\\u672c")).isZero();
  }
}
