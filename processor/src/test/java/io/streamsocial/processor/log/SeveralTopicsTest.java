package io.streamsocial.processor.log;

import static io.streamsocial.processor.log.ShuffleRecordTest.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.processor.Property;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

/** Notes of several topics, and what becomes of topics that come and go. */
final class SeveralTopicsTest {
  private static final Uuid POSTS = Uuid.randomUuid();
  private static final Uuid ORDERS = Uuid.randomUuid();

  private final InputProgress progress = new InputProgress();
  private final Freshness freshness = new Freshness();

  private static ProgressNote.Topic topic(
      String name, Uuid id, int partitions, ShuffleRecordTest.Source... sources) {
    return new ProgressNote.Topic(name, id, partitions, List.of(sources));
  }

  private static ProgressNote.Topic silent(String name) {
    return topic(name, Uuid.ZERO_UUID, 0);
  }

  private static ShuffleRecordTest.Source source(int partition, long next, long watermarkMs) {
    return new ShuffleRecordTest.Source(partition, next, watermarkMs, NOW.wallMs(), false);
  }

  private static byte[] record(ProgressNote note) {
    ShuffleRecord.Writer writer = new ShuffleRecord.Writer();
    writer.begin(NOW.wallMs());
    return writer.finish(note);
  }

  private void read(byte[] record) {
    ShuffleRecord.Reader reader = new ShuffleRecord.Reader();
    assertThat(reader.begin(ByteBuffer.wrap(record))).isTrue();
    reader.skipGroups();
    assertThat(reader.note(progress, freshness, NOW)).isTrue();
    progress.advance();
  }

  private void several(ProgressNote.Topic... topics) {
    read(record(ProgressNote.of(List.of(topics), NOW)));
  }

  private void one(Uuid id, int partitions, ShuffleRecordTest.Source... sources) {
    read(record(ProgressNote.of(partitions, id, List.of(sources), NOW)));
  }

  @Test
  void anApplicationOfOneTopicWritesTheFormatsThatKnowOne() {
    byte[] record = record(ProgressNote.of(2, POSTS, List.of(source(0, 5, 300)), NOW));
    assertThat(record[2]).isZero();
    read(record);
    assertThat(progress.encode()[0]).isEqualTo((byte) 1);
    several(topic("posts", POSTS, 2, source(1, 6, 400)), silent("orders"));
    assertThat(progress.encode()[0]).isEqualTo((byte) 3);
  }

  @Test
  void streamTimeIsTheSmallestOfAllTopics() {
    several(
        topic("posts", POSTS, 1, source(0, 5, 300)), topic("orders", ORDERS, 2, source(1, 7, 200)));
    assertThat(progress.streamTimeMs())
        .as("a source of orders is not heard of")
        .isEqualTo(InputProgress.NO_TIME);
    several(silent("posts"), topic("orders", ORDERS, 2, source(0, 2, 100)));
    assertThat(progress.streamTimeMs()).isEqualTo(100);
    several(silent("posts"), topic("orders", ORDERS, 2, source(0, 9, 900)));
    assertThat(progress.streamTimeMs()).isEqualTo(200);
    assertThat(progress.offsetsByName())
        .isEqualTo(Map.of("posts", Map.of(0, 5L), "orders", Map.of(0, 9L, 1, 7L)));
    assertThat(progress.offsets(ORDERS)).isEqualTo(Map.of(0, 9L, 1, 7L));
    assertThat(progress.watermarkMs(ORDERS, 0)).isEqualTo(900);
  }

  @Test
  void aTopicThatIsNotReadAnyMoreHoldsBackNothingAndKeepsItsOffsets() {
    several(
        topic("posts", POSTS, 1, source(0, 5, 300)), topic("orders", ORDERS, 1, source(0, 7, 100)));
    assertThat(progress.streamTimeMs()).isEqualTo(100);
    one(POSTS, 1, source(0, 6, 500));
    assertThat(progress.streamTimeMs()).isEqualTo(500);
    assertThat(progress.copy().offsets(ORDERS)).isEqualTo(Map.of(0, 7L));
    several(topic("posts", POSTS, 1, source(0, 8, 900)), silent("orders"));
    assertThat(progress.streamTimeMs()).as("it is read again").isEqualTo(500);
    assertThat(progress.offsets(ORDERS)).isEqualTo(Map.of(0, 7L));
  }

