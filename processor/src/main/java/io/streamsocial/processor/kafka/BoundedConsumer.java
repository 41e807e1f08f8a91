package io.streamsocial.processor.kafka;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.function.ToIntFunction;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Deserializer;

/**
 * A consumer whose polls are bounded in bytes. Kafka's own bounds of a fetch count compressed
 * bytes: a thousand posts of 1 MiB may come in one, and a poll unpacks them all.
 *
 * <p>A record that would exceed the bound is refused by its deserializer. The client then returns
 * the records before it, keeps its place, and tries the same record in the next poll. The first
 * record of a poll always fits, so no poll fails for it.
 */
final class BoundedConsumer<T> extends KafkaConsumer<T, T> {
  /** Keys and values of one poll, by weight, unless its only record is larger. */
  static final int POLL_BYTES = 16 << 20;

  private final Allowance allowance;

  /**
   * @param settings of the client, without deserializers
   * @param deserializer of keys and values
   * @param weights of a topic's bytes: a poll brings so many times fewer of them
   */
  static <T> BoundedConsumer<T> of(
      Map<String, Object> settings, Deserializer<T> deserializer, ToIntFunction<String> weights) {
    return new BoundedConsumer<>(settings, deserializer, weights, new Allowance());
  }

  private BoundedConsumer(
      Map<String, Object> settings,
      Deserializer<T> deserializer,
      ToIntFunction<String> weights,
      Allowance allowance) {
    super(
        settings,
        new Counted<>(deserializer, weights, allowance::key),
        new Counted<>(deserializer, weights, allowance::value));
    this.allowance = allowance;
  }

  @Override
  public ConsumerRecords<T, T> poll(Duration timeout) {
    allowance.renew();
    return super.poll(timeout);
  }

  /** What one poll has unpacked. Used by the thread that polls. */
  private static final class Allowance {
    private long earlier; // weight of the records before
    private long key; // weight of the present record's key

    void renew() {
      earlier = 0;
      key = 0;
    }

    void key(long weight) {
      earlier += key; // of a record without a value
      key = 0;
      requireRoom(weight);
      key = weight;
    }

    void value(long weight) {
      requireRoom(key + weight);
      earlier += key + weight;
      key = 0;
    }

    private void requireRoom(long weight) {
      if (earlier > 0 && earlier + weight > POLL_BYTES) {
        throw new PollIsFullException();
      }
    }
  }

  /** Hears of the bytes before they become a key or value. */
  private record Counted<T>(
      Deserializer<T> deserializer, ToIntFunction<String> weights, Count count)
      implements Deserializer<T> {
    interface Count {
      /**
       * @throws PollIsFullException there is no room for them
       */
      void add(long weight);
    }

    @Override
    public T deserialize(String topic, byte[] data) {
      add(topic, data.length);
      return deserializer.deserialize(topic, data);
    }

    @Override
    public T deserialize(String topic, Headers headers, ByteBuffer data) {
      add(topic, data.remaining());
      return deserializer.deserialize(topic, headers, data);
    }

    private void add(String topic, long bytes) {
      count.add(bytes * weights.applyAsInt(topic));
    }
  }

  /** Ends a poll; the client catches it. */
  private static final class PollIsFullException extends SerializationException {
    private static final long serialVersionUID = 1;

    PollIsFullException() {
      super("the poll is full: this record comes with the next one");
    }

    @Override
    public Throwable fillInStackTrace() {
      return this;
    }
  }
}
