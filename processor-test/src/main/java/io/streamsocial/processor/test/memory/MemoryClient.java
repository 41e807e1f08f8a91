package io.streamsocial.processor.test.memory;

import io.streamsocial.processor.group.Membership;
import io.streamsocial.processor.kafka.KafkaClients;
import java.nio.ByteBuffer;
import java.util.Collection;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaFuture;
import org.jspecify.annotations.Nullable;

/** The clients of one loop, over all its lives. */
public final class MemoryClient implements KafkaClients {
  private final MemoryKafka kafka;
  private final String transactionalId;
  private @Nullable MemoryConsumer<ByteBuffer> group;
  private @Nullable Membership membership;
  @Nullable MemoryProducer producer;
  @Nullable MemoryProducer lastTransactional;

  /** Runs in the middle of every commit, before anything of it is visible. */
  public Runnable whileCommitting = () -> {};

  /** Runs when a commit is done, and before the loop hears of it. */
  public Runnable afterCommit = () -> {};

  /** The group has gone on without it: what it would commit is refused. */
  boolean expelled;

  /** Has asked to join and was not answered yet: no offsets are committed. */
  int joiningPolls;

  MemoryClient(MemoryKafka kafka, String transactionalId) {
    this.kafka = kafka;
    this.transactionalId = transactionalId;
  }

  /** Its consumer in the group, of its present life. */
  public MemoryConsumer<ByteBuffer> member() {
    MemoryConsumer<ByteBuffer> member = group;
    if (member == null) {
      throw new IllegalStateException("no member yet");
    }
    return member;
  }

  public Membership membership() {
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

  /** What its last producer has left open is longer open than the brokers allow: they abort it. */
  public void timeOutTransaction() {
    MemoryProducer last = lastTransactional;
    if (last != null && last.isOpen()) {
      fence();
    }
  }

  @Override
  public Consumer<ByteBuffer, ByteBuffer> group(int loop, Membership joining) {
    MemoryConsumer<ByteBuffer> member =
        new MemoryConsumer<>(kafka, MemoryClient::wrap, this, () -> kafka.groupPollMax);
    membership = joining;
    group = member;
    return member;
  }

  @Override
  public Consumer<byte[], byte[]> restore(int loop) {
    return new MemoryConsumer<>(kafka, bytes -> bytes, null, () -> kafka.restorePollMax);
  }

  @Override
  public Consumer<ByteBuffer, ByteBuffer> follow(int loop) {
    return new MemoryConsumer<>(kafka, MemoryClient::wrap, null, () -> kafka.followPollMax);
  }

  @Override
  public Consumer<ByteBuffer, ByteBuffer> look(int loop) {
    return new MemoryConsumer<>(kafka, MemoryClient::wrap, null, () -> Integer.MAX_VALUE);
  }

  @Override
  public Consumer<ByteBuffer, ByteBuffer> lookAtAll(int loop) {
    return new MemoryConsumer<>(kafka, MemoryClient::wrap, null, () -> Integer.MAX_VALUE)
        .endingAt(MemoryLog::end);
  }

  private static @Nullable ByteBuffer wrap(byte @Nullable [] bytes) {
    return bytes == null ? null : ByteBuffer.wrap(bytes);
  }

  @Override
  public Producer<byte[], byte[]> producer(int loop) {
    kafka.producers++;
    MemoryProducer made = new MemoryProducer(kafka, this);
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
    return MemoryAdmin.of(kafka);
  }

  @Override
  public KafkaFuture<TransactionDescription> describeTransaction(Admin admin, String id) {
    return MemoryAdmin.transaction(id);
  }

  @Override
  public KafkaFuture<Void> fence(Admin admin, Collection<String> transactionalIds) {
    return kafka.fence(transactionalIds);
  }
}
