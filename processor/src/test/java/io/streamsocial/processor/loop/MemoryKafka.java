package io.streamsocial.processor.loop;

import io.streamsocial.processor.group.Membership;
import io.streamsocial.processor.kafka.KafkaClients;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DeleteRecordsResult;
import org.apache.kafka.clients.admin.DeletedRecords;
import org.apache.kafka.clients.admin.DescribeTopicsResult;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.internals.KafkaFutureImpl;
import org.jspecify.annotations.Nullable;

/**
 * Brokers in memory, for loops that are turned by hand: {@link MemoryLog}s, the group's committed
 * offsets, and Kafka's own mocks as clients of them ({@link MemoryConsumer}, {@link
 * MemoryProducer}). What a loop sends is what it then reads. Rebalances and failures happen where a
 * test asks for them, failures to the loop that is turned next.
 */
final class MemoryKafka implements KafkaClients {

  /** What the next commit does. */
  enum Fate {
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
  record Transaction(
      List<ProducerRecord<byte[], byte[]>> records, Map<TopicPartition, Long> offsets) {
    List<ProducerRecord<byte[], byte[]>> to(String topic) {
      return records.stream().filter(r -> r.topic().equals(topic)).toList();
    }
  }

  private final Map<TopicPartition, MemoryLog> logs = new HashMap<>();
  final Map<TopicPartition, OffsetAndMetadata> committed = new HashMap<>();
  final List<Transaction> transactions = new ArrayList<>();
  private final List<Client> clients = new ArrayList<>();
  private final Client only = client("0");

  /** Runs in the middle of every commit, before anything of it is visible. */
  Runnable whileCommitting = () -> {};

  Fate nextCommit = Fate.COMMITTED;
  @Nullable KafkaException nextPoll;
  @Nullable KafkaException nextInit;
  @Nullable KafkaException nextListOffsets;
  @Nullable RuntimeException nextSendOffsets;
  PostsIdentity.Description posts = new PostsIdentity.Description(Uuid.randomUuid(), LoopRig.POSTS);
  int groupPollMax = Integer.MAX_VALUE;
  int restorePollMax = Integer.MAX_VALUE;
  int followPollMax = Integer.MAX_VALUE;
  int producers;
  int polls;

  MemoryLog log(TopicPartition tp) {
    return logs.computeIfAbsent(tp, t -> new MemoryLog());
  }

  // ---------------------------------------------------------------- what a test does and sees

  long append(TopicPartition tp, byte @Nullable [] value, long timestampMs) {
    return append(tp, new RecordHeaders(), value, timestampMs);
  }

  long append(TopicPartition tp, Headers headers, byte @Nullable [] value, long timestampMs) {
    return log(tp)
        .append(new MemoryLog.Entry(null, value, headers, timestampMs, MemoryLog.State.COMMITTED));
  }

  /** Deletes as retention does: from the front. */
  void truncate(TopicPartition tp, long begin) {
    log(tp).begin = begin;
  }

  /** As if the topic had been deleted and made anew. */
  void recreate(TopicPartition tp) {
    logs.remove(tp);
  }

  /** As if the posts topic had been deleted, the group's offsets with it, and created again. */
  void recreatePosts(String topic, int partitions) {
    logs.keySet().removeIf(tp -> tp.topic().equals(topic));
    committed.keySet().removeIf(tp -> tp.topic().equals(topic));
    posts = new PostsIdentity.Description(Uuid.randomUuid(), partitions);
  }

  private DescribeTopicsResult describePosts(Collection<?> topics) {
    String name = (String) topics.iterator().next();
    List<TopicPartitionInfo> partitions = new ArrayList<>();
    for (int i = 0; i < posts.partitions(); i++) {
      partitions.add(new TopicPartitionInfo(i, null, List.of(), List.of()));
    }
    TopicDescription description =
        new TopicDescription(name, false, partitions, Set.of(), posts.id());
    return new DescribeTopicsResult(
        null, Map.of(name, KafkaFuture.completedFuture(description))) {};
  }

  /** What the group has committed. */
  Map<TopicPartition, OffsetAndMetadata> committedOffsets() {
    return Map.copyOf(committed);
  }

  void commit(Map<TopicPartition, OffsetAndMetadata> offsets) {
    committed.putAll(offsets);
  }

  /** Deletes the offset that the group has committed, as an admin does, or time. */
  void forgetCommitted(TopicPartition tp) {
    committed.remove(tp);
  }

  /** Moves the offset that the group has committed, as an admin does. */
  void moveCommitted(TopicPartition tp, long offset) {
    committed.put(tp, new OffsetAndMetadata(offset));
  }

  long begin(TopicPartition tp) {
    return log(tp).begin;
  }

  long end(TopicPartition tp) {
    return log(tp).end();
  }

  long committed(TopicPartition tp) {
    OffsetAndMetadata offset = committed.get(tp);
    return offset == null ? -1 : offset.offset();
  }

  List<Transaction> transactions() {
    return transactions;
  }

  Transaction last() {
    return transactions.get(transactions.size() - 1);
  }

  MemoryConsumer<ByteBuffer> member() {
    return only.member();
  }

  Membership membership() {
    return only.membership();
  }

  /** A loop of its own, with its own transactional id. */
  Client client(String transactionalId) {
    Client client = new Client(transactionalId);
    clients.add(client);
    return client;
  }

  /** The clients of one loop, over all its lives. */
  final class Client implements KafkaClients {
    private final String transactionalId;
    private @Nullable MemoryConsumer<ByteBuffer> group;
    private @Nullable Membership membership;
    @Nullable MemoryProducer producer;
    @Nullable MemoryProducer lastTransactional;

