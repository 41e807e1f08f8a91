package io.streamsocial.http.auth;

import io.streamsocial.http.Hash;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The value that a few small files hold together, as they are now: certificates and secrets are
 * rotated while an instance runs. When the files cannot be used, the last usable value stays, and
 * the log says so once. One thread refreshes, any thread reads.
 */
final class Reloaded<T> {
  private static final Logger log = LoggerFactory.getLogger(Reloaded.class);
  private static final int BYTES_MAX = 1 << 20;

  private final String option;
  private final List<Path> files;
  private final Loader<T> loader;
  private byte[] seen;
  private String reported = "";
  private volatile T value;

  /** Makes sense of the contents, which are in the order of the files. */
  @FunctionalInterface
  interface Loader<T> {
    T load(List<byte[]> contents) throws UnusableFileException;
  }

  private Reloaded(String option, List<Path> files, Loader<T> loader) throws UnusableFileException {
    this.option = option;
    this.files = files;
    this.loader = loader;
    List<byte[]> contents = read();
    seen = Hash.sha256(contents);
    value = load(contents);
  }

  /**
   * @param option that names the files, for messages
   * @throws UnusableFileException when they cannot be used at the start, saying which option
   */
  static <T> Reloaded<T> open(String option, List<Path> files, Loader<T> loader)
      throws UnusableFileException {
    return new Reloaded<>(option, List.copyOf(files), loader);
  }

  T value() {
    return value;
  }

  /** Compares the bytes: times say nothing where links are switched. */
  void refresh() {
    try {
      List<byte[]> contents = read();
      byte[] now = Hash.sha256(contents);
      if (Arrays.equals(now, seen)) {
        reported = "";
        return;
      }
      value = load(contents);
      seen = now;
      reported = "";
      log.info("{} has changed and is in use now", option);
    } catch (UnusableFileException e) {
      String problem = String.valueOf(e.getMessage());
      if (!problem.equals(reported)) {
        reported = problem;
        log.error("{}; the one before stays in use", problem);
      }
    }
  }

  private T load(List<byte[]> contents) throws UnusableFileException {
    try {
      return loader.load(contents);
    } catch (UnusableFileException e) {
      throw new UnusableFileException("%s is %s: %s".formatted(option, names(), e.getMessage()));
    } catch (RuntimeException e) {
      // From a parser that met unexpected input; its message may quote the file.
      throw new UnusableFileException("%s is %s: cannot be read".formatted(option, names()));
    }
  }

  private List<byte[]> read() throws UnusableFileException {
    List<byte[]> contents = new ArrayList<>();
    for (Path file : files) {
      contents.add(read(file));
    }
    return contents;
  }

  private byte[] read(Path file) throws UnusableFileException {
    try {
      if (Files.size(file) > BYTES_MAX) {
        throw new UnusableFileException(
            "%s is %s: it has more than %d bytes, so it is another file"
                .formatted(option, file, BYTES_MAX));
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      String reason =
          e instanceof NoSuchFileException ? "there is no such file" : "cannot be read: " + e;
      throw new UnusableFileException("%s is %s: %s".formatted(option, file, reason));
    }
  }

  private String names() {
    return String.join(", ", files.stream().map(Path::toString).toList());
  }
}
