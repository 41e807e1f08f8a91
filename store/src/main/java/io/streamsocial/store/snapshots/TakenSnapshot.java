package io.streamsocial.store.snapshots;

import io.streamsocial.store.Position;
import io.streamsocial.store.ReadOnlyStore;
import io.streamsocial.store.StateDirectory;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.TaskStore;
import io.streamsocial.store.ViewStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * The files of a task's stores at one moment, under another name. They are hard links, so they take
 * no room until the store itself has done with a file, and they stay as they are while it is
 * written. Its owner closes it, which deletes it. Thread-safe: files are only read.
 */
public final class TakenSnapshot implements AutoCloseable {
  private static final int BUFFER_BYTES = 256 << 10;

  private final Path dir;
  private final SnapshotManifest manifest;
  private final Map<String, SnapshotFile> files = new HashMap<>();

  private TakenSnapshot(Path dir, SnapshotManifest manifest) {
    this.dir = dir;
    this.manifest = manifest;
    manifest.files().forEach(file -> files.put(file.name(), file));
  }

  /**
   * Takes a snapshot, and reads all of it for its checksums: as long as a flush and the reading
   * take. Any thread; the store may be closed meanwhile.
   *
   * @param store one of the task's views
   * @param views all that the task has, in any order
   * @param identity the ids of the topics that the stores are made of
   * @param dir that does not exist yet, beside the store
   * @throws StoreException CLOSED, FULL or CORRUPTED; nothing is left then
   */
  public static TakenSnapshot of(
      ViewStore store,
      int partition,
      List<TaskStore.Spec> views,
      SortedMap<String, String> identity,
      Path dir,
      StoreMemory memory) {
    try {
      Files.createDirectories(dir.getParent());
      store.link(dir);
      List<SnapshotFile> files = files(dir);
      List<SnapshotView> described = new ArrayList<>();
      for (TaskStore.Spec view : views) {
        described.add(SnapshotView.of(view, position(dir, view, memory)));
      }
      return new TakenSnapshot(
          dir,
          new SnapshotManifest(SnapshotManifest.FORMAT, partition, identity, described, files));
    } catch (IOException e) {
      StateDirectory.delete(dir);
      throw new UncheckedIOException(
          "cannot take a snapshot in %s: %s".formatted(dir, e.getMessage()), e);
    } catch (RuntimeException e) {
      StateDirectory.delete(dir);
      throw e;
    }
  }

  /** The snapshot's own: the store goes on meanwhile. */
  private static Position position(Path dir, TaskStore.Spec view, StoreMemory memory) {
    try (ReadOnlyStore copy =
        ReadOnlyStore.open(dir, view.name(), view.kind(), view.lanes(), memory)) {
      return copy.position();
    }
  }

  private static List<SnapshotFile> files(Path dir) throws IOException {
    List<SnapshotFile> files = new ArrayList<>();
    try (Stream<Path> all = Files.list(dir)) {
      for (Path file : all.sorted().toList()) {
        String name = file.getFileName().toString();
        if (SnapshotFile.isName(name)) {
          files.add(described(file, name));
        }
      }
    }
    return files;
  }

  private static SnapshotFile described(Path file, String name) throws IOException {
    CRC32C checksum = new CRC32C();
    byte[] buffer = new byte[BUFFER_BYTES];
    long bytes = 0;
    try (InputStream in = Files.newInputStream(file)) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        checksum.update(buffer, 0, read);
        bytes += read;
      }
    }
    return new SnapshotFile(name, bytes, checksum.getValue());
  }

  public SnapshotManifest manifest() {
    return manifest;
  }

  /**
   * A part of a file. May wait for the disk.
   *
   * @param from the first byte, within the file
   * @param bytesMax 1 or more; fewer are read where the file ends
   * @throws SnapshotException when there is no such part
   * @throws IOException when it cannot be read, as after {@link #close}
   */
  public byte[] read(String name, long from, int bytesMax) throws SnapshotException, IOException {
    SnapshotFile file = files.get(name);
    if (file == null || from < 0 || from >= Math.max(1, file.bytes())) {
      throw new SnapshotException("the snapshot has no byte %d of a file %s".formatted(from, name));
    }
    ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(bytesMax, file.bytes() - from));
    try (FileChannel channel = FileChannel.open(dir.resolve(name), StandardOpenOption.READ)) {
      while (bytes.hasRemaining()) {
        if (channel.read(bytes, from + bytes.position()) < 0) {
          throw new IOException(name + " is shorter than it was");
        }
      }
    }
    return bytes.array();
  }

  /** Deletes the links; a part that is being read is still read. Idempotent. */
  @Override
  public void close() {
    StateDirectory.delete(dir);
  }
}
