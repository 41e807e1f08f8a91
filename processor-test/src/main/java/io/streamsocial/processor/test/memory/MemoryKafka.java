package io.streamsocial.processor.test.memory;

import io.streamsocial.processor.group.Membership;
import io.streamsocial.processor.kafka.KafkaClients;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * Brokers in memory, for loops that are turned by hand: {@link MemoryLog}s, the group's committed
 * offsets, and Kafka's own mocks as clients of them ({@link MemoryConsumer}, {@link
 * MemoryProducer}). What a loop sends is what it then reads. Rebalances and failures happen where a
 * test asks for them, failures to the loop that is turned next. Not thread-safe.
 */
public final class MemoryKafka implements KafkaClients {

  /** What the next commit does. */
  public enum Fate {
    COMMITTED,
    /** Refused by the brokers; the transaction can be aborted. */
    REFUSED,
    /** No answer, but it was done. */
    UNANSWERED_BUT_COMMITTED,
    /** No answer, and the transaction stays open until its producer's successor ends it. */
    UNANSWERED_AND_OPEN,
    /** Another producer with the same id took over. */
    FENCED
  }

  /** A committed transaction, or what an at-least-once producer sent before one commit. */
  public record Transaction(
      List<ProducerRecord<byte[], byte[]>> records, Map<TopicPartition, Long> offsets) {
    public List<ProducerRecord<byte[], byte[]>> to(String topic) {
      return records.stream().filter(r -> r.topic().equals(topic)).toList();
    }
  }

  /**
   * @param id another one when the topic was deleted and created again
   */
  public record Topic(Uuid id, int partitions, Map<String, String> configs) {}

  private final Map<String, Topic> topics = new HashMap<>();
  private final Map<TopicPartition, MemoryLog> logs = new HashMap<>();
  final Map<TopicPartition, OffsetAndMetadata> committed = new HashMap<>();
  final List<Transaction> transactions = new ArrayList<>();
  private final List<MemoryClient> clients = new ArrayList<>();

  /** Of the one loop of a test that has no more. */
  public final MemoryClient only = client("0");

  public Fate nextCommit = Fate.COMMITTED;
  public @Nullable KafkaException nextPoll;
  public @Nullable KafkaException nextInit;
  public @Nullable KafkaException nextListOffsets;
  public @Nullable RuntimeException nextSendOffsets;

  /** Records that one poll of a loop's place in the group returns of a partition. */
  public int groupPollMax = Integer.MAX_VALUE;

  /** The same of a consumer that restores. */
  public int restorePollMax = Integer.MAX_VALUE;

  /** The same of a consumer that follows for a standby. */
  public int followPollMax = Integer.MAX_VALUE;

  /** Producers made so far. */
  public int producers;

  int polls;

  /** A loop of its own, with its own transactional id. */
  public MemoryClient client(String transactionalId) {
    MemoryClient client = new MemoryClient(this, transactionalId);
    clients.add(client);
    return client;
  }

  // ---------------------------------------------------------------- topics and logs

  /** As if made now: a topic of this name that exists is another one from here on. */
  public void createTopic(String name, int partitions, Map<String, String> configs) {
    topics.put(name, new Topic(Uuid.randomUuid(), partitions, Map.copyOf(configs)));
  }

  /** Null when it does not exist. Its logs need none: they begin with the first record. */
  public @Nullable Topic topic(String name) {
    return topics.get(name);
  }

  /** Sorted. */
  public List<String> topicNames() {
    return topics.keySet().stream().sorted().toList();
  }

  /** The committed records of a topic, by partition and offset. */
  public List<ConsumerRecord<byte[], byte[]>> records(String topic) {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    logs.keySet().stream()
        .filter(tp -> tp.topic().equals(topic))
        .sorted(Comparator.comparingInt(TopicPartition::partition))
        .forEach(tp -> records.addAll(log(tp).records(tp)));
    return records;
  }

  MemoryLog log(TopicPartition tp) {
    return logs.computeIfAbsent(tp, t -> new MemoryLog());
  }

