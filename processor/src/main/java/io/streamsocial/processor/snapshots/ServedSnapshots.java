package io.streamsocial.processor.snapshots;

import io.streamsocial.processor.Moment;
import io.streamsocial.processor.snapshots.RefusedSnapshotException.Kind;
import io.streamsocial.processor.task.CountTask;
import io.streamsocial.processor.task.ReadableTasks;
import io.streamsocial.store.StateDirectory;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.TaskStore;
import io.streamsocial.store.snapshots.SnapshotException;
import io.streamsocial.store.snapshots.SnapshotManifest;
import io.streamsocial.store.snapshots.TakenSnapshot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The snapshots that other instances fetch from this one: {@value #MAX} at once, each deleted when
 * its reader has it, when nobody has read of it for {@value #IDLE_MS} ms, or for {@value
 * #CONTENDED_MS} ms where another one waits for its place, or after {@value #LIFE_MS} ms. While it
 * is there, files stay on disk that its store has done with: at most the size of the store once
 * more. All of them together are read no faster than the configured rate.
 *
 * <p>Any thread, but one that may wait: for a flush, for the disk, for the rate.
 */
public final class ServedSnapshots {
  private static final Logger log = LoggerFactory.getLogger(ServedSnapshots.class);
  static final int MAX = 2;
  static final long IDLE_MS = 30_000;
  // A reader that was killed and is back does not find the places taken by its former life.
  static final long CONTENDED_MS = 5_000;
  static final long LIFE_MS = 3_600_000;
  private static final long END_MS = 3_000;

  private final ReadableTasks tasks;
  private final List<TaskStore.Spec> views;
  private final StateDirectory directory;
  private final StoreMemory memory;
  private final long bytesPerSecond;
  private final Supplier<Moment> clock;
  private final Map<String, Served> served = new HashMap<>();
  private int opening;
  private boolean closed;
  private long freeNanos = System.nanoTime(); // when the bytes given so far fit the rate
  private final AtomicLong taken = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();

  /**
   * @param views that each task has
   * @param bytesPerSecond of all together; 0 to give none
   */
  public ServedSnapshots(
      ReadableTasks tasks,
      List<TaskStore.Spec> views,
      StateDirectory directory,
      StoreMemory memory,
      long bytesPerSecond,
      Supplier<Moment> clock) {
    this.tasks = tasks;
    this.views = List.copyOf(views);
    this.directory = directory;
    this.memory = memory;
    this.bytesPerSecond = bytesPerSecond;
    this.clock = clock;
  }

  private static final class Served {
    private final TakenSnapshot snapshot;
    private final long takenMs;
    private long usedMs;
    private int readers;

    Served(TakenSnapshot snapshot, long nowMs) {
      this.snapshot = snapshot;
      this.takenMs = nowMs;
      this.usedMs = nowMs;
    }

    boolean isOver(long nowMs, long idleMs) {
      return nowMs - takenMs > LIFE_MS || (readers == 0 && nowMs - usedMs > idleMs);
    }
  }

  /**
   * A snapshot that was taken.
   *
   * @param id by which it is read and released
   */
  public record Opened(String id, SnapshotManifest manifest) {}

  /** Takes a snapshot of a partition's stores, which must be readable here. */
  public Opened open(int partition) throws RefusedSnapshotException {
    deleteIdle(running() < MAX ? IDLE_MS : CONTENDED_MS);
    CountTask task = begin(partition);
    String id = UUID.randomUUID().toString();
    TakenSnapshot snapshot = null;
    try {
      snapshot =
          TakenSnapshot.of(
              task.store(0),
              partition,
              views,
              directory.notes(),
              directory.snapshots().resolve(id),
              memory);
      if (!isGivenInTime(snapshot.manifest().bytes())) {
        delete(snapshot);
        long bytes = snapshot.manifest().bytes();
        snapshot = null;
        throw tooLarge(partition, bytes);
      }
      log.info(
          "another instance fetches partition {}: {} files, {} bytes",
          partition,
          snapshot.manifest().files().size(),
          snapshot.manifest().bytes());
      return new Opened(id, snapshot.manifest());
    } catch (StoreException e) {
      throw e.kind() == StoreException.Kind.CLOSED
          ? refusal(Kind.NOT_HERE, "partition %d is being closed".formatted(partition))
          : failed(partition, e);
    } catch (UncheckedIOException e) {
      throw failed(partition, e);
    } finally {
      end(id, snapshot);
    }
  }

  /** With as many readers as may be. One that is given up at its end was all in vain. */
  private boolean isGivenInTime(long size) {
    return size / bytesPerSecond * MAX <= LIFE_MS / 1_000;
  }

  private RefusedSnapshotException tooLarge(int partition, long size) {
    String why =
        "%d MB of partition %d take more than %d minutes at %d bytes a second, shared by %d: raise --snapshot-bytes-per-second there"
            .formatted(size >> 20, partition, LIFE_MS / 60_000, bytesPerSecond, MAX);
    log.warn("no snapshot is given: {}", why);
    return refusal(Kind.NOT_HERE, why);
  }

  private synchronized CountTask begin(int partition) throws RefusedSnapshotException {
    if (bytesPerSecond == 0 || closed) {
      throw refusal(
          Kind.NOT_HERE, "no snapshots are given here, by --snapshot-bytes-per-second or a stop");
    }
    CountTask task = tasks.byPartition().get(partition);
    if (task == null || task.view() == null) {
      throw refusal(Kind.NOT_HERE, "partition %d cannot be read here".formatted(partition));
    }
    if (served.size() + opening >= MAX) {
      throw refusal(Kind.BUSY, "%d snapshots are being fetched, as many as allowed".formatted(MAX));
    }
    opening++;
    return task;
  }

  private void end(String id, @Nullable TakenSnapshot snapshot) {
    boolean isLate;
    synchronized (this) {
      opening--;
      notifyAll();
      isLate = closed;
      if (snapshot != null && !isLate) {
        served.put(id, new Served(snapshot, clock.get().steadyMs()));
        taken.incrementAndGet();
      }
    }
    if (snapshot != null && isLate) {
      delete(snapshot);
    }
  }

  private RefusedSnapshotException refusal(Kind kind, String why) {
    refused.incrementAndGet();
    return new RefusedSnapshotException(kind, why);
  }

  private RefusedSnapshotException failed(int partition, RuntimeException e) {
    log.warn("no snapshot of partition {} can be given: {}", partition, e.getMessage());
    return refusal(Kind.FAILED, "it cannot take one: " + e.getMessage());
  }

  /**
   * Reads a part of a file, not before the rate allows it.
   *
   * @param bytesMax 1 or more
   */
  public byte[] read(String id, String file, long from, int bytesMax)
      throws RefusedSnapshotException, InterruptedException {
    Served snapshot = use(id);
    try {
      byte[] part = snapshot.snapshot.read(file, from, bytesMax);
      pace(part.length);
      bytes.addAndGet(part.length);
      return part;
    } catch (SnapshotException e) {
      throw refusal(Kind.UNKNOWN, String.valueOf(e.getMessage())); // it has no such part
    } catch (IOException e) {
      throw refusal(Kind.FAILED, String.valueOf(e.getMessage()));
    } finally {
      used(snapshot);
    }
  }

  private synchronized Served use(String id) throws RefusedSnapshotException {
    Served snapshot = served.get(id);
    if (snapshot == null) {
      throw refusal(Kind.UNKNOWN, "there is no such snapshot, any more");
    }
    snapshot.readers++;
    return snapshot;
  }

  private synchronized void used(Served snapshot) {
    snapshot.readers--;
    snapshot.usedMs = clock.get().steadyMs();
  }

  /** Waits until the bytes given before these fit the rate. */
  private void pace(int count) throws InterruptedException {
    long waitNanos;
    synchronized (this) {
      long now = System.nanoTime();
      waitNanos = Math.max(0, freeNanos - now);
      freeNanos = now + waitNanos + count * 1_000_000_000L / bytesPerSecond;
    }
    TimeUnit.NANOSECONDS.sleep(waitNanos);
  }

  /** Its reader has all of it, or has given up. Does nothing when it is deleted already. */
  public void release(String id) {
    Served snapshot;
    synchronized (this) {
      snapshot = served.remove(id);
    }
    if (snapshot != null) {
      delete(snapshot.snapshot);
    }
  }

  /** Deletes those that nobody reads any more; to be called now and then. */
  public void deleteIdle() {
    deleteIdle(IDLE_MS);
  }

  private void deleteIdle(long idleMs) {
    List<TakenSnapshot> idle = new ArrayList<>();
    synchronized (this) {
      long nowMs = clock.get().steadyMs();
      served
          .values()
          .removeIf(
              each -> {
                boolean isOver = each.isOver(nowMs, idleMs);
                if (isOver) {
                  idle.add(each.snapshot);
                }
                return isOver;
              });
    }
    idle.forEach(ServedSnapshots::delete);
  }

  private static void delete(TakenSnapshot snapshot) {
    try {
      snapshot.close();
    } catch (UncheckedIOException e) {
      log.warn("{}; the next start deletes it", e.getMessage());
    }
  }

  /** How many are there now, those being taken included. */
  public synchronized int running() {
    return served.size() + opening;
  }

  /** Snapshots taken since the start. */
  public long taken() {
    return taken.get();
  }

  /** Bytes given since the start. */
  public long bytes() {
    return bytes.get();
  }

  /** Requests refused since the start. */
  public long refused() {
    return refused.get();
  }

  /**
   * Gives no more, and deletes all. Idempotent.
   *
   * @return false when some thread still uses the memory of the stores
   */
  public boolean end() {
    List<String> all;
    boolean isQuiet;
    synchronized (this) {
      closed = true;
      all = List.copyOf(served.keySet());
      isQuiet = awaitOpened();
    }
    all.forEach(this::release);
    return isQuiet;
  }

  private synchronized boolean awaitOpened() {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(END_MS);
    try {
      for (long left = END_MS; opening > 0 && left > 0; ) {
        wait(left);
        left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return opening == 0;
  }
}
