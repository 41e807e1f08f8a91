package io.streamsocial.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The directory of one instance, one store a task inside, held by one process at a time.
 *
 * <pre>
 *   root/.lock                      held while open; names the process
 *   root/task-3/                    the RocksDB of task 3, a copy of each note, and .task: its name
 *   root/task-3.corrupt-1763...     set aside, the newest two are kept
 *   root/snapshots/                 copies of stores that other instances fetch
 *   root/incoming/task-3/           a store that is fetched, until it is whole and moved
 * </pre>
 *
 * What is in transfer belongs to the process that does it, so the next one deletes it.
 *
 * <p>Thread-safe, except that one task's directory belongs to the loop that runs the task.
 */
public final class StateDirectory implements AutoCloseable {
  private static final int KEPT_ASIDE = 2;
  private static final String LOCK = ".lock";
  private static final String CORRUPT = ".corrupt-";
  private static final String SNAPSHOTS = "snapshots";
  private static final String INCOMING = "incoming";
  private static final String OF_TASK = ".task";
  private static final Pattern TASK = Pattern.compile("task-(\\d{1,9})");
  // Held by this process. POSIX frees a file's lock when the process closes any handle of the file,
  // so a second attempt must be refused before it opens one.
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path root;
  private final Path held;
  // Small files beside the stores, by name: they come back with the directory.
  private final Map<String, String> notes = new TreeMap<>();
  private LockFile lock;

  private StateDirectory(Path root, Path held, LockFile lock) {
    this.root = root;
    this.held = held;
    this.lock = lock;
  }

  /**
   * The open file whose lock is held.
   *
   * @param key of the file, whatever its name is now; null where the file system has none
   */
  private record LockFile(FileChannel channel, @Nullable Object key) {}

  /**
   * Takes the directory, creating it if need be.
   *
   * @throws StoreException LOCKED when another process has it; the message names that process
   */
  public static StateDirectory lock(Path root) {
    try {
      Files.createDirectories(root);
      Path held = root.toRealPath();
      if (!HELD.add(held)) {
        throw locked(root, holder());
      }
      try {
        StateDirectory directory = new StateDirectory(root, held, lockFile(root));
        directory.deleteTransfers();
        return directory;
      } catch (IOException | RuntimeException e) {
        HELD.remove(held);
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot use the state directory %s: %s".formatted(root, e.getMessage()), e);
    }
  }

  /** They are of another process, which did not end them. */
  private void deleteTransfers() {
    try {
      delete(root.resolve(SNAPSHOTS));
      delete(root.resolve(INCOMING));
    } catch (UncheckedIOException e) {
      close();
      throw e;
    }
  }

  private static LockFile lockFile(Path root) throws IOException {
    Path file = root.resolve(LOCK);
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() == null) {
        throw locked(root, Files.readString(file).strip());
      }
      channel.truncate(0);
      String since = "%s, since %s".formatted(holder(), Instant.now());
      channel.write(ByteBuffer.wrap(since.getBytes(StandardCharsets.UTF_8)));
      return new LockFile(channel, key(file));
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static @Nullable Object key(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
  }

  /**
   * Makes sure that the directory is still there and this process's. Somebody may have deleted it:
   * then it comes back with its lock and its notes, before another process takes the empty place.
   *
   * @return false when it had to come back
   * @throws StoreException LOCKED when another process has taken it meanwhile
   * @throws UncheckedIOException when it cannot come back now
   */
  public synchronized boolean hold() {
    if (!lock.channel.isOpen()) {
      return true;
    }
    Path file = root.resolve(LOCK);
    try {
      boolean isHeld = Files.exists(file) && Objects.equals(key(file), lock.key);
      if (!isHeld) {
        Files.createDirectories(root);
        LockFile again = lockFile(root);
        lock.channel.close();
        lock = again;
      }
      for (Map.Entry<String, String> note : notes.entrySet()) {
        if (!Files.exists(root.resolve(note.getKey()))) {
          isHeld = false;
          Files.writeString(root.resolve(note.getKey()), note.getValue());
        }
      }
      return isHeld;
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot bring back the state directory %s: %s".formatted(root, e.getMessage()), e);
    }
  }

  /** The note of that name, as it was left by this process or an earlier one. */
  public Optional<String> note(String name) throws IOException {
    return read(root.resolve(name));
  }

  private static Optional<String> read(Path file) throws IOException {
    return Files.exists(file) ? Optional.of(Files.readString(file)) : Optional.empty();
  }

  /** Keeps a note beside the stores, for later processes; see {@link #hold}. */
  public synchronized void keepNote(String name, String text) throws IOException {
    if (!text.equals(note(name).orElse(null))) {
      Files.writeString(root.resolve(name), text);
    }
    notes.put(name, text);
  }

  /** The notes that this process keeps, without the ends of their lines: its topics' ids. */
  public synchronized SortedMap<String, String> notes() {
    SortedMap<String, String> stripped = new TreeMap<>();
    notes.forEach((name, text) -> stripped.put(name, text.strip()));
    return stripped;
  }

  /** Deletes a note, and its copies in the tasks' directories. */
  public synchronized void dropNote(String name) throws IOException {
    notes.remove(name);
    Files.deleteIfExists(root.resolve(name));
    for (int partition : tasks()) {
      Files.deleteIfExists(task(partition).resolve(name));
    }
  }

  /**
   * Copies the notes into a task's directory, which may be moved or copied without the others, and
   * says there whose it is.
   */
  public synchronized void keepNotesIn(int partition) throws IOException {
    for (Map.Entry<String, String> note : notes.entrySet()) {
      keepNoteIn(partition, note.getKey(), note.getValue());
    }
    keepNoteIn(partition, OF_TASK, task(partition).getFileName() + "\n");
  }

  private void keepNoteIn(int partition, String name, String text) throws IOException {
    if (!text.equals(noteIn(partition, name).orElse(null))) {
      Files.writeString(task(partition).resolve(name), text);
    }
  }

  /** The name of the task for which the directory was made; its own when nothing says so. */
  public String madeFor(int partition) throws IOException {
    return noteIn(partition, OF_TASK).orElse(task(partition).getFileName().toString()).trim();
  }

  /** The copy of a note in a task's directory. */
  public Optional<String> noteIn(int partition, String name) throws IOException {
    return read(task(partition).resolve(name));
  }

  private static String holder() {
    return "pid " + ProcessHandle.current().pid();
  }

  private static StoreException locked(Path root, String holder) {
    return new StoreException(
        StoreException.Kind.LOCKED,
        "the state directory %s is used by another process (%s): stop that one, or give this instance its own id or state directory"
            .formatted(root, holder.isEmpty() ? "unknown" : holder));
  }

  public Path task(int partition) {
    return root.resolve("task-" + partition);
  }

  /** Free space of the file system, as far as this process may use it. */
  public long usableBytes() throws IOException {
    return Files.getFileStore(root).getUsableSpace();
  }

  public Path root() {
    return root;
  }

  /** The partitions that have a store here, sound or not; ascending. */
  public SortedSet<Integer> tasks() {
    return new TreeSet<>(tasks(root).keySet());
  }

  /**
   * The stores in a directory that exists, whoever holds it.
   *
   * @return by partition
   */
  public static SortedMap<Integer, Path> tasks(Path root) {
    SortedMap<Integer, Path> tasks = new TreeMap<>();
    for (Path file : files(root)) {
      Matcher task = TASK.matcher(file.getFileName().toString());
      if (task.matches()) {
        tasks.put(Integer.parseInt(task.group(1)), file);
      }
    }
    return tasks;
  }

  /** Damaged stores that were moved out of the way; by name. */
  public List<Path> damaged() {
    return files(root).stream().filter(f -> f.getFileName().toString().contains(CORRUPT)).toList();
  }

  private static List<Path> files(Path root) {
    try (Stream<Path> files = Files.list(root)) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list the state directory " + root, e);
    }
  }

