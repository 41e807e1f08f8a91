package io.streamsocial.processor.loop;

import io.streamsocial.processor.posts.Rejection;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * The posts of one publish interval that could not be counted, on their way to the rejected topic
 * with reason, detail, topic, partition and offset in headers. A value too large to send again is
 * cut, and a header gives its full size. Not thread-safe: the loop owns it.
 */
final class Rejected {
  private static final int VALUE_BYTES_MAX = 64 << 10;
  private static final int DETAIL_CHARS_MAX = 300;

  /** Enough waiting to publish early: bounds memory against a flood of garbage. */
  private static final long PENDING_BYTES_MAX = 4L << 20;

  private final String topic;
  private final List<ProducerRecord<byte[], byte[]>> pending = new ArrayList<>();
  private long pendingBytes;

  Rejected(String topic) {
    this.topic = topic;
  }

  void add(ConsumerRecord<ByteBuffer, ByteBuffer> post, Rejection rejection) {
    byte[] key = cut(post.key());
    byte[] value = cut(post.value());
    ProducerRecord<byte[], byte[]> out = new ProducerRecord<>(topic, key, value);
    Headers headers = out.headers();
    put(headers, "reason", rejection.label());
    String detail = rejection.detail();
    put(headers, "detail", detail.substring(0, Math.min(detail.length(), DETAIL_CHARS_MAX)));
    put(headers, "topic", post.topic());
    put(headers, "partition", Integer.toString(post.partition()));
    put(headers, "offset", Long.toString(post.offset()));
    ByteBuffer whole = post.value();
    if (value != null && whole != null && value.length < whole.remaining()) {
      put(headers, "full_bytes", Integer.toString(whole.remaining()));
    }
    pending.add(out);
    pendingBytes += 500 + (key == null ? 0 : key.length) + (value == null ? 0 : value.length);
  }

  private static byte @Nullable [] cut(@Nullable ByteBuffer bytes) {
    if (bytes == null) {
      return null;
    }
    byte[] copy = new byte[Math.min(bytes.remaining(), VALUE_BYTES_MAX)];
    bytes.duplicate().get(copy);
    return copy;
  }

  private static void put(Headers headers, String name, String value) {
    headers.add(name, value.getBytes(StandardCharsets.UTF_8));
  }

  List<ProducerRecord<byte[], byte[]>> pending() {
    return pending;
  }

  boolean isFull() {
    return pendingBytes >= PENDING_BYTES_MAX;
  }

  /** Far more than that: one poll can bring many large posts. */
  boolean isOverfull() {
    return pendingBytes >= 4 * PENDING_BYTES_MAX;
  }

  void clear() {
    pending.clear();
    pendingBytes = 0;
  }
}
