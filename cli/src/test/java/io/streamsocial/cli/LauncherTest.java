package io.streamsocial.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The script {@code trending}, with a java that only says what it was started for. */
@Timeout(300)
final class LauncherTest {
  /** No process has this number: Linux ends at 4,194,304. */
  private static final String WRITTEN = "serve.jsa.99999999";

  /** While it checks an archive, another command takes that over. */
  private static final String JAVA =
      """
      #!/usr/bin/env bash
      case "$*" in
        -version) echo 'openjdk version "17.0.15"' >&2 ;;
        *VerifySharedSpaces*) mv "TARGET/WRITTEN" "TARGET/serve.jsa" ;;
        *) echo started ;;
      esac
      """;

  @TempDir Path root;

  @Test
  void aCommandStartsThoughAnotherOneTakesTheArchiveOver() throws Exception {
    Path target = Files.createDirectories(root.resolve("cli/target"));
    Path script = Files.copy(Path.of("..", "trending"), root.resolve("trending"));
    Files.createFile(target.resolve("cli-1.jar"));
    Files.createFile(target.resolve(".trending-built"));
    try (RandomAccessFile archive = new RandomAccessFile(target.resolve(WRITTEN).toFile(), "rw")) {
      archive.setLength(30_000_000);
    }
    ProcessBuilder command = new ProcessBuilder("bash", script.toString(), "serve");
    command.environment().put("JAVA_HOME", jdk(target).toString());
    command.environment().remove("TRENDING_ARCHIVE");
    Process process = command.redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(said).isEqualTo("started\n");
    assertThat(process.waitFor()).isZero();
    assertThat(target.resolve("serve.jsa")).exists();
  }

  private Path jdk(Path target) throws IOException {
    Path home = root.resolve("jdk");
    Path java = Files.createDirectories(home.resolve("bin")).resolve("java");
    Files.writeString(java, JAVA.replace("TARGET", target.toString()).replace("WRITTEN", WRITTEN));
    assertThat(java.toFile().setExecutable(true)).isTrue();
    return home;
  }
}
