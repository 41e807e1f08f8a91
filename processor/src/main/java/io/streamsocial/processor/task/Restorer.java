package io.streamsocial.processor.task;

import io.streamsocial.processor.Moment;
import io.streamsocial.store.StoreException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads changelogs into tasks, a bounded batch a turn, so that the running tasks of the loop go on
 * meanwhile. A restoring task is read up to a fixed end offset; a standby is read indefinitely.
 * Owned by one loop.
 */
public final class Restorer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Restorer.class);
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(10);
  private static final long REPORT_MS = 5_000;

  /** Hears of each task once, when it has come to its end. */
  public interface Listener {
    void restored(CountTask task);

    void failed(CountTask task, StoreException e);
  }

  private static final long NEVER = Long.MAX_VALUE;

  /** One changelog of a task. */
  private static final class Restoring {
    private final CountTask task;
    private final int view;
    private final long from;
    private long end;
    // A task that is to run has no writer but itself; one that is to follow must not stop in the
    // middle of a checkpoint which its active is still writing.
    private final boolean toFollow;
    private final long startedNanos = System.nanoTime(); // for the log only
    private long reportedMs;
    private boolean isReported;
    // What the other changelogs had when this one was read is known to be read, too.
    private boolean isCertain;
    private long read;
    private long position;

    boolean isPending() {
      return task.isCheckpointPending(view);
    }

    boolean isTooMuchPending() {
      return isPending() && task.store(0).heap().isFollowingToWait();
    }

    boolean isDone() {
      return position >= end && (!toFollow || task.isBetweenCheckpoints(view));
    }

    Restoring(CountTask task, int view, long from, long end, boolean toFollow, Moment now) {
      this.task = task;
      this.view = view;
      this.from = from;
      this.end = end;
      this.toFollow = toFollow;
      this.reportedMs = now.steadyMs();
      this.position = from;
    }
  }

  private final Supplier<Consumer<byte[], byte[]>> consumers;
  private volatile Consumer<byte[], byte[]> consumer;
  private final Supplier<Admin> admin;
  private final List<String> topics;
  private long bytes;
  private final Map<TopicPartition, Restoring> restoring = new LinkedHashMap<>();

  /**
   * @param consumers each time a new one
   * @param topics the changelogs, one a view in the engine's order
   */
  public Restorer(
      Supplier<Consumer<byte[], byte[]>> consumers, Supplier<Admin> admin, List<String> topics) {
    this.consumers = consumers;
    this.consumer = consumers.get();
    this.admin = admin;
    this.topics = List.copyOf(topics);
  }

  /** Where a changelog begins and ends now; offsets, the end exclusive. */
  public record Bounds(long begin, long end) {}

  /**
   * Where the changelogs of a partition begin and end now, one a view.
   *
   * @throws RetriableException when the brokers do not answer; to be tried again
   */
  public List<Bounds> bounds(int partition) {
    return Objects.requireNonNull(bounds(Set.of(partition)).get(partition));
  }

  /**
   * The same of some partitions, asked for at once. An end includes transactions that are still
   * open: the restore waits for their fate instead of missing what a former owner may be about to
   * commit.
   *
   * @throws RetriableException when the brokers do not answer; to be tried again
   */
  public Map<Integer, List<Bounds>> bounds(Set<Integer> partitions) {
    Map<TopicPartition, OffsetSpec> changelogs = new HashMap<>();
    for (Integer partition : partitions) {
      topics.forEach(
          topic -> changelogs.put(new TopicPartition(topic, partition), OffsetSpec.latest()));
    }
    ListOffsetsResult ends =
        admin
            .get()
            .listOffsets(changelogs, new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED));
    Map<TopicPartition, Long> begins = consumer.beginningOffsets(changelogs.keySet(), CALL_TIMEOUT);
    Map<Integer, List<Bounds>> bounds = new HashMap<>();
    for (Integer partition : partitions) {
      List<Bounds> all = new ArrayList<>();
      for (String topic : topics) {
        TopicPartition tp = new TopicPartition(topic, partition);
        Long begin = begins.get(tp);
        if (begin == null) {
          throw new KafkaException("no beginning offset for " + tp);
        }
        all.add(new Bounds(begin, end(tp, ends)));
      }
      bounds.put(partition, all);
    }
    return bounds;
  }

  private static long end(TopicPartition tp, ListOffsetsResult asked) {
    try {
      return asked.partitionResult(tp).get(CALL_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS).offset();
    } catch (TimeoutException e) {
      throw noAnswer(tp, e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RetriableException
          ? noAnswer(tp, e.getCause())
          : new KafkaException("no end offset for " + tp, e.getCause());
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  private static RetriableException noAnswer(TopicPartition tp, Throwable cause) {
    return new org.apache.kafka.common.errors.TimeoutException("no end offset for " + tp, cause);
  }

  /**
   * Begins to restore a task, from its own position.
   *
   * @param bounds of its changelogs; the position lies within
   * @param toFollow false when it is to run
   */
  public void add(CountTask task, List<Bounds> bounds, boolean toFollow, Moment now) {
    for (int view = 0; view < topics.size(); view++) {
      Bounds changelog = bounds.get(view);
      long from = Math.max(task.changelogOffset(view), changelog.begin);
      read(new Restoring(task, view, from, changelog.end, toFollow, now));
    }
  }

  /** Reads on into a task that follows, until it is removed or added again. */
  public void follow(CountTask task, Moment now) {
    for (int view = 0; view < topics.size(); view++) {
      read(new Restoring(task, view, task.changelogOffset(view), NEVER, true, now));
    }
  }

  private void read(Restoring reading) {
    TopicPartition tp = new TopicPartition(topics.get(reading.view), reading.task.partition());
    reading.task.forgetPending(reading.view);
    restoring.put(tp, reading);
    consumer.assign(restoring.keySet());
    consumer.seek(tp, reading.from);
  }

  /** Goes on reading everything with a new consumer, from where each task is. */
  public void renew() {
    consumer.close(CloseOptions.timeout(Duration.ZERO));
    consumer = consumers.get();
    consumer.assign(restoring.keySet());
    restoring.forEach((tp, each) -> consumer.seek(tp, each.position));
  }

  /** Any thread: ends a poll that waits, by an exception. */
  public void wakeUp() {
    consumer.wakeup();
  }

  public void remove(int partition) {
    if (restoring.keySet().removeIf(tp -> tp.partition() == partition)) {
      consumer.assign(restoring.keySet());
    }
  }

  /** Whether no task waits for its changelog to be read; those that follow do not wait. */
  public boolean isIdle() {
    return restoring.values().stream().allMatch(each -> each.end == NEVER);
  }

  /** Records still to read, an upper bound since offsets have gaps; 0 for a task not restoring. */
  public long remaining(int partition) {
    long remaining = 0;
    for (Restoring each : restoring.values()) {
      if (each.task.partition() == partition && each.end != NEVER) {
        remaining += Math.max(0, each.end - each.position);
      }
    }
    return remaining;
  }

  /** Keys and values read so far. */
  public long bytes() {
    return bytes;
  }

  /** Reads one batch; returns its records. */
  public int turn(Duration timeout, Listener listener, Moment now) {
    if (restoring.isEmpty()) {
      return 0;
    }
    pauseForPending();
    ConsumerRecords<byte[], byte[]> batch;
    try {
      batch = consumer.poll(isIdle() ? Duration.ZERO : timeout);
    } catch (OffsetOutOfRangeException e) {
      e.partitions().forEach(tp -> truncated(tp, listener));
      return 0;
    }
    for (Map.Entry<TopicPartition, Restoring> entry : new ArrayList<>(restoring.entrySet())) {
      TopicPartition tp = entry.getKey();
      Restoring restore = entry.getValue();
      if (restoring.get(tp) != restore) {
        continue; // the changelog of another view was its end
      }
      for (ConsumerRecord<byte[], byte[]> each : batch.records(tp)) {
        bytes += Math.max(0, each.serializedKeySize()) + Math.max(0, each.serializedValueSize());
      }
      try {
        apply(restore, batch.records(tp), consumer.position(tp), now);
        report(tp, restore, now);
        if (isDone(restore.task) && isCertain(restore.task)) {
          remove(tp.partition());
          listener.restored(restore.task);
        }
      } catch (StoreException e) {
        remove(tp.partition());
        listener.failed(restore.task, e);
      }
    }
    return batch.count();
  }

  /** Whether each of its changelogs is read to its end. */
  private boolean isDone(CountTask task) {
    return restoring.values().stream()
        .filter(each -> each.task == task)
        .allMatch(Restoring::isDone);
  }

  /**
   * A checkpoint is committed to the changelogs of all views that changed at once, but they are
   * read one by one, and each on beyond its end while another is not there yet: one may show a
   * checkpoint whose rows in another are still to be read. So the ends are asked for once more: up
   * to those, each has its rows of what was read before ({@link CountTask#reached}).
   */
  private boolean isCertain(CountTask task) {
    List<Restoring> all = restoring.values().stream().filter(each -> each.task == task).toList();
    if (all.size() == 1 || all.get(0).isCertain || task.status().isReadable()) {
      return true;
    }
    task.reached();
    try {
      List<Bounds> now = bounds(task.partition());
      all.forEach(each -> each.end = Math.max(each.end, now.get(each.view).end));
    } catch (RetriableException e) {
      log.info("partition {} waits for the ends of its changelogs: {}", task.partition(), e);
      return false; // asked for again in the next turn
    }
    all.forEach(each -> each.isCertain = true);
    return isDone(task);
  }

  /**
   * Parts of checkpoints take heap until the rest of them has come. When that is too much, no other
   * one is begun before.
   */
  private void pauseForPending() {
    boolean waits = restoring.values().stream().anyMatch(Restoring::isTooMuchPending);
    Set<TopicPartition> paused = new HashSet<>();
    restoring.forEach(
        (tp, each) -> {
          if (waits && each.end == NEVER && !each.isPending()) {
            paused.add(tp);
          }
        });
    Set<TopicPartition> before = consumer.paused();
    if (!paused.equals(before)) {
      consumer.resume(before);
      consumer.pause(paused);
    }
  }

  /**
   * The changelog was deleted under us, up to beyond where we read: begin again with what is left.
   */
  private void truncated(TopicPartition tp, Listener listener) {
    Restoring restore = restoring.get(tp);
    if (restore != null) {
      remove(tp.partition());
      listener.failed(
          restore.task,
          new StoreException(
              StoreException.Kind.CORRUPTED,
              "%s@%d was deleted while it was restored".formatted(tp, restore.position)));
    }
  }

  private static void apply(
      Restoring restore, List<ConsumerRecord<byte[], byte[]>> records, long position, Moment now) {
    boolean atEnd = position >= restore.end;
    // The last control records move the position without a record.
    if (!records.isEmpty() || (atEnd && position > restore.task.changelogOffset(restore.view))) {
      restore.task.restore(restore.view, records, position, now);
    }
    restore.read += records.size();
    restore.position = position;
  }

  private static void report(TopicPartition tp, Restoring restore, Moment now) {
    if (restore.task.status().isReadable() || restore.isReported) {
      return;
    }
    boolean done = restore.isDone();
    restore.isReported = done;
    long read = restore.read;
    long elapsedMs = (System.nanoTime() - restore.startedNanos) / 1_000_000;
    if (done && (read > 0 || restore.end > restore.from)) {
      log.info(
          "restored {} from offset {}: {} records in {} ms", tp, restore.from, read, elapsedMs);
    } else if (!done && now.steadyMs() - restore.reportedMs >= REPORT_MS) {
      restore.reportedMs = now.steadyMs();
      long perSecond = read * 1000 / Math.max(1, elapsedMs);
      long left = restore.end - restore.position;
      log.info(
          "restoring {}: {} records read, {} left, {} a second, about {} s to go",
          tp,
          read,
          left,
          perSecond,
          perSecond == 0 ? "?" : Long.toString(left / perSecond));
    }
  }

  @Override
  public void close() {
    consumer.close(CloseOptions.timeout(Duration.ofSeconds(1)));
  }
}
