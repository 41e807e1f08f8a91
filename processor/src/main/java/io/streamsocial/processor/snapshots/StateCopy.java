package io.streamsocial.processor.snapshots;

import io.streamsocial.store.StateDirectory;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.TaskStore;
import io.streamsocial.store.snapshots.ReceivedSnapshot;
import io.streamsocial.store.snapshots.SnapshotException;
import io.streamsocial.store.snapshots.SnapshotFile;
import io.streamsocial.store.snapshots.SnapshotManifest;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches the stores of one partition, from the first instance that has them whole. A thread of its
 * own runs it; any thread looks at it and may cancel it.
 */
public final class StateCopy implements Runnable {
  private static final Logger log = LoggerFactory.getLogger(StateCopy.class);
  private static final int HOLDERS_MAX = 3;
  private static final String GIVEN_UP = "it was given up";

  /**
   * How far it has come.
   *
   * @param from the instance that is asked; empty before the first
   * @param bytes that are here
   * @param bytesTotal of the snapshot; 0 while it is not known
   * @param records that its changelogs have, an upper bound
   */
  public record Progress(String from, long bytes, long bytesTotal, long records) {}

  private enum State {
    WAITING,
    RUNNING,
    ENDED
  }

  private final int partition;
  private final long records;
  private final SnapshotSource source;
  private final List<TaskStore.Spec> views;
  private final StateDirectory directory;
  private final StoreMemory memory;
  private final LongConsumer received;
  private final long begunNanos = System.nanoTime(); // for the log only
  private State state = State.WAITING;
  private boolean cancelled;
  private @Nullable Thread thread;
  private @Nullable SnapshotManifest arrived;
  private @Nullable String failure;
  private boolean unasked;
  private long tookMs;
  private volatile Progress progress;

  /**
   * @param received told the bytes as they come
   */
  StateCopy(
      int partition,
      long records,
      SnapshotSource source,
      List<TaskStore.Spec> views,
      StateDirectory directory,
      StoreMemory memory,
      LongConsumer received) {
    this.partition = partition;
    this.records = records;
    this.source = source;
    this.views = views;
    this.directory = directory;
    this.memory = memory;
    this.received = received;
    this.progress = new Progress("", 0, 0, records);
  }

  int partition() {
    return partition;
  }

  Progress progress() {
    return progress;
  }

  /** Nothing is done any more; how it ended is known. */
  synchronized boolean isEnded() {
    return state == State.ENDED;
  }

  /** Whether somebody has given it up. */
  synchronized boolean isCancelled() {
    return cancelled;
  }

  /** What lies in the incoming directory, whole and verified; null when nothing does. */
  synchronized @Nullable SnapshotManifest arrived() {
    return arrived;
  }

  /** Why nothing has come. */
  synchronized String failure() {
    return failure == null ? GIVEN_UP : failure;
  }

  /** Nothing has come because no other instance has it, as far as is known here. */
  synchronized boolean isWithoutHolder() {
    return unasked;
  }

  /**
   * Waits for its end.
   *
   * @param timeoutMs at most so long
   * @return whether it has ended
   */
  synchronized boolean await(long timeoutMs) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
    while (state != State.ENDED) {
      long leftMs = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (leftMs <= 0) {
        return false;
      }
      wait(leftMs);
    }
    return true;
  }

  /** For people: where it came from. */
  synchronized String summary() {
    return "%s: %d bytes in %d ms".formatted(progress.from(), progress.bytes(), tookMs);
  }

  /**
   * Ends it soon.
   *
   * @return whether it had not begun, and will not
   */
  synchronized boolean cancel() {
    cancelled = true;
    if (thread != null) {
      thread.interrupt();
    }
    return state == State.WAITING;
  }

  private synchronized boolean begin() {
    if (cancelled) {
      state = State.ENDED;
      notifyAll();
      return false;
    }
    state = State.RUNNING;
    thread = Thread.currentThread();
    return true;
  }

  /**
   * @param why nothing has come; null when nobody was asked
   */
  private synchronized void end(@Nullable SnapshotManifest whole, @Nullable String why) {
    if (cancelled) {
      discard(); // whole as it may be: once this has ended, another copy may use the directory
    }
    arrived = cancelled ? null : whole;
    failure = why;
    unasked = arrived == null && why == null;
    tookMs = (System.nanoTime() - begunNanos) / 1_000_000;
    thread = null;
    boolean unused = Thread.interrupted(); // it was meant for this copy, not for the next
    state = State.ENDED;
    notifyAll();
  }

  @Override
  public void run() {
    if (!begin()) {
      return;
    }
    SnapshotManifest whole = null;
    String why = GIVEN_UP;
    try {
      List<String> reasons = new ArrayList<>();
      whole = fetch(reasons);
      why = reasons.isEmpty() ? null : String.join("; ", reasons);
    } catch (InterruptedException e) {
      // Cancelled: its partition is not for this instance.
    } catch (RuntimeException e) {
      why = bug(e);
    } finally {
      if (whole == null) {
        discard();
      }
      end(whole, why);
    }
  }

  private @Nullable SnapshotManifest fetch(List<String> reasons) throws InterruptedException {
    for (SnapshotSource.Holder holder : source.holders(partition)) {
      if (reasons.size() == HOLDERS_MAX) {
        break;
      }
      try {
        return fetch(holder);
      } catch (SnapshotException e) {
        Progress reached = progress;
        String how =
            reached.bytesTotal() == 0
                ? ""
                : " (%d of %d bytes had come)".formatted(reached.bytes(), reached.bytesTotal());
        reasons.add(holder.name() + ": " + e.getMessage() + how);
      } catch (RuntimeException e) {
        reasons.add(holder.name() + ": " + bug(e)); // perhaps of that one's answer alone
      }
    }
    return null;
  }

  private String bug(RuntimeException e) {
    log.error("fetching the state of partition {} failed: it is a bug", partition, e);
    return "it is a bug, see the log: " + e;
  }

  private SnapshotManifest fetch(SnapshotSource.Holder holder)
      throws SnapshotException, InterruptedException {
    progress = new Progress(holder.name(), 0, 0, records);
    try (SnapshotSource.Remote remote = holder.open(partition)) {
      SnapshotManifest manifest = remote.manifest();
      manifest.require(partition, directory.notes(), views);
      progress = new Progress(holder.name(), 0, manifest.bytes(), records);
      ReceivedSnapshot snapshot = ReceivedSnapshot.begin(directory.incoming(partition), manifest);
      for (SnapshotFile file : manifest.files()) {
        receive(file, remote, snapshot);
      }
      snapshot.verify(views, memory);
      return manifest;
    }
  }

  private void receive(SnapshotFile file, SnapshotSource.Remote remote, ReceivedSnapshot into)
      throws SnapshotException, InterruptedException {
    try (ReceivedSnapshot.Arriving arriving = into.begin(file)) {
      while (!arriving.isWhole()) {
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        byte[] part = remote.read(file, arriving.at());
        arriving.append(part);
        received.accept(part.length);
        Progress before = progress;
        progress =
            new Progress(before.from(), before.bytes() + part.length, before.bytesTotal(), records);
      }
      arriving.end();
    }
  }

  /** Deletes what has come. */
  void discard() {
    try {
      StateDirectory.delete(directory.incoming(partition));
    } catch (UncheckedIOException e) {
      // The next start deletes it, and so does the next attempt.
    }
  }
}
