package io.streamsocial.processor.kafka;

import io.streamsocial.processor.ClientFigures;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.group.Membership;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaFuture;

/**
 * Where a loop gets its Kafka clients from: as Kafka's interfaces, so that a simulation can run the
 * real loop. Whoever asks for a client closes it.
 */
public interface KafkaClients {

  /**
   * Member of the group, read_committed, commits nothing by itself, resets nothing by itself.
   *
   * @param membership called from inside its poll
   */
  Consumer<ByteBuffer, ByteBuffer> group(int loop, Membership membership);

  /** No group, read_committed, resets nothing by itself. */
  Consumer<byte[], byte[]> restore(int loop);

  /** No group, read_committed, resets nothing by itself. */
  Consumer<ByteBuffer, ByteBuffer> follow(int loop);

  /** Transactional under exactly-once, with an id that is stable for the instance and loop. */
  Producer<byte[], byte[]> producer(int loop);

  /** Of the loop's producer; empty without transactions. */
  String transactionalId(int loop);

  /**
   * @throws ConfigException when the settings do not make a client
   */
  Admin admin();

  /** What the newest client of each kind and loop tells of itself. Any thread. */
  default Collection<ClientFigures> figures() {
    return List.of();
  }

  /** Refuses what producers with these ids would still send, and ends what they left open. */
  default KafkaFuture<Void> fence(Admin admin, Collection<String> transactionalIds) {
    return admin.fenceProducers(transactionalIds).all();
  }
}
