package io.streamsocial.processor.log;

import static io.streamsocial.processor.Property.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.processor.Moment;
import io.streamsocial.processor.Property;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

final class ShuffleRecordTest {
  static final Moment NOW = new Moment(1_763_000_000_000L, 1);

  private final ShuffleRecord.Writer writer = new ShuffleRecord.Writer();
  private final ShuffleRecord.Reader reader = new ShuffleRecord.Reader();

  record Source(int partition, long nextOffset, long watermarkMs, long fresh, boolean isIdle)
      implements ShuffleRecord.Source {
    @Override
    public long freshMs(Moment now) {
      return fresh;
    }
  }

  private record Mention(long windowStartMs, String region, String tag, long count) {}

  private record Group(long windowStartMs, String region, List<Mention> mentions) {}

  private static List<Group> groups(SplittableRandom random) {
    List<Group> groups = new ArrayList<>();
    for (int g = random.nextInt(6); g > 0; g--) {
      long start = random.nextLong(Long.MAX_VALUE);
      String region = Property.tag(random) + ":";
      List<Mention> mentions = new ArrayList<>();
      for (int m = random.nextInt(200); m > 0; m--) {
        mentions.add(new Mention(start, region, Property.tag(random), Property.magnitude(random)));
      }
      groups.add(new Group(start, region, mentions));
    }
    return groups;
  }

  private void write(List<Group> groups) {
    for (Group group : groups) {
      writer.group(group.windowStartMs, utf8(group.region), group.mentions.size());
      for (Mention mention : group.mentions) {
        byte[] tag = utf8("xx" + mention.tag + "y");
        writer.entry(tag, 2, tag.length - 3, mention.count);
      }
    }
  }

  private List<Mention> readAll() {
    List<Mention> mentions = new ArrayList<>();
    while (reader.nextGroup()) {
      String region = new String(reader.region(), StandardCharsets.UTF_8);
      while (reader.nextEntry()) {
        String tag =
            new String(
                reader.array(), reader.tagOffset(), reader.tagLength(), StandardCharsets.UTF_8);
        mentions.add(new Mention(reader.windowStartMs(), region, tag, reader.count()));
      }
    }
    return mentions;
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
          byte[] record = writer.finish(ShuffleRecord.note(8, Uuid.ZERO_UUID, sources, NOW));

          assertThat(reader.begin(inside(record))).isTrue();
          assertThat(readAll())
              .isEqualTo(groups.stream().flatMap(g -> g.mentions.stream()).toList());
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
            ShuffleRecord.note(2, Uuid.ZERO_UUID, List.of(new Source(1, 7, 5, 6, false)), NOW));
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
    writer.group(0, utf8("r"), 1);
    writer.entry(utf8("a"), 0, 1, 1);
    assertThat(writer.isBegun()).isTrue();
    byte[] first = writer.finish();
    assertThat(writer.isBegun()).isFalse();
    writer.begin(1);
    byte[] last =
        writer.finish(
            ShuffleRecord.note(1, Uuid.ZERO_UUID, List.of(new Source(0, 9, 5, 6, false)), NOW));

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
    newerFormat[1] = 2;
    byte[] otherView = record.clone();
    otherView[2] = 1;
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
    write(List.of(new Group(300_000, "EU", List.of(new Mention(0, "", "java", 3)))));
    write(groups(random).stream().limit(2).toList());
    byte[] record =
        writer.finish(
            ShuffleRecord.note(4, Uuid.ZERO_UUID, List.of(new Source(0, 9, 5, 6, false)), NOW));
    for (int length = 4; length < record.length; length++) {
      byte[] cut = Arrays.copyOf(record, length);
      assertThatThrownBy(
              () -> {
                assertThat(reader.begin(ByteBuffer.wrap(cut))).isTrue();
                List<Mention> unused = readAll();
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