  /** Adds a committed record, and returns its offset. */
  public long append(TopicPartition tp, byte @Nullable [] value, long timestampMs) {
    return append(tp, new RecordHeaders(), null, value, timestampMs);
  }

  /** Adds a committed record, and returns its offset. */
  public long append(
      TopicPartition tp,
      Headers headers,
      byte @Nullable [] key,
      byte @Nullable [] value,
      long timestampMs) {
    return log(tp)
        .append(new MemoryLog.Entry(key, value, headers, timestampMs, MemoryLog.State.COMMITTED));
  }

  /** Deletes as retention does: from the front. */
  public void truncate(TopicPartition tp, long begin) {
    log(tp).begin = begin;
  }

  /** As if the topic had been deleted and made anew. */
  public void recreate(TopicPartition tp) {
    logs.remove(tp);
  }

  /** As if the topic had been deleted, the group's offsets with it, and created again. */
  public void recreateTopic(String name, int partitions) {
    logs.keySet().removeIf(tp -> tp.topic().equals(name));
    committed.keySet().removeIf(tp -> tp.topic().equals(name));
    createTopic(name, partitions, Map.of());
  }

  public long begin(TopicPartition tp) {
    return log(tp).begin;
  }

  public long end(TopicPartition tp) {
    return log(tp).end();
  }

  // ---------------------------------------------------------------- offsets and transactions

  /** What the group has committed. */
  public Map<TopicPartition, OffsetAndMetadata> committedOffsets() {
    return Map.copyOf(committed);
  }

  public void commit(Map<TopicPartition, OffsetAndMetadata> offsets) {
    committed.putAll(offsets);
  }

  /** Deletes the offset that the group has committed, as an admin does, or time. */
  public void forgetCommitted(TopicPartition tp) {
    committed.remove(tp);
  }

  /** Moves the offset that the group has committed, as an admin does. */
  public void moveCommitted(TopicPartition tp, long offset) {
    committed.put(tp, new OffsetAndMetadata(offset));
  }

  /** -1 when the group has committed none. */
  public long committed(TopicPartition tp) {
    OffsetAndMetadata offset = committed.get(tp);
    return offset == null ? -1 : offset.offset();
  }

  /** All since the start, or since the caller has cleared the list. */
  public List<Transaction> transactions() {
    return transactions;
  }

  public Transaction last() {
    return transactions.get(transactions.size() - 1);
  }

  KafkaFuture<Void> fence(Collection<String> transactionalIds) {
    for (MemoryClient client : clients) {
      if (transactionalIds.contains(client.transactionalId(0))) {
        client.fence();
      }
    }
    return KafkaFuture.completedFuture(null);
  }

  // ---------------------------------------------------------------- clients of the one loop

  public MemoryConsumer<ByteBuffer> member() {
    return only.member();
  }

  public Membership membership() {
    return only.membership();
  }

  @Override
  public Consumer<ByteBuffer, ByteBuffer> group(int loop, Membership membership) {
    return only.group(loop, membership);
  }

  @Override
  public Consumer<byte[], byte[]> restore(int loop) {
    return only.restore(loop);
  }

  @Override
  public Consumer<ByteBuffer, ByteBuffer> follow(int loop) {
    return only.follow(loop);
  }

  @Override
  public Consumer<ByteBuffer, ByteBuffer> look(int loop) {
    return only.look(loop);
  }

  @Override
  public Consumer<ByteBuffer, ByteBuffer> lookAtAll(int loop) {
    return only.lookAtAll(loop);
  }

  @Override
  public Producer<byte[], byte[]> refill(int partition) {
    return only.refill(partition);
  }

  @Override
  public String transactionalId(int loop) {
    return only.transactionalId(loop);
  }

  @Override
  public Producer<byte[], byte[]> producer(int loop) {
    return only.producer(loop);
  }

  @Override
  public Admin admin() {
    return only.admin();
  }

  @Override
  public KafkaFuture<TransactionDescription> describeTransaction(Admin admin, String id) {
    return only.describeTransaction(admin, id);
  }

  @Override
  public KafkaFuture<Void> fence(Admin admin, Collection<String> transactionalIds) {
    return fence(transactionalIds);
  }
}