  /**
   * Deletes all stores, and the damaged ones too. The directory itself stays, and stays locked: a
   * process that starts meanwhile must not find half of the stores.
   */
  public void deleteStores() {
    try {
      for (int partition : tasks()) {
        deleteTree(task(partition));
      }
      for (Path copy : damaged()) {
        deleteTree(copy);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete under " + root, e);
    }
  }

  /** Bytes of all files under a directory. Files that vanish meanwhile count as empty. */
  public static long bytes(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.mapToLong(file -> file.toFile().isFile() ? file.toFile().length() : 0).sum();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list " + directory, e);
    }
  }

  /** Whether the partition has a store here, sound or not. */
  public boolean hasTask(int partition) {
    return Files.isDirectory(task(partition));
  }

  /**
   * Moves a damaged store out of the way, keeping it for a post-mortem; returns where it is now.
   */
  public Path setAside(int partition, long nowMs) {
    Path damaged = task(partition);
    Path aside = aside(partition, nowMs);
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

  /** An unused name: two stores may be set aside at the same millisecond. */
  private Path aside(int partition, long nowMs) {
    for (long at = nowMs; ; at++) {
      Path aside = root.resolve("task-%d.corrupt-%d".formatted(partition, at));
      if (!Files.exists(aside)) {
        return aside;
      }
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

  /**
   * Deletes a directory with all that is in it, if it is there.
   *
   * @throws UncheckedIOException when some of it cannot be deleted
   */
  public static void delete(Path directory) {
    try {
      if (Files.exists(directory)) {
        deleteTree(directory);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete " + directory, e);
    }
  }

  /** Where copies lie that other instances fetch. */
  public Path snapshots() {
    return root.resolve(SNAPSHOTS);
  }

  /** Where a store lies that is fetched, until {@link #install}. */
  public Path incoming(int partition) {
    return root.resolve(INCOMING).resolve(task(partition).getFileName());
  }

  /**
   * Makes the fetched store the partition's own, at once or not at all.
   *
   * @throws UncheckedIOException when it cannot be moved, also because there is a store by now
   */
  public void install(int partition) {
    Path to = task(partition);
    try {
      if (Files.exists(to)) {
        throw new FileAlreadyExistsException(to.toString());
      }
      Files.move(incoming(partition), to, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot move the store that was fetched to " + to, e);
    }
  }

  private static void deleteTree(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** Frees the directory for other processes. Idempotent. */
  @Override
  public synchronized void close() {
    if (!lock.channel.isOpen()) {
      return;
    }
    try {
      lock.channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot free the state directory " + root, e);
    } finally {
      HELD.remove(held);
    }
  }
}
