package io.streamsocial.processor.test.memory;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** Sends into the logs, and lets a commit end as the test asks for. */
final class MemoryProducer extends MockProducer<byte[], byte[]> {
  private final MemoryKafka kafka;
  private final MemoryClient client;
  private final List<ProducerRecord<byte[], byte[]>> sent = new ArrayList<>();
  private final Map<TopicPartition, List<MemoryLog.Entry>> open = new HashMap<>();
  private final Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();

  MemoryProducer(MemoryKafka kafka, MemoryClient client) {
    super(true, null, new ByteArraySerializer(), new ByteArraySerializer());
    this.kafka = kafka;
    this.client = client;
  }

  @Override
  public void initTransactions() {
    KafkaException failure = kafka.nextInit;
    kafka.nextInit = null;
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
    MemoryLog.Entry entry =
        new MemoryLog.Entry(
            record.key(),
            record.value(),
            record.headers(),
            0,
            transactional ? MemoryLog.State.OPEN : MemoryLog.State.COMMITTED);
    long offset = kafka.log(tp).append(entry);
    sent.add(record);
    if (transactional) {
      open.computeIfAbsent(tp, t -> new ArrayList<>()).add(entry);
    }
    return CompletableFuture.completedFuture(new RecordMetadata(tp, offset, 0, 0, 0, 0));
  }

  @Override
  public void sendOffsetsToTransaction(
      Map<TopicPartition, OffsetAndMetadata> added, ConsumerGroupMetadata member) {
    RuntimeException failure = kafka.nextSendOffsets;
    kafka.nextSendOffsets = null;
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
    client.whileCommitting.run();
    MemoryKafka.Fate fate = kafka.nextCommit;
    kafka.nextCommit = MemoryKafka.Fate.COMMITTED;
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
    end(MemoryLog.State.COMMITTED);
    committed(included);
    client.afterCommit.run();
  }

  @Override
  public void abortTransaction() {
    super.abortTransaction();
    end(MemoryLog.State.ABORTED);
    sent.clear();
  }

  void committed(Map<TopicPartition, OffsetAndMetadata> included) {
    kafka.committed.putAll(included);
    Map<TopicPartition, Long> byPartition = new HashMap<>();
    included.forEach((tp, offset) -> byPartition.put(tp, offset.offset()));
    kafka.transactions.add(new MemoryKafka.Transaction(List.copyOf(sent), byPartition));
    sent.clear();
  }

  /** Whether records wait for the end of their transaction. */
  boolean isOpen() {
    return !open.isEmpty();
  }

  void end(MemoryLog.State state) {
    open.forEach(
        (tp, entries) -> {
          entries.forEach(e -> e.state = state);
          kafka
              .log(tp)
              .append(
                  new MemoryLog.Entry(null, null, new RecordHeaders(), 0, MemoryLog.State.MARKER));
        });
    open.clear();
    offsets.clear();
  }
}
