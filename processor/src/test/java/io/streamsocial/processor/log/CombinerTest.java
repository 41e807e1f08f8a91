package io.streamsocial.processor.log;

import static io.streamsocial.processor.Property.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.Property;
import io.streamsocial.processor.posts.PostParser;
import io.streamsocial.store.Windowing;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

final class CombinerTest {
  private static final long NOW = 1_763_000_000_000L;
  private static final long SIZE = 300_000;
  private static final ProgressNote NOTE =
      ProgressNote.of(
          1,
          Uuid.ZERO_UUID,
          List.of(new ShuffleRecordTest.Source(0, 77, 1, 1, false)),
          ShuffleRecordTest.NOW);

  private final Combiner combiner = new Combiner(new Windowing(SIZE, 0, 0), List.of(), 1 << 20);
  private final PostParser parser = new PostParser(1 << 20, 0);

  private record Row(int partition, long windowStartMs, String region, String tag) {}

  /** What the packed records of one publish say, and whether their form is right. */
  private static final class Packed {
    private final Map<Row, Long> counts = new HashMap<>();
    private final Map<Integer, Integer> records = new HashMap<>();
    private final Map<Integer, Boolean> complete = new HashMap<>();
    private long bytesMax;
  }

  private void add(String region, long timestampMs, String... tags) {
    StringBuilder text = new StringBuilder();
    for (String tag : tags) {
      text.append('#').append(tag).append(' ');
    }
    byte[] post =
        utf8(
            "{\"text\":\"%s\",\"region\":\"%s\",\"timestamp\":%d}"
                .formatted(text, region, timestampMs));
    assertThat(parser.parse(post, 0, post.length, NOW, NOW)).isNull();
    combiner.add(parser);
  }

  private Packed pack(int partitions, int recordBytes) {
    ShuffleRecord.Writer[] writers = new ShuffleRecord.Writer[partitions];
    for (int i = 0; i < partitions; i++) {
      writers[i] = new ShuffleRecord.Writer();
    }
    Packed packed = new Packed();
    ShuffleRecord.Reader reader = new ShuffleRecord.Reader();
    combiner.pack(
        writers,
        NOW,
        NOTE,
        recordBytes,
        (partition, record) -> {
          assertThat(packed.complete).as("a record behind the last").doesNotContainKey(partition);
          packed.bytesMax = Math.max(packed.bytesMax, record.length);
          packed.records.merge(partition, 1, Integer::sum);
          assertThat(reader.begin(ByteBuffer.wrap(record))).isTrue();
          while (reader.nextGroup()) {
            String region = new String(reader.group(), StandardCharsets.UTF_8);
            while (reader.nextEntry()) {
              String tag =
                  new String(
                      reader.array(),
                      reader.keyOffset(),
                      reader.keyLength(),
                      StandardCharsets.UTF_8);
              Row row = new Row(partition, reader.windowStartMs(), region, tag);
              packed.counts.merge(row, reader.count(), Long::sum);
            }
          }
          InputProgress progress = new InputProgress();
          if (reader.note(progress)) {
            assertThat(progress.offsets()).containsEntry(0, 77L);
            packed.complete.put(partition, true);
          }
        });
    for (int i = 0; i < partitions; i++) {
      assertThat(packed.complete).as("partition %d has its note", i).containsKey(i);
      assertThat(writers[i].isBegun()).isFalse();
    }
    return packed;
  }

  private static Row row(int partitions, long start, String region, String tag) {
    return new Row(Combiner.partition(utf8(tag), partitions), start, region, tag);
  }

  @Test
  void mentionsOfOneWindowRegionAndTagAreOneEntry() {
    add("EU", NOW, "a", "b", "a");
    add("EU", NOW - 1, "a");
    long start = NOW - NOW % SIZE;
    assertThat(combiner.entries()).isEqualTo(2);
    assertThat(combiner.mentions()).isEqualTo(4);
    assertThat(pack(1, 1 << 20).counts)
        .containsOnly(
            Map.entry(row(1, start, "EU", "a"), 3L), Map.entry(row(1, start, "EU", "b"), 1L));
  }

  @Test
  void aWindowBeginsAtItsStartAndEndsBeforeItsEnd() {
    long start = NOW - NOW % SIZE;
    add("EU", start, "a");
    add("EU", start - 1, "a");
    add("EU", start - SIZE, "a");
    assertThat(pack(1, 1 << 20).counts)
        .containsOnly(
            Map.entry(row(1, start, "EU", "a"), 1L),
            Map.entry(row(1, start - SIZE, "EU", "a"), 2L));
  }

