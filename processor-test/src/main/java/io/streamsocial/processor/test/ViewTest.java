package io.streamsocial.processor.test;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.EngineConfigBuilder;
import io.streamsocial.processor.loop.Engine;
import io.streamsocial.processor.loop.TurnedEngine;
import io.streamsocial.processor.test.memory.MemoryKafka;
import io.streamsocial.processor.trends.Queries;
import io.streamsocial.processor.trends.ViewState;
import io.streamsocial.processor.views.View;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * A whole application in one thread, for unit tests: one or several instances with their group,
 * their stores on disk, and brokers in memory. They are the engine itself, not a model of it: what
 * holds here through crashes and rebalances holds for the same reasons with real brokers.
 *
 * <pre>{@code
 * try (ViewTest test = ViewTest.of(revenue).instances(2).seed(7).start()) {
 *   test.send("shop.orders", key, order, test.nowMs());
 *   test.crash(0);
 *   test.settle();
 *   test.view("revenue-by-shop").top("FR", 1, test.nowMs(), 10);
 * }
 * }</pre>
 *
 * <p>Time is virtual: it stands still but for {@link #advance} and the other methods that say so,
 * and passes as fast as the machine can. Which instance takes its turn next, how many records a
 * poll returns and where a crash comes follow from the seed, so a test has the same run each time;
 * other seeds are other runs. {@link #trace} tells what happened.
 *
 * <p>All records stay in memory until {@link #close}. Not thread-safe: one thread calls everything,
 * and every method but {@link #nowMs} and {@link #trace} throws {@link IllegalStateException} after
 * {@link #close}.
 */
public final class ViewTest implements AutoCloseable {
  private static final long SETTLE_MS_MAX = 600_000;

  private final MemoryKafka kafka;
  private final SplittableRandom random;
  private final Cluster cluster;
  private final TempDirectory directory;
  private final boolean hashtags;
  private final long seed;
  private boolean closed;

  ViewTest(
      MemoryKafka kafka,
      Cluster cluster,
      TempDirectory directory,
      long seed,
      SplittableRandom random,
      boolean hashtags) {
    this.kafka = kafka;
    this.cluster = cluster;
    this.directory = directory;
    this.seed = seed;
    this.random = random;
    this.hashtags = hashtags;
  }

  /**
   * Begins to set a test up.
   *
   * @param config of the application, as the program under test has it. Brokers, instance id, zone,
   *     state directory and the number of loops are not used: an instance here has one loop, and
   *     its state in a temporary directory that {@link #close} deletes
   */
  public static ViewTestBuilder of(EngineConfig config) {
    return new ViewTestBuilder(config);
  }

  /**
   * The same of a program whose settings are the defaults.
   *
   * @param view that it counts
   * @param more further views, of the same topic or of others
   */
  public static ViewTestBuilder of(View view, View... more) {
    EngineConfigBuilder config = EngineConfig.defaults().view(view);
    for (View each : more) {
      config.view(each);
    }
    return of(config.build());
  }

  // ---------------------------------------------------------------- records

  /**
   * Writes a record without a key, of the present.
   *
   * @param topic a topic that the application reads
   * @return the partition, which the seed chooses, and the offset that it got
   * @throws IllegalArgumentException when the application reads no such topic
   */
  public RecordMetadata send(String topic, byte[] value) {
    return send(topic, null, value, nowMs());
  }

  /**
   * Writes a record, as a producer whose records are committed. With a key, it goes to the
   * partition that Kafka's own producers choose; without, to one that the seed chooses.
   *
   * @param topic a topic that the application reads
   * @param timeMs of the record, epoch milliseconds; earlier and later than {@link #nowMs} as the
   *     test likes
   * @return the partition and the offset that it got
   * @throws IllegalArgumentException when the application reads no such topic
   */
  public RecordMetadata send(
      String topic, byte @Nullable [] key, byte @Nullable [] value, long timeMs) {
    return send(new ProducerRecord<>(topic, null, timeMs, key, value));
  }

  /**
   * The same with everything that a record may have.
   *
   * @param record with a partition only where the test chooses it; without a time it has the
   *     present
   * @return the partition and the offset that it got
   * @throws IllegalArgumentException when the application reads no such topic, or it has no such
   *     partition
   */
  public RecordMetadata send(ProducerRecord<byte[], byte[]> record) {
    checkOpen();
    TopicPartition tp = new TopicPartition(record.topic(), partition(record));
    Long time = record.timestamp();
    long timeMs = time == null ? nowMs() : time;
    long offset = kafka.append(tp, record.headers(), record.key(), record.value(), timeMs);
    return new RecordMetadata(tp, offset, 0, timeMs, size(record.key()), size(record.value()));
  }

  private static int size(byte @Nullable [] bytes) {
    return bytes == null ? -1 : bytes.length;
  }

  private int partition(ProducerRecord<byte[], byte[]> record) {
    MemoryKafka.Topic topic = kafka.topic(record.topic());
    if (topic == null) {
      throw new IllegalArgumentException(
          "topic %s does not exist: the application reads %s"
              .formatted(record.topic(), kafka.topicNames()));
    }
    Integer chosen = record.partition();
    if (chosen != null) {
      if (chosen >= topic.partitions()) {
        throw new IllegalArgumentException(
            "topic %s has no partition %d, but %d partitions"
                .formatted(record.topic(), chosen, topic.partitions()));
      }
      return chosen;
    }
    return record.key() == null
        ? random.nextInt(topic.partitions())
        : Utils.toPositive(Utils.murmur2(record.key())) % topic.partitions();
  }

  /**
   * The committed records of a topic, by partition and offset: what the application has written, as
   * to {@code <app-id>-rejected}, or what the test has sent.
   */
  public List<ConsumerRecord<byte[], byte[]>> records(String topic) {
    checkOpen();
    return kafka.records(topic);
  }

  // ---------------------------------------------------------------- time

  /** The wall clock of all instances, epoch milliseconds. */
  public long nowMs() {
    return cluster.nowMs();
  }

  /**
   * Lets time pass for all instances, which do what is due: read, publish, checkpoint, expire, take
   * over from an instance that is silent for 10 s.
   *
   * @param time not negative; a day takes about a second
   * @throws IllegalArgumentException when the time is negative
   * @throws IllegalStateException when an instance fails, with its reason as the cause
   */
  public void advance(Duration time) {
    checkOpen();
    if (time.isNegative()) {
      throw new IllegalArgumentException("time is %s: it does not go back".formatted(time));
    }
    cluster.advance(time.toMillis());
  }

  /**
   * Lets time pass until all that was sent is counted by the instances that are up.
   *
   * @throws IllegalStateException when an instance fails, or this takes more than 10 minutes of
   *     virtual time; the message says what is missing
   */
  public void settle() {
    checkOpen();
    if (!cluster.settle(SETTLE_MS_MAX)) {
      throw new IllegalStateException(
          "not everything is counted after 10 minutes, seed %d: %s"
              .formatted(seed, cluster.unsettled()));
    }
  }

  // ---------------------------------------------------------------- instances

  /**
   * Kills an instance as {@code kill -9} does: it writes nothing more, and its state directory
   * stays as it is. The seed chooses the point: between two turns, in the middle of a transaction,
   * or between a commit and the store's own write; for that up to four publish intervals pass. The
   * others take over after 10 s, unless it is restarted before.
   *
   * @param instance counted from 0
   * @throws IllegalStateException when it is down
   */
  public void crash(int instance) {
    checkOpen();
    cluster.crash(instance);
  }

  /**
   * Ends an instance as SIGTERM does: a last publish, checkpoint and flush. The others take over
   * after 10 s, or at once with {@code leaveOnStop}.
   *
   * @param instance counted from 0
   * @throws IllegalStateException when it is down
   */
  public void stop(int instance) {
    checkOpen();
    cluster.stop(instance);
  }

  /**
   * Starts an instance that is down again, on its state directory. It counts after some turns:
   * {@link #advance} or {@link #settle}.
   *
   * @param instance counted from 0
   * @throws IllegalStateException when it is up
   */
  public void restart(int instance) {
    checkOpen();
    cluster.start(instance);
  }

  /**
   * Gives the partitions of an instance to the others, and lets it join again. The seed chooses the
   * instance, and whether it leaves in order, or hangs for longer than the group waits and then
   * goes on as if nothing had happened, so that what it would commit must be refused. Some 10 s
   * pass.
   *
   * @throws IllegalStateException when no instance is up
   */
  public void rebalance() {
    checkOpen();
    cluster.rebalance();
  }

  /**
   * One of the engines, for code under test that takes an engine. It answers from its own state
   * alone. It is of the instance's present life: after a restart, ask for the next one.
   *
   * @param instance counted from 0
   * @throws IllegalStateException when it is down
   */
  public Engine engine(int instance) {
    checkOpen();
    TurnedEngine engine = cluster.instance(instance).engine();
    if (engine == null) {
      throw new IllegalStateException("instance %d is down".formatted(instance));
    }
    return engine.engine();
  }

  // ---------------------------------------------------------------- what came of it

  /**
   * Answers of all instances that are up together, from the active of each partition, or else from
   * a standby. A partition that none of them holds is missing in the answer's completeness.
   *
   * @throws IllegalStateException when the application counts no hashtags: ask {@link #view}
   */
  public Queries queries() {
    checkOpen();
    if (!hashtags) {
      throw new IllegalStateException("no hashtags are counted: ask for a view by its name");
    }
    return cluster.queries();
  }

  /**
   * A view of all instances that are up together, as {@link Engine#view} is of one.
   *
   * @param name of the view
   * @throws IllegalArgumentException when it has no such view; the message names those that it has
   */
  public ViewState view(String name) {
    checkOpen();
    return ViewState.of(cluster.queries(), name);
  }

  /**
   * What happened since the start, a line each, oldest first: starts, deaths, rebalances, commits.
   * The last 10,000. Two tests that do the same with the same seed have the same.
   */
  public List<String> trace() {
    return cluster.trace();
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("the test is closed");
    }
  }

  /** Ends all instances as they are, and deletes their state. Idempotent. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      cluster.close();
    } finally {
      directory.close();
    }
  }
}
