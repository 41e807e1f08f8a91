package io.streamsocial.processor.log;

import static io.streamsocial.processor.Property.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.Property;
import io.streamsocial.processor.posts.PostParser;
import io.streamsocial.processor.views.ConsumedRecord;
import io.streamsocial.processor.views.Emissions;
import io.streamsocial.processor.views.Emitter;
import io.streamsocial.processor.views.View;
import io.streamsocial.processor.views.ViewBuilder;
import io.streamsocial.store.Windowing;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

/** A {@link Combiner} of hashtags and other views, against plain maps. */
final class CombinedViewsTest {
  private static final long NOW = 1_763_000_000_000L;
  private static final long MINUTE = 60_000;

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Emission(long timeMs, String group, String key, long[] values) {}

  private record Row(int view, long windowStartMs, String group, String key) {}

  private final List<Emission> emissions = new ArrayList<>();
  private final List<View> views =
      List.of(
          all(View.named("windowed").tumbling(Duration.ofMinutes(1), Duration.ZERO, Duration.ZERO))
              .groupedBy("region")
              .build(),
          all(View.named("unwindowed").unwindowed()).build());
  private final Combiner combiner = new Combiner(new Windowing(5 * MINUTE, 0, 0), views, 1 << 20);

  private ViewBuilder all(ViewBuilder view) {
    return view.from("input", (record, out) -> emitAll(out))
        .sum("sum")
        .min("min")
        .max("max")
        .first("first")
        .last("last");
  }

  private void emitAll(Emitter out) {
    for (Emission each : emissions) {
      byte[] group = utf8(each.group);
      byte[] key = utf8(each.key);
      out.emit(each.timeMs, group, 0, group.length, key, 0, key.length, each.values);
    }
  }

  private List<Emission> random(SplittableRandom random, boolean isGrouped) {
    List<Emission> list = new ArrayList<>();
    for (int i = random.nextInt(20); i > 0; i--) {
      long[] values = new long[5];
      Arrays.setAll(values, v -> value(random));
      list.add(
          new Emission(
              NOW - random.nextLong(3 * MINUTE),
              isGrouped ? "r" + random.nextInt(3) : "",
              "k:" + random.nextInt(30),
              values));
    }
    return list;
  }

  private static long value(SplittableRandom random) {
    return switch (random.nextInt(8)) {
      case 0 -> Long.MIN_VALUE;
      case 1 -> Long.MAX_VALUE;
      default -> random.nextLong(-5, 5);
    };
  }

  /** The fields by their definition: of all emissions of the row, in whatever order. */
  private static List<Long> fields(List<Emission> all) {
    Emission first = all.get(0);
    Emission last = all.get(0);
    for (Emission each : all) {
      if (each.timeMs < first.timeMs
          || (each.timeMs == first.timeMs && each.values[3] < first.values[3])) {
        first = each;
      }
      if (each.timeMs > last.timeMs
          || (each.timeMs == last.timeMs && each.values[4] > last.values[4])) {
        last = each;
      }
    }
    return List.of(
        values(all, 0).sum(),
        values(all, 1).min().orElseThrow(),
        values(all, 2).max().orElseThrow(),
        first.values[3],
        last.values[4]);
  }

  private static LongStream values(List<Emission> all, int field) {
    return all.stream().mapToLong(each -> each.values[field]);
  }

  @Test
  void whatIsPackedIsWhatPlainMapsCount() {
    Emissions[] extracted = {new Emissions(views.get(0), 0), new Emissions(views.get(1), 0)};
    ConsumedRecord record =
        new ConsumedRecord().of(new ConsumerRecord<>("input", 0, 0, null, null));
    Property.holds(
        60,
        random -> {
          combiner.clear();
          Map<Row, List<Emission>> expected = new HashMap<>();
          Map<Row, Long> mentions = new HashMap<>();
          for (int i = random.nextInt(60); i > 0; i--) {
            mention("t" + random.nextInt(10), mentions);
            int v = random.nextInt(2);
            View view = views.get(v);
            emissions.clear();
            emissions.addAll(random(random, view.isGrouped()));
            extracted[v].extract(record, NOW);
            combiner.add(v, extracted[v]);
            for (Emission each : emissions) {
              long start =
                  view.kind() != View.Kind.UNWINDOWED ? each.timeMs - each.timeMs % MINUTE : 0;
              expected
                  .computeIfAbsent(
                      new Row(view.id(), start, each.group, each.key), row -> new ArrayList<>())
                  .add(each);
            }
          }
          assertThat(combiner.entries()).isEqualTo(expected.size() + mentions.size());
          Map<Row, Long> counts = new HashMap<>();
          Map<Row, List<Long>> rows =
              unpack(random.nextInt(1, 6), random.nextInt(1, 9_000), counts);
          assertThat(counts).isEqualTo(mentions);
          assertThat(rows.keySet()).isEqualTo(expected.keySet());
          expected.forEach(
              (row, all) -> assertThat(rows.get(row)).as("%s", row).isEqualTo(fields(all)));
        });
  }

