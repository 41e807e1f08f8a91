package io.streamsocial.processor.task;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.Moment;
import io.streamsocial.processor.log.Combiner;
import io.streamsocial.processor.log.ProgressNote;
import io.streamsocial.processor.log.ShuffleRecord;
import io.streamsocial.processor.posts.PostParser;
import io.streamsocial.store.HeapBudget;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.Windowing;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Publishes fail and the heap is large: what waits for one checkpoint is bounded all the same. */
final class FullTaskTest {
  private static final Windowing WINDOWING = new Windowing(60_000, 0, 600_000);
  private static final Moment NOW = new Moment(1_763_000_000_000L, 1_000);
  private static final int MENTIONS = 20_000;

  @TempDir Path dir;

  private int tags;

  @Test
  void aRunningTaskIsFullWhenItsCheckpointWouldBecomeTooLarge() {
    try (StoreMemory memory = new StoreMemory(8 << 20, new HeapBudget(1L << 40));
        CountTask task = HashtagsKept.task(0, WINDOWING, dir.resolve("0"), memory)) {
      task.run(Long.MAX_VALUE, NOW);
      for (int i = 0; i < 100 && !task.isFull(); i++) {
        task.fold(record(i), NOW);
      }
      assertThat(task.changes()).isBetween(500_000L, 500_000L + 2 * MENTIONS);
      task.follow(NOW);
      assertThat(task.isFull()).as("without checkpoints of its own").isFalse();
    }
  }

  /** Each mention changes a row of its region and one of all. */
  private ConsumerRecord<ByteBuffer, ByteBuffer> record(long offset) {
    Combiner combiner = new Combiner(WINDOWING, List.of(), Long.MAX_VALUE);
    PostParser parser = new PostParser(1_000, 0, false);
    for (int i = 0; i < MENTIONS; i++) {
      byte[] post = "{\"region\":\"EU\",\"text\":\"#tag%d\"}".formatted(tags++).getBytes(UTF_8);
      assertThat(parser.parse(post, 0, post.length, NOW.wallMs(), NOW.latestMs())).isNull();
      combiner.add(parser);
    }
    ShuffleRecord.Writer[] writers = {new ShuffleRecord.Writer()};
    ProgressNote note = ProgressNote.of(1, Uuid.ZERO_UUID, List.of(), NOW);
    List<byte[]> records = new ArrayList<>();
    combiner.pack(writers, NOW.wallMs(), note, Integer.MAX_VALUE, (p, bytes) -> records.add(bytes));
    return new ConsumerRecord<>("shuffle", 0, offset, null, ByteBuffer.wrap(records.get(0)));
  }
}
