package io.streamsocial.cli.shell;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a command knows of the process around it.
 *
 * @param out for data
 * @param err for messages
 * @param terminal whether err is a terminal
 * @param environment variables
 * @param shutdown completed when the process is asked to end
 */
public record Shell(
    PrintWriter out,
    PrintWriter err,
    boolean terminal,
    Environment environment,
    Shutdown shutdown) {

  /** Prints a message. */
  public void say(String line) {
    err.println(line);
    err.flush();
  }

  /**
   * {@link System#console} answers only for stdin and stdout. Without /proc the answer is no, which
   * costs no more than the progress line.
   */
  public static boolean stderrIsTerminal() {
    return isTerminal(2);
  }

  /** As {@link #stderrIsTerminal}, for stdout. */
  public static boolean stdoutIsTerminal() {
    return isTerminal(1);
  }

  private static boolean isTerminal(int descriptor) {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }
}
