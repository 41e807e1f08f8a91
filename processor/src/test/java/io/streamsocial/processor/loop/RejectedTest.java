package io.streamsocial.processor.loop;

import static io.streamsocial.processor.Property.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.posts.Rejection;
import io.streamsocial.processor.posts.Rejection.Reason;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class RejectedTest {
  private final Rejected rejected = new Rejected("app-rejected");

  private ProducerRecord<byte[], byte[]> add(
      byte @Nullable [] key, byte @Nullable [] value, Rejection rejection) {
    rejected.add(
        new ConsumerRecord<>(
            "posts",
            3,
            17,
            key == null ? null : ByteBuffer.wrap(key),
            value == null ? null : ByteBuffer.wrap(value)),
        rejection);
    return rejected.pending().get(rejected.pending().size() - 1);
  }

  private static Map<String, String> headers(ProducerRecord<byte[], byte[]> record) {
    Map<String, String> headers = new HashMap<>();
    record
        .headers()
        .forEach(h -> headers.put(h.key(), new String(h.value(), StandardCharsets.UTF_8)));
    return headers;
  }

  @Test
  void aRejectedPostSaysWhyAndWhereItWas() {
    ProducerRecord<byte[], byte[]> record =
        add(utf8("k"), utf8("{}"), new Rejection(Reason.NO_TEXT, "the field text is required"));
    assertThat(record.topic()).isEqualTo("app-rejected");
    assertThat(record.partition()).isNull();
    assertThat(record.key()).isEqualTo(utf8("k"));
    assertThat(record.value()).isEqualTo(utf8("{}"));
    assertThat(headers(record))
        .containsOnly(
            Map.entry("reason", "no_text"),
            Map.entry("detail", "the field text is required"),
            Map.entry("topic", "posts"),
            Map.entry("partition", "3"),
            Map.entry("offset", "17"));
  }

  @Test
  void aPostWithoutKeyAndValueIsPassedOnToo() {
    ProducerRecord<byte[], byte[]> record =
        add(null, null, new Rejection(Reason.EMPTY, "no value"));
    assertThat(record.key()).isNull();
    assertThat(record.value()).isNull();
    assertThat(headers(record)).containsEntry("reason", "empty").doesNotContainKey("full_bytes");
  }

  @Test
  void aLargeValueIsCutAndItsSizeGiven() {
    Rejection why = new Rejection(Reason.TOO_LARGE, "too large");
    assertThat(headers(add(null, new byte[65_536], why))).doesNotContainKey("full_bytes");
    ProducerRecord<byte[], byte[]> cut = add(null, new byte[65_537], why);
    assertThat(cut.value()).hasSize(65_536);
    assertThat(headers(cut)).containsEntry("full_bytes", "65537");
  }

  @Test
  void aLongDetailIsCut() {
    ProducerRecord<byte[], byte[]> record =
        add(null, null, new Rejection(Reason.NOT_JSON, "x".repeat(10_000)));
    assertThat(headers(record).get("detail")).hasSize(300);
  }

  @Test
  void thePostsOwnBufferIsNeitherMovedNorKept() {
    byte[] bytes = utf8("[1]");
    ByteBuffer value = ByteBuffer.wrap(bytes);
    rejected.add(
        new ConsumerRecord<>("posts", 3, 17, value, value),
        new Rejection(Reason.NOT_AN_OBJECT, ""));
    bytes[0] = 'x';
    assertThat(value.remaining()).isEqualTo(3);
    assertThat(rejected.pending().get(0).value()).isEqualTo(utf8("[1]"));
  }

  @Test
  void aFloodIsFullBeforeItIsLarge() {
    Rejection why = new Rejection(Reason.NOT_JSON, "");
    assertThat(rejected.isFull()).isFalse();
    for (int i = 0; i < 64; i++) {
      add(null, new byte[1 << 20], why);
    }
    assertThat(rejected.isFull()).isTrue();
    rejected.clear();
    assertThat(rejected.pending()).isEmpty();
    assertThat(rejected.isFull()).isFalse();
  }

  @Test
  void largeKeysMakeAFloodToo() {
    for (int i = 0; i < 64; i++) {
      add(new byte[1 << 20], null, new Rejection(Reason.EMPTY, ""));
    }
    assertThat(rejected.isFull()).isTrue();
  }
}
