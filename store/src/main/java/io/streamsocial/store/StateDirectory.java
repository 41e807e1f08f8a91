package io.streamsocial.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The directory of one instance, one store a task inside, held by one process at a time.
 *
 * <pre>
 *   root/.lock                      held while open; says who holds it
 *   root/task-3/                    the RocksDB of task 3
 *   root/task-3.corrupt-1763...     set aside, the newest two are kept
 * </pre>
 *
 * Thread-safe, except that one task's directory belongs to the loop that runs the task.
 */
public final class StateDirectory implements AutoCloseable {
  private static final int KEPT_ASIDE = 2;

  private final Path root;
  private final FileChannel channel;

  private StateDirectory(Path root, FileChannel channel) {
    this.root = root;
    this.channel = channel;
  }

  /**
   * Takes the directory, creating it if need be.
   *
   * @throws StoreException LOCKED when another process has it; the message names that process
   */
  public static StateDirectory lock(Path root) {
    Path file = root.resolve(".lock");
    try {
      Files.createDirectories(root);
      FileChannel channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      if (!tryLock(channel)) {
        String holder = Files.readString(file).strip();
        channel.close();
        throw new StoreException(
            StoreException.Kind.LOCKED,
            "the state directory %s is used by another process (%s): stop that one, or give this instance its own id or state directory"
                .formatted(root, holder.isEmpty() ? "unknown" : holder));
      }
      channel.truncate(0);
      String holder = "pid %d, since %s".formatted(ProcessHandle.current().pid(), Instant.now());
      channel.write(ByteBuffer.wrap(holder.getBytes(StandardCharsets.UTF_8)));
      return new StateDirectory(root, channel);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot use the state directory %s: %s".formatted(root, e.getMessage()), e);
    }
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false; // held by this very process
    }
  }

  public Path task(int partition) {
    return root.resolve("task-" + partition);
  }

  /**
   * Moves a damaged store out of the way, keeping it for a post-mortem; returns where it is now.
   */
  public Path setAside(int partition, long nowMs) {
    Path damaged = task(partition);
    Path aside = root.resolve("task-%d.corrupt-%d".formatted(partition, nowMs));
    try {
      if (Files.exists(damaged)) {
        Files.move(damaged, aside, StandardCopyOption.ATOMIC_MOVE);
      }
      forgetOldest(partition);
      return aside;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot set aside " + damaged, e);
    }
  }

  private void forgetOldest(int partition) throws IOException {
    List<Path> aside;
    String prefix = "task-%d.corrupt-".formatted(partition);
    try (Stream<Path> files = Files.list(root)) {
      aside =
          files
              .filter(f -> f.getFileName().toString().startsWith(prefix))
              .sorted(Comparator.comparing((Path f) -> f.getFileName().toString()).reversed())
              .toList();
    }
    for (Path old : aside.subList(Math.min(KEPT_ASIDE, aside.size()), aside.size())) {
      deleteTree(old);
    }
  }

  private static void deleteTree(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** Frees the directory for other processes. */
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot free the state directory " + root, e);
    }
  }
}
