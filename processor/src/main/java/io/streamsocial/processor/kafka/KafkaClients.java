package io.streamsocial.processor.kafka;

import io.streamsocial.processor.ClientFigures;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.group.Membership;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaFuture;

/**
 * Makes the Kafka clients of a loop. They are Kafka's interfaces, so that a simulation can run the
 * real loop. The caller closes them.
 */
public interface KafkaClients {

  /**
   * Member of the group; read_committed, without automatic commit or offset reset.
   *
   * @param membership called from inside its poll
   */
  Consumer<ByteBuffer, ByteBuffer> group(int loop, Membership membership);

  /** No group; read_committed, without automatic offset reset. */
  Consumer<byte[], byte[]> restore(int loop);

  /** No group; read_committed, without automatic offset reset. */
  Consumer<ByteBuffer, ByteBuffer> follow(int loop);

  /** Short-lived, as {@link #follow}: to look at the end of a log. */
  Consumer<ByteBuffer, ByteBuffer> look(int loop);

  /** The same, but read_uncommitted: where a log really ends. */
  Consumer<ByteBuffer, ByteBuffer> lookAtAll(int loop);

  /** Transactional under exactly-once, with an id that is stable for the instance and loop. */
  Producer<byte[], byte[]> producer(int loop);

  /**
   * Transactional, to write a whole partition of the changelog in one transaction; one at a time in
   * the application.
   */
  Producer<byte[], byte[]> refill(int partition);

  /** Of the loop's producer; empty without transactions. */
  String transactionalId(int loop);

  /**
   * @throws ConfigException when no client can be made of the settings
   */
  Admin admin();

  /** The figures of the newest client of each kind and loop. Any thread. */
  default Collection<ClientFigures> figures() {
    return List.of();
  }

  /** What the brokers know of a transactional id, which need not exist. */
  default KafkaFuture<TransactionDescription> describeTransaction(
      Admin admin, String transactionalId) {
    return admin.describeTransactions(List.of(transactionalId)).description(transactionalId);
  }

  /** Fences the producers with these ids and ends their open transactions. */
  default KafkaFuture<Void> fence(Admin admin, Collection<String> transactionalIds) {
    return admin.fenceProducers(transactionalIds).all();
  }
}
