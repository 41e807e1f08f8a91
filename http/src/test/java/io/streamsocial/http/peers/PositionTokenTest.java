package io.streamsocial.http.peers;

import static org.assertj.core.api.Assertions.assertThat;

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
    assertThat(token.isOfAnother(topic)).isFalse();
    assertThat(token.isOfAnother(Uuid.randomUuid())).isTrue();
    assertThat(token.isOfAnother(Uuid.ZERO_UUID)).isFalse();
    assertThat(PositionToken.of(Map.of(1, 8L)).isOfAnother(topic)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "AA", "Ag", "AQA", "!", "AQAAAAAAAAAA", "AQAAAAD__________w"})
  void whatIsNotATokenIsRefused(String text) {
    assertThat(PositionToken.decode(text)).isEmpty();
  }
}
