package io.streamsocial.processor.task;

import io.streamsocial.processor.log.Changelog;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Finds the last checkpoint of a changelog. It is usually within the last records; the changelog is
 * read further back until there is one.
 */
public final class NewestCheckpoint {
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration POLL = Duration.ofMillis(100);
  private static final long FIRST_LOOK = 100;
  private static final long WIDER = 10;

  private NewestCheckpoint() {}

  /**
   * Of several changelogs the one that is furthest in the shuffle.
   *
   * @param consumer in no group; reads what is committed. Its assignment changes
   * @return empty when none of them has a checkpoint
   * @throws TimeoutException when the brokers do not answer
   * @throws OffsetOutOfRangeException when records were deleted meanwhile; to be tried again
   */
  public static <K, V> Optional<Changelog.Checkpoint> of(
      Consumer<K, V> consumer, Collection<String> changelogs, int partition) {
    return changelogs.stream()
        .map(topic -> record(consumer, new TopicPartition(topic, partition)))
        .flatMap(Optional::stream)
        .map(NewestCheckpoint::checkpoint)
        .max(Comparator.comparingLong(Changelog.Checkpoint::shuffleOffset));
  }

  private static Changelog.Checkpoint checkpoint(ConsumerRecord<?, ?> last) {
    return Changelog.Checkpoint.decode(
        last.headers().lastHeader(Changelog.CHECKPOINT_HEADER).value());
  }

  /**
   * The last row of the last checkpoint of one changelog.
   *
   * @return empty when it has no checkpoint
   * @throws TimeoutException when the brokers do not answer
   */
  public static <K, V> Optional<ConsumerRecord<K, V>> record(
      Consumer<K, V> consumer, TopicPartition changelog) {
    Set<TopicPartition> only = Set.of(changelog);
    long begin = consumer.beginningOffsets(only, CALL_TIMEOUT).getOrDefault(changelog, 0L);
    long end = consumer.endOffsets(only, CALL_TIMEOUT).getOrDefault(changelog, 0L);
    for (long width = FIRST_LOOK; ; width *= WIDER) {
      long from = Math.max(begin, end - width);
      ConsumerRecord<K, V> newest = newest(consumer, changelog, from, end);
      if (newest != null || from == begin) {
        return Optional.ofNullable(newest);
      }
    }
  }

  private static <K, V> @Nullable ConsumerRecord<K, V> newest(
      Consumer<K, V> consumer, TopicPartition changelog, long from, long end) {
    consumer.assign(Set.of(changelog));
    consumer.seek(changelog, from);
    ConsumerRecord<K, V> newest = null;
    long position = from;
    long deadline = System.nanoTime() + CALL_TIMEOUT.toNanos();
    while (position < end) {
      for (ConsumerRecord<K, V> each : consumer.poll(POLL).records(changelog)) {
        boolean isMarked = each.headers().lastHeader(Changelog.CHECKPOINT_HEADER) != null;
        newest = isMarked ? each : newest;
      }
      long before = position;
      position = consumer.position(changelog, CALL_TIMEOUT);
      if (position > before) {
        deadline = System.nanoTime() + CALL_TIMEOUT.toNanos();
      } else if (System.nanoTime() > deadline) {
        throw new TimeoutException("%s was not read to its end in time".formatted(changelog));
      }
    }
    return newest;
  }
}
