package io.streamsocial.cli.state;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.UserPrincipal;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Checks that all of a state directory belongs to one user. A command that once ran as root leaves
 * files that the service cannot write, which only shows hours later, at the first compaction.
 */
final class StateOwner {
  private StateOwner() {}

  /**
   * The problem and its cure; empty when all is well, or the file system knows no owners.
   *
   * @throws IOException when the directory cannot be read
   */
  static Optional<String> problem(Path directory) throws IOException {
    if (!directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      return Optional.empty();
    }
    UserPrincipal owner = attributes(directory).owner();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
          continue; // a running instance deletes what it has merged
        }
        PosixFileAttributes attributes = attributes(file);
        if (!attributes.owner().equals(owner)) {
          return Optional.of(
              "%s belongs to %s, its directory to %s: a command has run as another user; chown -R %s %s"
                  .formatted(file, attributes.owner(), owner, owner, directory));
        }
        if (attributes.permissions().contains(PosixFilePermission.OTHERS_WRITE)
            && !attributes.isSymbolicLink()) {
          return Optional.of(
              "%s can be written by everybody: chmod -R o-w %s".formatted(file, directory));
        }
        if (!Files.isWritable(file)) {
          return Optional.of(
              "%s cannot be written by this user: run this and serve as %s, or chown -R it"
                  .formatted(file, owner));
        }
      }
    }
    return Optional.empty();
  }

  private static PosixFileAttributes attributes(Path file) throws IOException {
    return Files.readAttributes(file, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
  }
}
