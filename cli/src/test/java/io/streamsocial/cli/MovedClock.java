package io.streamsocial.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;

/**
 * The wall clock of a child process, to be moved while it runs; its other clocks go on. A library
 * that is compiled here and preloaded there adds what this object has written to a mapped file.
 */
public final class MovedClock {
  private static final String SOURCE = "moved-clock.c";

  private final Path library;
  private final Path offset;
  private final MappedByteBuffer mapped;

  private MovedClock(Path library, Path offset, MappedByteBuffer mapped) {
    this.library = library;
    this.offset = offset;
    this.mapped = mapped;
  }

  /** Why clocks cannot be moved on this machine, if so. */
  public static Optional<String> obstacle() {
    if (!System.getProperty("os.name").equals("Linux")) {
      return Optional.of("a clock is moved by LD_PRELOAD, which is Linux's");
    }
    try {
      Process compiler = new ProcessBuilder("cc", "--version").redirectErrorStream(true).start();
      compiler.getInputStream().readAllBytes();
      return compiler.waitFor() == 0
          ? Optional.empty()
          : Optional.of("the C compiler 'cc' does not run");
    } catch (IOException e) {
      return Optional.of("there is no C compiler 'cc'");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of("interrupted");
    }
  }

  /** Compiles the library; the clock goes right until it is moved. */
  public static MovedClock compile(Path directory) throws IOException, InterruptedException {
    Path source = directory.resolve(SOURCE);
    try (InputStream in = MovedClock.class.getResourceAsStream(SOURCE)) {
      if (in == null) {
        throw new AssertionError(SOURCE + " is not among the test's resources");
      }
      Files.copy(in, source);
    }
    Path library = directory.resolve("moved-clock.so");
    Process compiler =
        new ProcessBuilder(
                "cc",
                "-shared",
                "-fPIC",
                "-O1",
                "-o",
                library.toString(),
                source.toString(),
                "-ldl")
            .redirectErrorStream(true)
            .start();
    String said = new String(compiler.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (compiler.waitFor() != 0) {
      throw new AssertionError("cc cannot compile " + SOURCE + ":\n" + said);
    }
    return new MovedClock(library, directory.resolve("offset"), map(directory.resolve("offset")));
  }

  private static MappedByteBuffer map(Path file) {
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      MappedByteBuffer mapped = channel.map(FileChannel.MapMode.READ_WRITE, 0, Long.BYTES);
      mapped.order(ByteOrder.nativeOrder());
      return mapped;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What makes a process go by this clock. */
  public Map<String, String> environment() {
    return Map.of("LD_PRELOAD", library.toString(), "MOVED_CLOCK", offset.toString());
  }

  /** From now on the clock is so far ahead of the true time; negative for behind. */
  public void moveTo(long aheadMs) {
    mapped.putLong(0, aheadMs);
  }
}
