package io.streamsocial.http.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.trends.InputOffsets;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PositionTokenTest {
  @Test
  void decodeUndoesEncode() {
    long seed = Long.getLong("test.seed", System.nanoTime());
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 500; i++) {
      TreeMap<Integer, Long> next = new TreeMap<>();
      for (int n = random.nextInt(6); n > 0; n--) {
        next.put(random.nextInt(Integer.MAX_VALUE), random.nextLong(Long.MAX_VALUE));
      }
      PositionToken token = new PositionToken(Uuid.ZERO_UUID, next);
      assertThat(PositionToken.decode(token.encode())).as("seed %d", seed).hasValue(token);
      assertThat(token.encode()).matches("[A-Za-z0-9_-]*");
    }
  }

  @Test
  void aTokenIsBehindTheLastRecordOfEachPartition() {
    PositionToken token = PositionToken.after(Uuid.ZERO_UUID, Map.of(1, 8L, 0, 3L));
    assertThat(token.next()).containsEntry(0, 4L).containsEntry(1, 9L).hasSize(2);
  }

  @Test
  void aTokenNamesTheTopicThatItIsOf() {
    Uuid topic = Uuid.randomUuid();
    PositionToken token = PositionToken.after(topic, Map.of(1, 8L));
    assertThat(PositionToken.decode(token.encode())).hasValue(token);
    assertThat(token.in(posts(topic))).isPresent();
    assertThat(token.in(posts(Uuid.randomUuid()))).isEmpty();
    assertThat(token.in(posts(Uuid.ZERO_UUID))).isPresent();
    assertThat(PositionToken.of(Map.of(1, 8L)).in(posts(topic))).isPresent();
  }

  private static InputIds posts(Uuid id) {
    return new InputIds(id, Map.of());
  }

  @Test
  void aTokenOfSeveralTopicsNamesEachOfThem() {
    InputIds present =
        new InputIds(
            Uuid.randomUuid(),
            Map.of(
                "orders", Uuid.randomUuid(), "prices", Uuid.randomUuid(), "new", Uuid.ZERO_UUID));
    InputOffsets offsets =
        new InputOffsets(
            new TreeMap<>(Map.of(0, 3L)),
            new TreeMap<>(
                Map.of(
                    "orders", new TreeMap<>(Map.of(0, 5L, 7, 9L)),
                    "prices", new TreeMap<>(),
                    "new", new TreeMap<>(Map.of(0, 1L)),
                    "gone", new TreeMap<>(Map.of(0, 1L)))));
    PositionToken token =
        PositionToken.decode(PositionToken.of(offsets, present).encode()).orElseThrow();
    InputOffsets known = token.in(present).orElseThrow();
    assertThat(known.posts()).isEqualTo(Map.of(0, 3L));
    assertThat(known.others())
        .as("topics whose id is not known cannot be named")
        .isEqualTo(Map.of("orders", Map.of(0, 5L, 7, 9L), "prices", Map.of()));
    InputIds again = new InputIds(present.posts(), Map.of("orders", Uuid.randomUuid()));
    assertThat(token.in(again)).as("a topic that was created again").isEmpty();
  }

  @Test
  void aPositionInThePostsAloneIsATokenAsBefore() {
    InputIds present = new InputIds(Uuid.randomUuid(), Map.of("orders", Uuid.randomUuid()));
    InputOffsets offsets = InputOffsets.of(Map.of(1, 8L));
    assertThat(PositionToken.of(offsets, present).encode())
        .isEqualTo(new PositionToken(present.posts(), new TreeMap<>(Map.of(1, 8L))).encode())
        .startsWith("Ag");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "AA",
        "Ag",
        "AQA",
        "!",
        "AQAAAAAAAAAA",
        "AQAAAAD__________w",
        "Aw",
        "AwAAAAAAAAAAAAAAAAAAAAAAAAAB"
      })
  void whatIsNotATokenIsRefused(String text) {
    assertThat(PositionToken.decode(text)).isEmpty();
  }
}