    /** The group has gone on without it: what it would commit is refused. */
    boolean expelled;

    /** Has asked to join and was not answered yet: no offsets are committed. */
    int joiningPolls;

    Client(String transactionalId) {
      this.transactionalId = transactionalId;
    }

    MemoryConsumer<ByteBuffer> member() {
      MemoryConsumer<ByteBuffer> member = group;
      if (member == null) {
        throw new IllegalStateException("no member yet");
      }
      return member;
    }

    Membership membership() {
      Membership member = membership;
      if (member == null) {
        throw new IllegalStateException("no member yet");
      }
      return member;
    }

    /** Ends what its last producer left open, and refuses that one from now on. */
    void fence() {
      MemoryProducer former = lastTransactional;
      if (former != null) {
        former.end(MemoryLog.State.ABORTED);
        if (!former.closed()) {
          former.fenceProducer();
        }
        lastTransactional = null;
      }
    }

    @Override
    public Consumer<ByteBuffer, ByteBuffer> group(int loop, Membership membership) {
      MemoryConsumer<ByteBuffer> member =
          new MemoryConsumer<>(
              MemoryKafka.this,
              bytes -> bytes == null ? null : ByteBuffer.wrap(bytes),
              this,
              () -> groupPollMax);
      this.membership = membership;
      group = member;
      return member;
    }

    @Override
    public Consumer<byte[], byte[]> restore(int loop) {
      return new MemoryConsumer<>(MemoryKafka.this, bytes -> bytes, null, () -> restorePollMax);
    }

    @Override
    public Consumer<ByteBuffer, ByteBuffer> follow(int loop) {
      return new MemoryConsumer<>(
          MemoryKafka.this,
          bytes -> bytes == null ? null : ByteBuffer.wrap(bytes),
          null,
          () -> followPollMax);
    }

    @Override
    public Consumer<ByteBuffer, ByteBuffer> look(int loop) {
      return new MemoryConsumer<>(
          MemoryKafka.this,
          bytes -> bytes == null ? null : ByteBuffer.wrap(bytes),
          null,
          () -> Integer.MAX_VALUE);
    }

    @Override
    public Producer<byte[], byte[]> producer(int loop) {
      producers++;
      MemoryProducer made = new MemoryProducer(MemoryKafka.this, this);
      producer = made;
      return made;
    }

    @Override
    public Producer<byte[], byte[]> refill(int partition) {
      throw new UnsupportedOperationException("loops do not refill");
    }

    @Override
    public String transactionalId(int loop) {
      return transactionalId;
    }

    @Override
    public Admin admin() {
      return MemoryKafka.this.admin();
    }

    @Override
    public KafkaFuture<Void> fence(Admin admin, Collection<String> transactionalIds) {
      return MemoryKafka.this.fence(admin, transactionalIds);
    }
  }

  // ---------------------------------------------------------------- clients

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
  public Producer<byte[], byte[]> refill(int partition) {
    return only.refill(partition);
  }

  @Override
  public String transactionalId(int loop) {
    return only.transactionalId;
  }

  @Override
  public Producer<byte[], byte[]> producer(int loop) {
    return only.producer(loop);
  }

  /** Only what the engine's loop asks; anything else is an error of the test. */
  @Override
  public Admin admin() {
    return (Admin)
        Proxy.newProxyInstance(
            Admin.class.getClassLoader(),
            new Class<?>[] {Admin.class},
            (proxy, method, args) ->
                switch (method.getName()) {
                  case "listOffsets" -> listOffsets((Map<?, ?>) args[0]);
                  case "describeTopics" -> describePosts((Collection<?>) args[0]);
                  case "deleteRecords" -> deleteRecords((Map<?, ?>) args[0]);
                  default -> throw new UnsupportedOperationException(method.toString());
                });
  }

  @Override
  public KafkaFuture<Void> fence(Admin admin, Collection<String> transactionalIds) {
    for (Client client : clients) {
      if (transactionalIds.contains(client.transactionalId)) {
        client.fence();
      }
    }
    return KafkaFuture.completedFuture(null);
  }

  private ListOffsetsResult listOffsets(Map<?, ?> specs) {
    Map<TopicPartition, KafkaFuture<ListOffsetsResult.ListOffsetsResultInfo>> ends =
        new HashMap<>();
    KafkaException failure = nextListOffsets;
    nextListOffsets = null;
    for (Object key : specs.keySet()) {
      TopicPartition tp = (TopicPartition) key;
      KafkaFutureImpl<ListOffsetsResult.ListOffsetsResultInfo> end = new KafkaFutureImpl<>();
      if (failure == null) {
        end.complete(new ListOffsetsResult.ListOffsetsResultInfo(end(tp), -1, Optional.empty()));
      } else {
        end.completeExceptionally(failure);
      }
      ends.put(tp, end);
    }
    return new ListOffsetsResult(ends);
  }

  private DeleteRecordsResult deleteRecords(Map<?, ?> superfluous) {
    Map<TopicPartition, KafkaFuture<DeletedRecords>> deleted = new HashMap<>();
    superfluous.forEach(
        (key, to) -> {
          TopicPartition tp = (TopicPartition) key;
          truncate(tp, ((RecordsToDelete) to).beforeOffset());
          deleted.put(tp, KafkaFuture.completedFuture(new DeletedRecords(begin(tp))));
        });
    return new DeleteRecordsResult(deleted);
  }
}
