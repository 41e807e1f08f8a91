package io.streamsocial.processor.test.memory;

import io.streamsocial.processor.group.MemberInfo;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.ToLongFunction;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.jspecify.annotations.Nullable;

/** Reads committed records, and passes markers and aborted ones as a real consumer does. */
public final class MemoryConsumer<T> extends MockConsumer<T, T> {
  private final MemoryKafka kafka;
  private final Function<byte @Nullable [], @Nullable T> decode;
  private final @Nullable MemoryClient memberOf;
  private final IntSupplier pollMax;
  private final Deque<Runnable> inPoll = new ArrayDeque<>();
  private @Nullable ConsumerRebalanceListener listener;
  private ToLongFunction<MemoryLog> end = MemoryLog::stableEnd;

  /**
   * @param memberOf null outside the group
   */
  MemoryConsumer(
      MemoryKafka kafka,
      Function<byte @Nullable [], @Nullable T> decode,
      @Nullable MemoryClient memberOf,
      IntSupplier pollMax) {
    super("none");
    this.kafka = kafka;
    this.pollMax = pollMax;
    this.decode = decode;
    this.memberOf = memberOf;
  }

  /** Says of the logs that they end elsewhere than a reader of what is committed is told. */
  MemoryConsumer<T> endingAt(ToLongFunction<MemoryLog> of) {
    end = of;
    return this;
  }

  /** Rebalances happen inside a poll. */
  public void rebalanceInPoll(Collection<TopicPartition> assignment) {
    inPoll.add(() -> rebalance(assignment));
  }

  /** As Kafka's consumer does: revoked, told, assigned. */
  public void agreeInPoll(Collection<TopicPartition> assignment, Runnable tell) {
    inPoll.add(
        () -> {
          Set<TopicPartition> kept = new HashSet<>(assignment());
          kept.retainAll(assignment);
          if (!kept.equals(assignment())) {
            rebalance(kept);
          }
          tell.run();
          rebalance(assignment);
        });
  }

  /** Whether something happens in its next poll. */
  boolean hasToHear() {
    return !inPoll.isEmpty();
  }

  /** Asks to join in its next poll, and hears some polls later that it keeps what it has. */
  public void rejoinFor(int polls) {
    MemoryClient client = Objects.requireNonNull(memberOf);
    inPoll.add(
        () -> {
          client.joiningPolls = polls;
          MemberInfo unused = client.membership().describe();
        });
  }

  private void joining() {
    MemoryClient client = memberOf;
    if (client != null && client.joiningPolls > 0 && --client.joiningPolls == 0) {
      Objects.requireNonNull(listener).onPartitionsAssigned(Set.of());
    }
  }

  @Override
  public synchronized void subscribe(
      Collection<String> topics, ConsumerRebalanceListener callback) {
    super.subscribe(topics, callback);
    listener = callback;
  }

  /** As a member that hears that the group has gone on without it. */
  public void losePartitionsInPoll() {
    inPoll.add(() -> losePartitions(assignment()));
  }

  @Override
  public synchronized ConsumerRecords<T, T> poll(Duration timeout) {
    if (memberOf != null) {
      kafka.polls++;
      KafkaException failure = kafka.nextPoll;
      kafka.nextPoll = null;
      if (failure != null) {
        throw failure;
      }
    }
    joining();
    while (!inPoll.isEmpty()) {
      inPoll.remove().run();
    }
    Map<TopicPartition, Long> positions = new HashMap<>();
    for (TopicPartition tp : assignment()) {
      if (!paused().contains(tp)) {
        positions.put(tp, fetch(tp));
      }
    }
    ConsumerRecords<T, T> records = super.poll(timeout);
    positions.forEach(this::seek);
    return records;
  }

  private long fetch(TopicPartition tp) {
    MemoryLog log = kafka.log(tp);
    long position = position(tp);
    if (position < log.begin || position > log.end()) {
      throw new OffsetOutOfRangeException(Map.of(tp, position));
    }
    int left = pollMax.getAsInt();
    long end = log.stableEnd();
    while (position < end && left > 0) {
      MemoryLog.Entry entry = log.at(position);
      if (entry.state == MemoryLog.State.COMMITTED) {
        addRecord(entry.record(tp, position, decode));
        left--;
      }
      position++;
    }
    return position;
  }

  @Override
  public synchronized Map<TopicPartition, OffsetAndMetadata> committed(
      Set<TopicPartition> partitions, Duration timeout) {
    Map<TopicPartition, OffsetAndMetadata> found = new HashMap<>(kafka.committed);
    found.keySet().retainAll(partitions);
    return found;
  }

  @Override
  public synchronized void commitSync(
      Map<TopicPartition, OffsetAndMetadata> offsets, Duration timeout) {
    if (memberOf != null && memberOf.joiningPolls > 0) {
      throw new RebalanceInProgressException();
    }
    MemoryProducer sender = memberOf == null ? null : memberOf.producer;
    if (sender != null) {
      sender.committed(offsets);
    }
  }

  @Override
  public synchronized void seekToBeginning(Collection<TopicPartition> partitions) {
    partitions.forEach(tp -> seek(tp, kafka.begin(tp)));
  }

  @Override
  public synchronized Map<TopicPartition, Long> beginningOffsets(
      Collection<TopicPartition> partitions, Duration timeout) {
    Map<TopicPartition, Long> begins = new HashMap<>();
    partitions.forEach(tp -> begins.put(tp, kafka.begin(tp)));
    return begins;
  }

  @Override
  public synchronized Map<TopicPartition, Long> endOffsets(
      Collection<TopicPartition> partitions, Duration timeout) {
    Map<TopicPartition, Long> ends = new HashMap<>();
    partitions.forEach(tp -> ends.put(tp, end.applyAsLong(kafka.log(tp))));
    return ends;
  }

  @Override
  public synchronized Map<TopicPartition, OffsetAndTimestamp> offsetsForTimes(
      Map<TopicPartition, Long> times, Duration timeout) {
    Map<TopicPartition, OffsetAndTimestamp> found = new HashMap<>();
    times.forEach(
        (tp, timeMs) -> {
          MemoryLog log = kafka.log(tp);
          for (long at = log.begin; at < log.end() && !found.containsKey(tp); at++) {
            if (log.at(at).timestampMs >= timeMs) {
              found.put(tp, new OffsetAndTimestamp(at, log.at(at).timestampMs));
            }
          }
        });
    return found;
  }

  @Override
  public synchronized OptionalLong currentLag(TopicPartition tp) {
    return OptionalLong.of(kafka.log(tp).stableEnd() - position(tp));
  }
}
