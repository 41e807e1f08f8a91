package io.streamsocial.processor.log;

import static io.streamsocial.processor.Property.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamsocial.processor.Property;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

final class CheckpointViewsTest {
  @Test
  void theyComeBack() {
    Property.holds(
        300,
        random -> {
          TreeMap<Integer, Boolean> sent = new TreeMap<>();
          for (int i = random.nextInt(17); i > 0; i--) {
            sent.put(random.nextInt() >> random.nextInt(32), random.nextBoolean());
          }
          CheckpointViews views = new CheckpointViews(sent);
          assertThat(CheckpointViews.decode(views.encode())).isEqualTo(views);
        });
  }

  @Test
  void aViewRanWithRowsOrWithoutOrNotAtAll() {
    CheckpointViews written = new CheckpointViews(new TreeMap<>(Map.of(0, true, -7, false)));
    RecordHeaders headers = new RecordHeaders();
    headers.add(CheckpointViews.HEADER, written.encode());
    CheckpointViews views = CheckpointViews.of(headers);
    assertThat(views.ran(0) && views.sentRows(0)).isTrue();
    assertThat(views.ran(-7)).isTrue();
    assertThat(views.sentRows(-7)).isFalse();
    assertThat(views.ran(7) || views.sentRows(7)).isFalse();
  }

  @Test
  void beforeThereWereViewsTheHashtagsRanAlone() {
    RecordHeaders headers = new RecordHeaders();
    headers.add("checkpoint", utf8("?"));
    CheckpointViews views = CheckpointViews.of(headers);
    assertThat(views.ran(ShuffleRecord.TRENDING)).isTrue();
    assertThat(views.sentRows(ShuffleRecord.TRENDING)).isTrue();
    assertThat(views.sentRows()).hasSize(1);
  }

  @Test
  void aNewerVersionIsRefusedAndACutOneToo() {
    byte[] bytes = new CheckpointViews(new TreeMap<>(Map.of(0, true, -7, false))).encode();
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> CheckpointViews.decode(cut))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
    bytes[0] = 2;
    assertThatThrownBy(() -> CheckpointViews.decode(bytes))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("upgrade");
  }
}
