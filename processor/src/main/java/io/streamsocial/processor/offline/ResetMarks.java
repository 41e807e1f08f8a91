package io.streamsocial.processor.offline;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.kafka.NetworkClients;
import io.streamsocial.processor.log.Changelog;
import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.processor.task.NewestCheckpoint;
import io.streamsocial.processor.views.View;
import java.util.Arrays;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;

/**
 * Writes into the changelogs of an application's other views that one was reset: else their account
 * of what was passed over would have the view, which begins from nothing, lack rows. The newest
 * checkpoint's last row is sent once more, as a checkpoint without a change is, with the mark in
 * its account: every disk that reads the changelog has it, whatever it had before. Where nothing
 * was passed over, nothing is written.
 *
 * <p>While no instance runs. Single-threaded.
 */
final class ResetMarks implements AutoCloseable {
  private final NetworkClients clients;
  private final String view;
  private final Consumer<byte[], byte[]> consumer;

  /**
   * @param view that was reset
   */
  ResetMarks(EngineConfig config, String view) {
    this.clients = new NetworkClients(config);
    this.view = view;
    this.consumer = clients.restore(0);
  }

  /** An account that says so. */
  static byte[] mark(String view, byte[] progress) {
    InputProgress account = InputProgress.decode(progress);
    account.wasReset(View.id(view));
    return account.encode();
  }

  /**
   * @param partitions of the changelog
   * @throws KafkaException when the brokers do not take it
   */
  void write(String changelog, int partitions) {
    for (int partition = 0; partition < partitions; partition++) {
      int of = partition;
      NewestCheckpoint.record(consumer, new TopicPartition(changelog, partition))
          .ifPresent(newest -> write(newest, of));
    }
  }

  private void write(ConsumerRecord<byte[], byte[]> newest, int partition) {
    Changelog.Checkpoint old =
        Changelog.Checkpoint.decode(
            newest.headers().lastHeader(Changelog.CHECKPOINT_HEADER).value());
    byte[] marked = mark(view, old.progress());
    if (Arrays.equals(marked, old.progress())) {
      return;
    }
    ProducerRecord<byte[], byte[]> again =
        new ProducerRecord<>(
            newest.topic(), partition, newest.timestamp(), newest.key(), newest.value());
    Changelog.mark(
        again.headers(),
        new Changelog.Checkpoint(
                old.windowSizeMs(), old.shuffleOffset(), old.streamTimeMs(), marked)
            .encode(),
        Changelog.rowDefinition(newest.headers()));
    try (Producer<byte[], byte[]> producer = clients.refill(partition)) {
      producer.initTransactions();
      producer.beginTransaction();
      var sent = producer.send(again);
      producer.commitTransaction();
      var unused = sent.get();
    } catch (ExecutionException e) {
      throw new KafkaException(
          "%s-%d does not take the mark that view %s was reset: run it again"
              .formatted(newest.topic(), partition, view),
          e.getCause());
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  @Override
  public void close() {
    consumer.close();
  }
}
