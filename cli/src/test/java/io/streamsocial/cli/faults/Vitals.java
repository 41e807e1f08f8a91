package io.streamsocial.cli.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * What a process holds on to, as Linux counts it.
 *
 * @param ageS since its start, in seconds
 * @param residentMb in MiB
 * @param openFiles file descriptors: files, sockets, pipes
 */
record Vitals(long ageS, long residentMb, int threads, int openFiles) {
  static Vitals of(long pid, long ageS) throws IOException {
    Path process = Path.of("/proc", Long.toString(pid));
    int openFiles;
    try (Stream<Path> files = Files.list(process.resolve("fd"))) {
      openFiles = (int) files.count();
    }
    Path status = process.resolve("status");
    return new Vitals(
        ageS, field(status, "VmRSS:") >> 10, (int) field(status, "Threads:"), openFiles);
  }

  private static long field(Path status, String name) throws IOException {
    for (String line : Files.readAllLines(status)) {
      if (line.startsWith(name)) {
        return Long.parseLong(line.substring(name.length()).replaceAll("\\D", ""));
      }
    }
    throw new IOException(status + " has no " + name);
  }

  @Override
  public String toString() {
    return "%5d s old, %4d MB resident, %3d threads, %4d open files"
        .formatted(ageS, residentMb, threads, openFiles);
  }
}