  private void mention(String tag, Map<Row, Long> mentions) {
    PostParser parser = new PostParser(1 << 20, 0);
    byte[] post = utf8("{\"text\":\"#%s\",\"region\":\"EU\"}".formatted(tag));
    assertThat(parser.parse(post, 0, post.length, NOW, NOW)).isNull();
    combiner.add(parser);
    long start = NOW - NOW % (5 * MINUTE);
    mentions.merge(new Row(ShuffleRecord.TRENDING, start, "EU", tag), 1L, Long::sum);
  }

  private Map<Row, List<Long>> unpack(int partitions, int recordBytes, Map<Row, Long> counts) {
    ShuffleRecord.Writer[] writers = new ShuffleRecord.Writer[partitions];
    Arrays.setAll(writers, p -> new ShuffleRecord.Writer());
    ProgressNote note = ProgressNote.of(1, Uuid.ZERO_UUID, List.of(), ShuffleRecordTest.NOW);
    ShuffleRecord.Reader reader = new ShuffleRecord.Reader();
    Map<Row, List<Long>> rows = new HashMap<>();
    combiner.pack(
        writers,
        NOW,
        note,
        recordBytes,
        (partition, record) -> {
          assertThat(reader.begin(ByteBuffer.wrap(record))).isTrue();
          while (reader.nextGroup()) {
            while (reader.nextEntry()) {
              String key =
                  new String(
                      reader.array(),
                      reader.keyOffset(),
                      reader.keyLength(),
                      StandardCharsets.UTF_8);
              assertThat(Combiner.partition(utf8(key), partitions)).isEqualTo(partition);
              String group = new String(reader.group(), StandardCharsets.UTF_8);
              Row row = new Row(reader.viewId(), reader.windowStartMs(), group, key);
              if (reader.viewId() == ShuffleRecord.TRENDING) {
                assertThat(counts.put(row, reader.count())).as("twice: %s", row).isNull();
              } else {
                assertThat(rows.put(row, fields(reader))).as("twice: %s", row).isNull();
              }
            }
          }
        });
    return rows;
  }

  private List<Long> fields(ShuffleRecord.Reader reader) {
    View view =
        views.stream().filter(each -> each.id() == reader.viewId()).findFirst().orElseThrow();
    assertThat(reader.width()).isEqualTo(view.lanes().width());
    List<Long> fields = new ArrayList<>();
    for (int i = 0; i < view.fields().size(); i++) {
      fields.add(reader.lanes()[view.lane(i)]);
    }
    return fields;
  }

  @Test
  void theTimeOfAnUnwindowedRowIsThatOfItsNewestEmission() {
    View view = views.get(1);
    Emissions extracted = new Emissions(view, 0);
    for (long time : new long[] {5, 9, 7}) {
      emissions.clear();
      emissions.add(new Emission(time, "", "k", new long[5]));
      extracted.extract(
          new ConsumedRecord().of(new ConsumerRecord<>("input", 0, 0, null, null)), NOW);
      combiner.add(1, extracted);
    }
    ShuffleRecord.Reader reader = new ShuffleRecord.Reader();
    combiner.pack(
        new ShuffleRecord.Writer[] {new ShuffleRecord.Writer()},
        NOW,
        ShuffleRecordTest.NO_NOTE,
        1 << 20,
        (partition, record) -> {
          assertThat(reader.begin(ByteBuffer.wrap(record))).isTrue();
          assertThat(reader.nextGroup()).isTrue();
          assertThat(reader.windowStartMs()).isZero();
          assertThat(reader.nextEntry()).isTrue();
          assertThat(reader.lanes()[0]).isEqualTo(9);
        });
  }

  @Test
  void aRecordOfLargeRowsIsNotMuchLargerThanItsBound() {
    Emissions extracted = new Emissions(views.get(1), 0);
    ConsumedRecord record =
        new ConsumedRecord().of(new ConsumerRecord<>("input", 0, 0, null, null));
    long[] longest = new long[5];
    Arrays.fill(longest, Long.MIN_VALUE);
    for (int i = 0; i < 5_000; i++) {
      emissions.clear();
      emissions.add(new Emission(NOW, "", "x".repeat(1_000) + i, longest));
      extracted.extract(record, NOW);
      combiner.add(1, extracted);
    }
    List<Integer> sizes = new ArrayList<>();
    combiner.pack(
        new ShuffleRecord.Writer[] {new ShuffleRecord.Writer()},
        NOW,
        ShuffleRecordTest.NO_NOTE,
        100_000,
        (partition, bytes) -> sizes.add(bytes.length));
    assertThat(sizes).hasSizeGreaterThan(20).allMatch(size -> size < 202_000);
  }
}
