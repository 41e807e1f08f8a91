package io.streamsocial.processor.loop;

import io.streamsocial.processor.group.MemberInfo;
import io.streamsocial.processor.group.Membership;
import io.streamsocial.processor.kafka.KafkaClients;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.function.IntSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DeleteRecordsResult;
import org.apache.kafka.clients.admin.DeletedRecords;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.internals.KafkaFutureImpl;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Brokers in memory, for loops that are turned by hand: logs with transactions and their markers,
 * the group's committed offsets, and Kafka's own mocks as clients of them. What a loop sends is
 * what it then reads. Rebalances and failures happen where a test asks for them, failures to
 * whichever loop is turned next.
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

  private enum State {
    OPEN,
    COMMITTED,
    ABORTED,
    MARKER
  }

  private static final class Entry {
    private final byte @Nullable [] key;
    private final byte @Nullable [] value;
    private final Headers headers;
    private final long timestampMs;
    private State state;

    Entry(
        byte @Nullable [] key,
        byte @Nullable [] value,
        Headers headers,
        long timestampMs,
        State state) {
      this.key = key;
      this.value = value;
      this.headers = headers;
      this.timestampMs = timestampMs;
      this.state = state;
    }
  }

  private static final class Log {
    private final List<Entry> entries = new ArrayList<>();
    private long begin;

    long append(Entry entry) {
      entries.add(entry);
      return entries.size() - 1L;
    }

    /** Where readers of committed records must stop. */
    long stableEnd() {
      for (int i = 0; i < entries.size(); i++) {
        if (entries.get(i).state == State.OPEN) {
          return i;
        }
      }
      return entries.size();
    }
  }

  private final Map<TopicPartition, Log> logs = new HashMap<>();
  private final Map<TopicPartition, OffsetAndMetadata> committed = new HashMap<>();
  private final List<Transaction> transactions = new ArrayList<>();
  private final List<Client> clients = new ArrayList<>();
  private final Client only = client("0");

  /** Runs in the middle of every commit, before anything of it is visible. */
  Runnable whileCommitting = () -> {};

  Fate nextCommit = Fate.COMMITTED;
  @Nullable KafkaException nextPoll;
  @Nullable KafkaException nextInit;
  @Nullable KafkaException nextListOffsets;
  @Nullable RuntimeException nextSendOffsets;
  int groupPollMax = Integer.MAX_VALUE;
  int restorePollMax = Integer.MAX_VALUE;
  int followPollMax = Integer.MAX_VALUE;
  int producers;
  int polls;

  private Log log(TopicPartition tp) {
    return logs.computeIfAbsent(tp, t -> new Log());
  }

  // ---------------------------------------------------------------- what a test does and sees

  long append(TopicPartition tp, byte @Nullable [] value, long timestampMs) {
    return log(tp)
        .append(new Entry(null, value, new RecordHeaders(), timestampMs, State.COMMITTED));
  }

  /** Deletes as retention does: from the front. */
  void truncate(TopicPartition tp, long begin) {
    log(tp).begin = begin;
  }

  /** As if the topic had been deleted and made anew. */
  void recreate(TopicPartition tp) {
    logs.remove(tp);
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
    return log(tp).entries.size();
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
    private @Nullable MemoryProducer producer;
    private @Nullable MemoryProducer lastTransactional;

    /** The group has gone on without it: what it would commit is refused. */
    boolean expelled;

    /** Has asked to join and was not answered yet: no offsets are committed. */
    private int joiningPolls;

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
    private void fence() {
      MemoryProducer former = lastTransactional;
      if (former != null) {
        former.end(State.ABORTED);
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
              bytes -> bytes == null ? null : ByteBuffer.wrap(bytes), this, () -> groupPollMax);
      this.membership = membership;
      group = member;
      return member;
    }

    @Override
    public Consumer<byte[], byte[]> restore(int loop) {
      return new MemoryConsumer<>(bytes -> bytes, null, () -> restorePollMax);
    }

    @Override
    public Consumer<ByteBuffer, ByteBuffer> follow(int loop) {
      return new MemoryConsumer<>(
          bytes -> bytes == null ? null : ByteBuffer.wrap(bytes), null, () -> followPollMax);
    }

    @Override
    public Consumer<ByteBuffer, ByteBuffer> look(int loop) {
      return new MemoryConsumer<>(
          bytes -> bytes == null ? null : ByteBuffer.wrap(bytes), null, () -> Integer.MAX_VALUE);
    }

    @Override
    public Producer<byte[], byte[]> producer(int loop) {
      producers++;
      MemoryProducer made = new MemoryProducer(this);
      producer = made;
      return made;
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

  /** Reads committed records, and passes markers and aborted ones as a real consumer does. */
  final class MemoryConsumer<T> extends MockConsumer<T, T> {
    private final Function<byte @Nullable [], @Nullable T> decode;
    private final @Nullable Client memberOf;
    private final IntSupplier pollMax;
    private final Deque<Runnable> inPoll = new ArrayDeque<>();
    private @Nullable ConsumerRebalanceListener listener;

    /**
     * @param memberOf null outside the group
     */
    MemoryConsumer(
        Function<byte @Nullable [], @Nullable T> decode,
        @Nullable Client memberOf,
        IntSupplier pollMax) {
      super("none");
      this.pollMax = pollMax;
      this.decode = decode;
      this.memberOf = memberOf;
    }

    /** Rebalances happen inside a poll. */
    void rebalanceInPoll(Collection<TopicPartition> assignment) {
      inPoll.add(() -> rebalance(assignment));
    }

    /** As Kafka's consumer does: revoked, told, assigned. */
    void agreeInPoll(Collection<TopicPartition> assignment, Runnable tell) {
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
    void rejoinFor(int polls) {
      Client client = Objects.requireNonNull(memberOf);
      inPoll.add(
          () -> {
            client.joiningPolls = polls;
            MemberInfo unused = client.membership().describe();
          });
    }

    private void joining() {
      Client client = memberOf;
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

    void losePartitionsInPoll() {
      inPoll.add(() -> losePartitions(assignment()));
    }

    @Override
    public synchronized ConsumerRecords<T, T> poll(Duration timeout) {
      if (memberOf != null) {
        polls++;
        KafkaException failure = nextPoll;
        nextPoll = null;
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
      Log log = log(tp);
      long position = position(tp);
      if (position < log.begin || position > log.entries.size()) {
        throw new OffsetOutOfRangeException(Map.of(tp, position));
      }
      int left = pollMax.getAsInt();
      long end = log.stableEnd();
      while (position < end && left > 0) {
        Entry entry = log.entries.get((int) position);
        if (entry.state == State.COMMITTED) {
          addRecord(record(tp, position, entry));
          left--;
        }
        position++;
      }
      return position;
    }

    private ConsumerRecord<T, T> record(TopicPartition tp, long offset, Entry entry) {
      return new ConsumerRecord<>(
          tp.topic(),
          tp.partition(),
          offset,
          entry.timestampMs,
          TimestampType.CREATE_TIME,
          0,
          0,
          decode.apply(entry.key),
          decode.apply(entry.value),
          entry.headers,
          Optional.empty());
    }

    @Override
    public synchronized Map<TopicPartition, OffsetAndMetadata> committed(
        Set<TopicPartition> partitions, Duration timeout) {
      Map<TopicPartition, OffsetAndMetadata> found = new HashMap<>(committed);
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
      partitions.forEach(tp -> seek(tp, begin(tp)));
    }

    @Override
    public synchronized Map<TopicPartition, Long> beginningOffsets(
        Collection<TopicPartition> partitions, Duration timeout) {
      Map<TopicPartition, Long> begins = new HashMap<>();
      partitions.forEach(tp -> begins.put(tp, begin(tp)));
      return begins;
    }

    @Override
    public synchronized Map<TopicPartition, Long> endOffsets(
        Collection<TopicPartition> partitions, Duration timeout) {
      Map<TopicPartition, Long> ends = new HashMap<>();
      partitions.forEach(tp -> ends.put(tp, log(tp).stableEnd()));
      return ends;
    }

    @Override
    public synchronized OptionalLong currentLag(TopicPartition tp) {
      return OptionalLong.of(log(tp).stableEnd() - position(tp));
    }
  }

  private final class MemoryProducer extends MockProducer<byte[], byte[]> {
    private final Client client;
    private final List<ProducerRecord<byte[], byte[]>> sent = new ArrayList<>();
    private final Map<TopicPartition, List<Entry>> open = new HashMap<>();
    private final Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();

    MemoryProducer(Client client) {
      super(true, null, new ByteArraySerializer(), new ByteArraySerializer());
      this.client = client;
    }

    @Override
    public void initTransactions() {
      KafkaException failure = nextInit;
      nextInit = null;
      if (failure != null) {
        throw failure;
      }
      super.initTransactions();
      client.fence();
      client.lastTransactional = this;
    }

    @Override
    public synchronized Future<RecordMetadata> send(
        ProducerRecord<byte[], byte[]> record, @Nullable Callback callback) {
      Future<RecordMetadata> unused = super.send(record, callback);
      boolean transactional = transactionInFlight();
      Integer partition = record.partition();
      TopicPartition tp = new TopicPartition(record.topic(), partition == null ? 0 : partition);
      Entry entry =
          new Entry(
              record.key(),
              record.value(),
              record.headers(),
              0,
              transactional ? State.OPEN : State.COMMITTED);
      long offset = log(tp).append(entry);
      sent.add(record);
      if (transactional) {
        open.computeIfAbsent(tp, t -> new ArrayList<>()).add(entry);
      }
      return CompletableFuture.completedFuture(new RecordMetadata(tp, offset, 0, 0, 0, 0));
    }

    @Override
    public void sendOffsetsToTransaction(
        Map<TopicPartition, OffsetAndMetadata> added, ConsumerGroupMetadata member) {
      RuntimeException failure = nextSendOffsets;
      nextSendOffsets = null;
      if (failure != null) {
        throw failure;
      }
      if (client.expelled) {
        throw new CommitFailedException("not a member of this generation");
      }
      super.sendOffsetsToTransaction(added, member);
      offsets.putAll(added);
    }

    @Override
    public void commitTransaction() {
      whileCommitting.run();
      Fate fate = nextCommit;
      nextCommit = Fate.COMMITTED;
      switch (fate) {
        case COMMITTED -> finish();
        case REFUSED -> throw new KafkaException("refused");
        case UNANSWERED_BUT_COMMITTED -> {
          finish();
          throw new TimeoutException("no answer");
        }
        case UNANSWERED_AND_OPEN -> throw new TimeoutException("no answer");
        case FENCED -> {
          fenceProducer();
          super.commitTransaction();
        }
      }
    }

    private void finish() {
      super.commitTransaction();
      Map<TopicPartition, OffsetAndMetadata> included = new HashMap<>(offsets);
      end(State.COMMITTED);
      committed(included);
    }

    @Override
    public void abortTransaction() {
      super.abortTransaction();
      end(State.ABORTED);
      sent.clear();
    }

    void committed(Map<TopicPartition, OffsetAndMetadata> included) {
      committed.putAll(included);
      Map<TopicPartition, Long> byPartition = new HashMap<>();
      included.forEach((tp, offset) -> byPartition.put(tp, offset.offset()));
      transactions.add(new Transaction(List.copyOf(sent), byPartition));
      sent.clear();
    }

    private void end(State state) {
      open.forEach(
          (tp, entries) -> {
            entries.forEach(e -> e.state = state);
            log(tp).append(new Entry(null, null, new RecordHeaders(), 0, State.MARKER));
          });
      open.clear();
      offsets.clear();
    }
  }
}
