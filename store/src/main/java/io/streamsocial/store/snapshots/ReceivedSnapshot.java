package io.streamsocial.store.snapshots;

import io.streamsocial.store.StateDirectory;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.TaskStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * A snapshot that comes file by file into a directory which nobody takes for a store: it becomes
 * one when it is whole and {@link #verify} has opened it. One thread.
 */
public final class ReceivedSnapshot {
  private static final long ROOM_BYTES = 64L << 20;

  private final Path dir;
  private final SnapshotManifest manifest;
  private final FreeSpace freeSpace;

  private ReceivedSnapshot(Path dir, SnapshotManifest manifest, FreeSpace freeSpace) {
    this.dir = dir;
    this.manifest = manifest;
    this.freeSpace = freeSpace;
  }

  /** Asks the file system of a directory. */
  interface FreeSpace {
    /** Bytes that this process may write there. */
    long of(Path dir) throws IOException;
  }

  /**
   * Makes an empty directory for it.
   *
   * @param dir what was left there is deleted
   * @throws SnapshotException when the disk has no room for it
   */
  public static ReceivedSnapshot begin(Path dir, SnapshotManifest manifest)
      throws SnapshotException {
    return begin(dir, manifest, each -> Files.getFileStore(each).getUsableSpace());
  }

  static ReceivedSnapshot begin(Path dir, SnapshotManifest manifest, FreeSpace freeSpace)
      throws SnapshotException {
    try {
      StateDirectory.delete(dir);
      Files.createDirectories(dir);
      ReceivedSnapshot begun = new ReceivedSnapshot(dir, manifest, freeSpace);
      begun.requireRoom("the snapshot", manifest.bytes());
      return begun;
    } catch (IOException | UncheckedIOException e) {
      throw new SnapshotException("cannot write in %s: %s".formatted(dir, e.getMessage()), e);
    }
  }

  /** Stores that run here need some of the disk, or they stall. */
  private void requireRoom(String what, long bytes) throws SnapshotException, IOException {
    long free = freeSpace.of(dir);
    if (free < bytes + ROOM_BYTES) {
      throw new SnapshotException(
          "%s takes %d MB, %d MB are to stay free, and the disk of %s has %d MB left: free some space"
              .formatted(what, bytes >> 20, ROOM_BYTES >> 20, dir, free >> 20));
    }
  }

  /**
   * Begins a file of the manifest, which its caller closes.
   *
   * @throws SnapshotException when the disk has no room for it any more
   */
  public Arriving begin(SnapshotFile file) throws SnapshotException {
    try {
      requireRoom("file " + file.name(), file.bytes());
      return new Arriving(
          file,
          FileChannel.open(
              dir.resolve(file.name()), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
    } catch (IOException e) {
      throw unwritten(file, e);
    }
  }

  /** A file that comes part by part. */
  public final class Arriving implements AutoCloseable {
    private final SnapshotFile file;
    private final FileChannel channel;
    private final CRC32C checksum = new CRC32C();
    private long at;

    private Arriving(SnapshotFile file, FileChannel channel) {
      this.file = file;
      this.channel = channel;
    }

    /** The next byte that it lacks. */
    public long at() {
      return at;
    }

    public boolean isWhole() {
      return at == file.bytes();
    }

    /**
     * @param part the bytes from {@link #at} on
     * @throws SnapshotException when there are too many of them, or the disk does not take them
     */
    public void append(byte[] part) throws SnapshotException {
      if (at + part.length > file.bytes()) {
        throw new SnapshotException(
            "file %s has more bytes than %d".formatted(file.name(), file.bytes()));
      }
      checksum.update(part);
      try {
        ByteBuffer bytes = ByteBuffer.wrap(part);
        while (bytes.hasRemaining()) {
          int unused = channel.write(bytes);
        }
      } catch (IOException e) {
        throw unwritten(file, e);
      }
      at += part.length;
    }

    /**
     * It has come: checks it, and has it on disk when this returns.
     *
     * @throws SnapshotException when it is not what the manifest says
     */
    public void end() throws SnapshotException {
      if (!isWhole() || checksum.getValue() != file.crc32c()) {
        throw new SnapshotException(
            "file %s came with %d bytes and checksum %08x, the manifest says %d and %08x"
                .formatted(file.name(), at, checksum.getValue(), file.bytes(), file.crc32c()));
      }
      try {
        channel.force(true);
      } catch (IOException e) {
        throw unwritten(file, e);
      }
    }

    @Override
    public void close() throws SnapshotException {
      try {
        channel.close();
      } catch (IOException e) {
        throw unwritten(file, e);
      }
    }
  }

  private SnapshotException unwritten(SnapshotFile file, IOException e) {
    return new SnapshotException(
        "cannot write %s in %s: %s".formatted(file.name(), dir, e.getMessage()), e);
  }

  /**
   * All files have come: reads each block of them, opens them as the task will, and compares what
   * they hold with what the manifest says.
   *
   * @throws SnapshotException when it is no sound store of these views at these positions
   */
  public void verify(List<TaskStore.Spec> specs, StoreMemory memory) throws SnapshotException {
    Map<String, SnapshotView> views = new HashMap<>();
    manifest.views().forEach(view -> views.put(view.name(), view));
    try {
      // Their checksums were made of the bytes on the other disk, sound or not.
      TaskStore.verify(dir);
    } catch (StoreException | UncheckedIOException e) {
      throw new SnapshotException("its snapshot is damaged: " + e.getMessage(), e);
    }
    try (TaskStore stores = TaskStore.open(dir, specs, memory)) {
      for (int i = 0; i < specs.size(); i++) {
        SnapshotView found = SnapshotView.of(specs.get(i), stores.view(i).position());
        SnapshotView said = views.get(found.name());
        if (!found.equals(said)) {
          throw new SnapshotException(
              "its snapshot has %s, its manifest says %s".formatted(found, said));
        }
      }
    } catch (StoreException | UncheckedIOException e) {
      throw new SnapshotException("its snapshot cannot be opened: " + e.getMessage(), e);
    }
  }

  /** Deletes all of it. */
  public void discard() {
    StateDirectory.delete(dir);
  }
}
