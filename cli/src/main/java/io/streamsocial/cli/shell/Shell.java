package io.streamsocial.cli.shell;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a command has of the process around it.
 *
 * @param out for data
 * @param err for talk
 * @param terminal whether somebody watches err
 * @param environment variables
 * @param shutdown tells when the process is asked to end
 */
public record Shell(
    PrintWriter out,
    PrintWriter err,
    boolean terminal,
    Environment environment,
    Shutdown shutdown) {

  /** A line of talk. */
  public void say(String line) {
    err.println(line);
    err.flush();
  }

  /**
   * Java's own console tells of stdin and stdout. Where there is no /proc the answer is no: then
   * there is no progress line, which harms nobody.
   */
  public static boolean stderrIsTerminal() {
    return isTerminal(2);
  }

  /** The same of stdout. */
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