  @Test
  void aPostWithoutTagsLeavesNothing() {
    add("EU", NOW);
    assertThat(combiner.entries()).isZero();
    assertThat(pack(2, 1 << 20).counts).isEmpty();
  }

  @Test
  void everyPartitionGetsARecordEvenWithoutMentions() {
    Packed packed = pack(7, 1 << 20);
    assertThat(packed.records).hasSize(7).containsValue(1);
    assertThat(packed.counts).isEmpty();
  }

  @Test
  void aTagGoesWhereKafkasOwnPartitionerSendsIt() {
    Property.holds(
        200,
        random -> {
          byte[] tag = utf8(Property.tag(random));
          int partitions = random.nextInt(1, 50);
          assertThat(Combiner.partition(tag, partitions))
              .isEqualTo(
                  org.apache.kafka.clients.producer.internals.BuiltInPartitioner.partitionForKey(
                      tag, partitions));
        });
  }

  @Test
  void whatIsPackedIsWhatAPlainMapCounts() {
    Property.holds(
        60,
        random -> {
          combiner.clear();
          for (int publish = random.nextInt(1, 4); publish > 0; publish--) {
            Map<Row, Long> expected = new HashMap<>();
            int partitions = random.nextInt(1, 9);
            // More cells than are kept from publish to publish, now and then.
            int windows = random.nextInt(1, 30);
            List<String> tags = distinct(random);
            for (int i = random.nextInt(300); i > 0; i--) {
              String region = "r:" + random.nextInt(1, 5);
              long time = NOW - random.nextLong(windows * SIZE);
              String[] mentioned = new String[random.nextInt(5)];
              for (int m = 0; m < mentioned.length; m++) {
                mentioned[m] = tags.get(random.nextInt(tags.size()));
                expected.merge(
                    row(partitions, time - time % SIZE, region, mentioned[m]), 1L, Long::sum);
              }
              add(region, time, mentioned);
            }
            assertThat(combiner.entries()).isEqualTo(expected.size());
            assertThat(combiner.mentions())
                .isEqualTo(expected.values().stream().mapToLong(c -> c).sum());
            assertThat(pack(partitions, random.nextInt(1, 5_000)).counts).isEqualTo(expected);
            combiner.clear();
          }
        });
  }

  private static List<String> distinct(SplittableRandom random) {
    List<String> tags = new ArrayList<>();
    for (int i = random.nextInt(1, 40); i > 0; i--) {
      tags.add(Property.tag(random));
    }
    return tags;
  }

  @Test
  void aLargePublishIsSplitAndLosesNothing() {
    for (int i = 0; i < 20_000; i++) {
      add("EU", NOW, "tag" + i);
    }
    Packed packed = pack(2, 10_000);
    assertThat(packed.counts).hasSize(20_000);
    assertThat(packed.records.get(0)).isGreaterThan(1);
    assertThat(packed.records.get(1)).isGreaterThan(1);
    // A record is closed at the first group behind the bound; a group has at most 4096 entries.
    assertThat(packed.bytesMax).isLessThan(10_000 + 4_096 * 12);
  }

  @Test
  void packingForgetsNothingUntilItIsCleared() {
    add("EU", NOW, "a");
    assertThat(pack(3, 1 << 20).counts).hasSize(1).isEqualTo(pack(3, 1 << 20).counts);
    combiner.clear();
    assertThat(combiner.entries()).isZero();
    assertThat(combiner.mentions()).isZero();
    assertThat(pack(3, 1 << 20).counts).isEmpty();
  }

  @Test
  void whatWasClearedDoesNotComeBack() {
    for (int i = 0; i < 200; i++) {
      add("r" + i, NOW, "a");
    }
    combiner.clear();
    add("r7", NOW, "b");
    assertThat(pack(1, 1 << 20).counts)
        .containsOnly(Map.entry(row(1, NOW - NOW % SIZE, "r7", "b"), 1L));
    combiner.clear();
    add("r7", NOW, "a");
    assertThat(pack(1, 1 << 20).counts)
        .containsOnly(Map.entry(row(1, NOW - NOW % SIZE, "r7", "a"), 1L));
  }

  @Test
  void tagsOfTheLargestSizeFit() {
    String large = "\uD801\uDC28".repeat(100);
    add("é".repeat(32), NOW, large, "\u0130".repeat(50)); // two characters each, folded
    assertThat(pack(4, 1).counts.keySet())
        .extracting(Row::tag)
        .containsExactlyInAnyOrder(large, "i\u0307".repeat(50));
  }
}