  @Test
  void aTopicThatIsNotReadAnyMoreMakesNothingStale() {
    several(topic("posts", POSTS, 1, source(0, 5, 300)), silent("orders"));
    assertThat(freshness.untilMs()).as("of orders nothing is known").isEqualTo(NOW.steadyMs());
    several(
        silent("posts"),
        topic("orders", ORDERS, 1, new ShuffleRecordTest.Source(0, 7, 100, 0, false)));
    assertThat(freshness.untilMs()).isZero();
    one(POSTS, 1, source(0, 6, 500));
    assertThat(freshness.untilMs()).isEqualTo(NOW.steadyMs());
  }

  @Test
  void aTopicThatWasCreatedAgainReplacesItselfAlone() {
    several(
        topic("posts", POSTS, 1, source(0, 5, 300)), topic("orders", ORDERS, 2, source(1, 7, 200)));
    Uuid again = Uuid.randomUuid();
    several(silent("posts"), topic("orders", again, 1, source(0, 1, 400)));
    assertThat(progress.offsetsByName())
        .isEqualTo(Map.of("posts", Map.of(0, 5L), "orders", Map.of(0, 1L)));
    assertThat(progress.offsets(ORDERS)).as("of its former life").isEmpty();
    assertThat(progress.formerMs(again)).isEqualTo(200);
    assertThat(progress.formerMs(POSTS)).isEqualTo(InputProgress.NO_TIME);
    assertThat(progress.copy().formerMs(again)).isEqualTo(200);
  }

  /** Of one topic the name is not known, before and after there are several. */
  @Test
  void theOneTopicIsKnownAgainByItsId() {
    one(POSTS, 1, source(0, 5, 300));
    several(silent("orders"), topic("posts", POSTS, 1, source(0, 6, 400)));
    assertThat(progress.offsetsByName())
        .isEqualTo(Map.of("posts", Map.of(0, 6L), "orders", Map.of()));
    one(POSTS, 1, source(0, 7, 500));
    Uuid again = Uuid.randomUuid();
    one(again, 1, source(0, 1, 600));
    assertThat(progress.offsetsByName())
        .as("the one that is read was created again")
        .isEqualTo(Map.of("posts", Map.of(0, 1L), "orders", Map.of()));
    assertThat(progress.formerMs(again)).isEqualTo(500);
  }

  @Test
  void ofTooManyTopicsOneThatRestsIsForgotten() {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < InputProgress.TOPICS_MAX + 10; i++) {
      String name = "topic-%d".formatted(i);
      names.add(name);
      several(
          topic("posts", POSTS, 1, source(0, i, i)),
          topic(name, Uuid.randomUuid(), 1, source(0, 10 + i, i)));
    }
    assertThat(progress.topics()).hasSize(InputProgress.TOPICS_MAX);
    assertThat(progress.offsetsByName())
        .containsKey("posts")
        .containsKey(names.get(names.size() - 1));
    assertThat(progress.offsets(POSTS)).isEqualTo(Map.of(0, (long) names.size() - 1));
    assertThat(freshness.untilMs()).isEqualTo(NOW.steadyMs());
  }

  @Test
  void decodingUndoesEncoding() {
    Property.holds(
        200,
        random -> {
          InputProgress any = new InputProgress();
          for (int i = random.nextInt(1, 12); i > 0; i--) {
            any.beginTopics();
            for (int t = random.nextInt(1, 4); t > 0; t--) {
              Uuid id = new Uuid(1, random.nextInt(6));
              int topic = any.reads("topic-" + random.nextInt(4), id);
              any.update(
                  topic,
                  3,
                  random.nextInt(3),
                  Property.magnitude(random),
                  Property.magnitude(random),
                  Property.magnitude(random),
                  random.nextBoolean());
            }
            any.endTopics();
            any.advance();
          }
          byte[] bytes = any.encode();
          InputProgress read = InputProgress.decode(bytes);
          assertThat(read.encode()).isEqualTo(bytes);
          assertThat(read.streamTimeMs()).isEqualTo(any.streamTimeMs());
          assertThat(read.offsets()).isEqualTo(any.offsets());
          if (any.hasSeveral()) {
            assertThat(read.offsetsByName()).isEqualTo(any.offsetsByName());
          }
          assertThat(read.advance()).isEqualTo(any.advance());
        });
  }

  @Test
  void whatIsCutOffIsAnError() {
    byte[] record =
        record(
            ProgressNote.of(
                List.of(topic("posts", POSTS, 1, source(0, 5, 300)), silent("orders")), NOW));
    for (int length = 4; length < record.length; length++) {
      byte[] cut = Arrays.copyOf(record, length);
      assertThatThrownBy(() -> read(cut)).isInstanceOf(IndexOutOfBoundsException.class);
    }
    read(record);
    byte[] bytes = progress.encode();
    for (int length = 1; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> InputProgress.decode(cut))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }
}
