package io.streamsocial.processor.loop;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.common.TopicPartition;

/**
 * The loop's place in the group: a consumer, which can be replaced by a new one that takes the same
 * place. Owned by the loop, but for {@link #wakeUp}.
 */
final class GroupClient implements AutoCloseable {
  private static final Duration CLOSE = Duration.ofSeconds(2);

  private final Supplier<Consumer<ByteBuffer, ByteBuffer>> consumers;
  private volatile Consumer<ByteBuffer, ByteBuffer> consumer;
  private List<String> topics = List.of();
  private Listener listener = new Listener(new None());

  /**
   * @param consumers each time a new one, as the same static member
   */
  GroupClient(Supplier<Consumer<ByteBuffer, ByteBuffer>> consumers) {
    this.consumers = consumers;
    this.consumer = consumers.get();
  }

  /** The present consumer; another one after {@link #renew}. */
  Consumer<ByteBuffer, ByteBuffer> get() {
    return consumer;
  }

  /** Joins the group, in the polls to come. */
  void subscribe(List<String> wanted, ConsumerRebalanceListener rebalances) {
    topics = List.copyOf(wanted);
    listener = new Listener(rebalances);
    consumer.subscribe(topics, listener);
  }

  /**
   * Replaces the consumer. The group keeps the member's place for a session timeout, and gives it
   * to the new consumer in its first polls. What the old one was assigned is the caller's to
   * release.
   */
  void renew() {
    ConsumerRebalanceListener rebalances = listener.detach();
    consumer.close(CloseOptions.timeout(Duration.ZERO));
    consumer = consumers.get();
    subscribe(topics, rebalances);
  }

  /** Any thread: ends a poll that waits, by an exception. */
  void wakeUp() {
    consumer.wakeup();
  }

  /** Keeps its place for a session timeout (static membership). */
  @Override
  public void close() {
    close(GroupMembershipOperation.DEFAULT);
  }

  /** Gives up its place at once. */
  void leave() {
    close(GroupMembershipOperation.LEAVE_GROUP);
  }

  private void close(GroupMembershipOperation operation) {
    consumer.close(CloseOptions.timeout(CLOSE).withGroupMembershipOperation(operation));
  }

  /** Before the first subscription. */
  private static final class None implements ConsumerRebalanceListener {
    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {}

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {}
  }

  /** Of one consumer: what it says while it is replaced is ignored. */
  private static final class Listener implements ConsumerRebalanceListener {
    private final ConsumerRebalanceListener rebalances;
    private boolean detached;

    Listener(ConsumerRebalanceListener rebalances) {
      this.rebalances = rebalances;
    }

    ConsumerRebalanceListener detach() {
      detached = true;
      return rebalances;
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      if (!detached) {
        rebalances.onPartitionsAssigned(partitions);
      }
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      if (!detached) {
        rebalances.onPartitionsRevoked(partitions);
      }
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
      if (!detached) {
        rebalances.onPartitionsLost(partitions);
      }
    }
  }
}
