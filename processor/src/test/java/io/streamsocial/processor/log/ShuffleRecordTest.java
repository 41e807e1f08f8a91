package io.streamsocial.processor.log;

import static io.streamsocial.processor.Property.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.processor.Moment;
import io.streamsocial.processor.Property;
import io.streamsocial.store.table.Lanes;
import io.streamsocial.store.table.Tail;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class ShuffleRecordTest {
  static final Moment NOW = new Moment(1_763_000_000_000L, 1);

  /** Of a publisher without sources. */
  static final ProgressNote NO_NOTE = ProgressNote.of(0, Uuid.ZERO_UUID, List.of(), NOW);

  private final ShuffleRecord.Writer writer = new ShuffleRecord.Writer();
  private final ShuffleRecord.Reader reader = new ShuffleRecord.Reader();

  record Source(int partition, long nextOffset, long watermarkMs, long fresh, boolean isIdle)
      implements ProgressNote.Source {
    @Override
    public long freshMs(Moment now) {
      return fresh;
    }
  }

  /**
   * @param tail its bytes; null where rows have none
   */
  private record Entry(
      int view,
      long windowStartMs,
      String group,
      String key,
      List<Long> lanes,
      @Nullable String tail) {}

  private record Group(int view, long windowStartMs, String name, List<Entry> entries) {
    int width() {
      return entries.isEmpty() ? 1 : entries.get(0).lanes.size();
    }

    boolean hasTails() {
      return !entries.isEmpty() && entries.get(0).tail != null;
    }

    Lanes lanes() {
      Lanes.Merge[] fields = new Lanes.Merge[width()];
      Arrays.fill(fields, Lanes.Merge.SUM);
      Lanes longs = Lanes.of(fields);
      return hasTails() ? longs.with(new Tail.Latest(0)) : longs;
    }
  }

  private static Entry mention(long start, String region, String tag, long count) {
    return new Entry(ShuffleRecord.TRENDING, start, region, tag, List.of(count), null);
  }

  private static Group mentions(long start, String region, String tag, long count) {
    return new Group(
        ShuffleRecord.TRENDING, start, region, List.of(mention(start, region, tag, count)));
  }

  private static List<Group> groups(SplittableRandom random) {
    List<Group> groups = new ArrayList<>();
    for (int g = random.nextInt(6); g > 0; g--) {
      int view = random.nextBoolean() ? ShuffleRecord.TRENDING : random.nextInt() | 1;
      int width = view == ShuffleRecord.TRENDING ? 1 : random.nextInt(1, 18);
      boolean hasTails = view != ShuffleRecord.TRENDING && random.nextBoolean();
      long start = random.nextLong(Long.MAX_VALUE);
      String name = Property.tag(random) + ":";
      List<Entry> entries = new ArrayList<>();
      for (int m = random.nextInt(200); m > 0; m--) {
        List<Long> lanes = new ArrayList<>();
        for (int i = 0; i < width; i++) {
          lanes.add(view == ShuffleRecord.TRENDING ? Property.magnitude(random) : lane(random));
        }
        String tail = hasTails ? Property.tag(random).repeat(random.nextInt(3)) : null;
        entries.add(new Entry(view, start, name, Property.tag(random), lanes, tail));
      }
      groups.add(new Group(view, start, name, entries));
    }
    return groups;
  }

  private static long lane(SplittableRandom random) {
    return switch (random.nextInt(4)) {
      case 0 -> Long.MIN_VALUE;
      case 1 -> Long.MAX_VALUE;
      default -> Property.magnitude(random) * (random.nextBoolean() ? 1 : -1);
    };
  }

  private void write(List<Group> groups) {
    for (Group group : groups) {
      writer.group(
          group.view, group.lanes(), group.windowStartMs, utf8(group.name), group.entries.size());
      for (Entry entry : group.entries) {
        byte[] key = utf8("xx" + entry.key + "y");
        byte[] tail = utf8(entry.tail == null ? "" : entry.tail);
        int width = entry.lanes.size();
        long[] row = new long[width + 1 + Tail.longs(tail.length)];
        Tail.put(tail, 0, tail.length, row, width + 1);
        for (int i = 0; i < entry.lanes.size(); i++) {
          row[i + 1] = entry.lanes.get(i);
        }
        writer.entry(key, 2, key.length - 3, row, 1);
      }
    }
  }

  private Entry present() {
    byte[] array = reader.array();
    String group = new String(reader.group(), StandardCharsets.UTF_8);
    String key = new String(array, reader.keyOffset(), reader.keyLength(), StandardCharsets.UTF_8);
    List<Long> lanes = Arrays.stream(reader.lanes()).limit(reader.width()).boxed().toList();
    assertThat(reader.count()).isEqualTo(lanes.get(0));
    String tail =
        reader.hasTails()
            ? new String(Tail.bytes(reader.lanes(), reader.width()), StandardCharsets.UTF_8)
            : null;
    return new Entry(reader.viewId(), reader.windowStartMs(), group, key, lanes, tail);
  }

  private List<Entry> readAll() {
    List<Entry> entries = new ArrayList<>();
    while (reader.nextGroup()) {
      while (reader.nextEntry()) {
        entries.add(present());
      }
    }
    return entries;
  }

  @Test
  void readingUndoesWriting() {
    Property.holds(
        300,
        random -> {
          List<Group> groups = groups(random);
          List<Source> sources = new ArrayList<>();
          InputProgress expected = new InputProgress();
          for (int i = random.nextInt(5); i > 0; i--) {
            long watermark =
                random.nextBoolean() ? InputProgress.NO_TIME : Property.magnitude(random);
            Source source =
                new Source(
                    i,
                    Property.magnitude(random),
                    watermark,
                    Property.magnitude(random),
                    random.nextBoolean());
            sources.add(source);
            expected.update(8, i, source.nextOffset, watermark, source.fresh, source.isIdle);
          }
          writer.begin(Property.magnitude(random));
          write(groups);
          byte[] record = writer.finish(ProgressNote.of(8, Uuid.ZERO_UUID, sources, NOW));

          assertThat(reader.begin(inside(record))).isTrue();
          assertThat(readAll())
              .isEqualTo(groups.stream().flatMap(g -> g.entries.stream()).toList());
          InputProgress progress = new InputProgress();
          assertThat(reader.note(progress)).isTrue();
          assertThat(progress.offsets()).isEqualTo(expected.offsets());
          assertThat(progress.encode()).isEqualTo(expected.encode());
          assertThat(progress.advance()).isEqualTo(expected.advance());
          assertThat(progress.streamTimeMs()).isEqualTo(expected.streamTimeMs());
        });
  }

  /** As a consumer hands it over: a part of a larger array. */
  private static ByteBuffer inside(byte[] record) {
    byte[] fetched = new byte[record.length + 10];
    System.arraycopy(record, 0, fetched, 3, record.length);
    return ByteBuffer.wrap(fetched, 3, record.length).slice();
  }

  @Test
  void aRecordWithoutMentionsCarriesTheNoteAlone() {
    writer.begin(1);
    byte[] record =
        writer.finish(
            ProgressNote.of(2, Uuid.ZERO_UUID, List.of(new Source(1, 7, 5, 6, false)), NOW));
    assertThat(reader.begin(ByteBuffer.wrap(record))).isTrue();
    assertThat(reader.nextGroup()).isFalse();
    InputProgress progress = new InputProgress();
    assertThat(reader.note(progress)).isTrue();
    assertThat(progress.offsets()).containsOnlyKeys(1).containsEntry(1, 7L);
  }

  @Test
  void onlyTheLastRecordOfASplitPublishMovesTheProgress() {
    InputProgress progress = new InputProgress();
    writer.begin(1);
    write(List.of(mentions(0, "r", "a", 1)));
    assertThat(writer.isBegun()).isTrue();
    byte[] first = writer.finish();
    assertThat(writer.isBegun()).isFalse();
    writer.begin(1);
    byte[] last =
        writer.finish(
            ProgressNote.of(1, Uuid.ZERO_UUID, List.of(new Source(0, 9, 5, 6, false)), NOW));

    assertThat(reader.begin(ByteBuffer.wrap(first))).isTrue();
    assertThat(readAll()).hasSize(1);
    assertThat(reader.note(progress)).isFalse();
    assertThat(progress.offsets()).isEmpty();
    assertThat(reader.begin(ByteBuffer.wrap(last))).isTrue();
    assertThat(readAll()).isEmpty();
    assertThat(reader.note(progress)).isTrue();
    assertThat(progress.offsets()).containsEntry(0, 9L);
  }

  @Test
  void hashtagsAloneAreWrittenAsBeforeThereWereOtherViews() {
    writer.begin(1);
    write(List.of(mentions(300_000, "EU", "java", 300)));
    byte[] record = writer.finish();
    String former = "54" + "01" + "00" + "01" + "01" + "e0a712" + "024555" + "01";
    assertThat(record).isEqualTo(HexFormat.of().parseHex(former + "046a617661" + "ac02" + "0000"));
  }

  @Test
  void aGroupOfAnotherViewSaysWhatItIs() {
    writer.begin(1);
    Entry row = new Entry(300, 0, "", "k", List.of(-1L, Long.MAX_VALUE), null);
    write(List.of(new Group(300, 0, "", List.of(row)), mentions(0, "", "a", 1)));
    byte[] record = writer.finish();
    String begin = "54" + "02" + "00" + "01" + "02" + "ac02" + "02" + "00" + "00" + "01";
    String entry = "016b" + "01" + "feffffffffffffffff01";
    String counts = "01" + "00" + "00" + "01" + "0161" + "01";
    assertThat(record).isEqualTo(HexFormat.of().parseHex(begin + entry + counts + "0000"));
    writer.begin(1);
    assertThat(writer.finish()[1]).as("of the next record").isEqualTo((byte) 1);
  }

  @Test
  void aGroupOfRowsWithBytesSaysSo() {
    writer.begin(1);
    Entry row = new Entry(300, 0, "", "k", List.of(-1L), "abc");
    Entry other = new Entry(301, 0, "", "k", List.of(2L), null);
    write(List.of(new Group(300, 0, "", List.of(row)), new Group(301, 0, "", List.of(other))));
    byte[] record = writer.finish();
    String bytes = "03" + "ac02" + "01" + "00" + "00" + "01" + "016b" + "01" + "03616263";
    String longs = "02" + "ad02" + "01" + "00" + "00" + "01" + "016b" + "04";
    assertThat(record)
        .as("the version is the highest that a group needs")
        .isEqualTo(HexFormat.of().parseHex("54" + "03" + "00" + "01" + bytes + longs + "0000"));
  }

  @Test
  void aGroupMayBeLeftAtAnyEntry() {
    Property.holds(
        200,
        random -> {
          List<Group> groups = groups(random);
          writer.begin(1);
          write(groups);
          byte[] record =
              writer.finish(
                  ProgressNote.of(2, Uuid.ZERO_UUID, List.of(new Source(1, 7, 5, 6, false)), NOW));
          assertThat(reader.begin(ByteBuffer.wrap(record))).isTrue();
          for (Group group : groups) {
            assertThat(reader.nextGroup()).isTrue();
            assertThat(reader.viewId()).isEqualTo(group.view);
            assertThat(reader.width()).isEqualTo(group.width());
            assertThat(reader.hasTails()).isEqualTo(group.hasTails());
            int read = random.nextInt(group.entries.size() + 1);
            for (int i = 0; i < read; i++) {
              assertThat(reader.nextEntry()).isTrue();
              assertThat(present()).isEqualTo(group.entries.get(i));
            }
          }
          if (random.nextBoolean()) {
            assertThat(reader.nextGroup()).isFalse();
          } else {
            reader.skipGroups();
          }
          assertThat(reader.note(new InputProgress())).isTrue();
        });
  }

  @Test
  void damagedGroupsAreAnError() {
    for (String group : List.of("04" + "000001", "02" + "ac02" + "00" + "000001" + "0161")) {
      byte[] record = HexFormat.of().parseHex("54020001" + group + "0000");
      assertThat(reader.begin(ByteBuffer.wrap(record))).isTrue();
      assertThatThrownBy(this::readAll).isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void foreignBytesAreNotARecord() {
    assertThat(reader.begin(null)).isFalse();
    assertThat(reader.begin(ByteBuffer.wrap(new byte[0]))).isFalse();
    assertThat(reader.begin(ByteBuffer.wrap(utf8("T")))).isFalse();
    assertThat(reader.begin(ByteBuffer.wrap(utf8("{\"text\":\"#a\"}")))).isFalse();
    assertThat(reader.begin(ByteBuffer.wrap(new byte[100]))).isFalse();
  }

  @Test
  void aRecordOfANewerVersionIsNotSkipped() {
    writer.begin(1);
    byte[] record = writer.finish();
    byte[] newerFormat = record.clone();
    newerFormat[1] = 4;
    byte[] otherView = record.clone();
    otherView[2] = 2;
    for (byte[] newer : List.of(newerFormat, otherView)) {
      assertThatThrownBy(() -> reader.begin(ByteBuffer.wrap(newer)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("upgrade");
    }
  }

  @Test
  void aTruncatedRecordIsAnErrorAtWhateverByteItEnds() {
    SplittableRandom random = new SplittableRandom(4);
    writer.begin(1_763_000_000_000L);
    write(List.of(mentions(300_000, "EU", "java", 3)));
    write(groups(random).stream().limit(2).toList());
    byte[] record =
        writer.finish(
            ProgressNote.of(4, Uuid.ZERO_UUID, List.of(new Source(0, 9, 5, 6, false)), NOW));
    for (int length = 4; length < record.length; length++) {
      byte[] cut = Arrays.copyOf(record, length);
      assertThatThrownBy(
              () -> {
                assertThat(reader.begin(ByteBuffer.wrap(cut))).isTrue();
                List<Entry> unused = readAll();
                reader.note(new InputProgress());
              })
          .as("%d of %d bytes", length, record.length)
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void theWriterIsReusable() {
    writer.begin(1);
    write(groups(new SplittableRandom(1)));
    byte[] first = writer.finish();
    writer.begin(1);
    write(groups(new SplittableRandom(1)));
    assertThat(writer.size()).isPositive();
    assertThat(writer.finish()).isEqualTo(first);
  }
}
