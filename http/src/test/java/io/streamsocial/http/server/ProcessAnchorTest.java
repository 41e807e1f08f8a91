package io.streamsocial.http.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** In processes of their own, as how long one lives is the question. */
@Timeout(120)
final class ProcessAnchorTest {
  /** A program that does nothing but open an anchor, and perhaps close it. */
  static final class Program {
    private Program() {}

    public static void main(String[] args) {
      ProcessAnchor anchor = new ProcessAnchor();
      if (args[0].equals("close")) {
        anchor.close();
      }
      System.out.println("main ends");
    }
  }

  private static Process run(String what) throws Exception {
    return new ProcessBuilder(
            System.getProperty("java.home") + File.separator + "bin" + File.separator + "java",
            "-Xmx32m",
            "-cp",
            System.getProperty("java.class.path"),
            Program.class.getName(),
            what)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  @Test
  void theProcessLivesUntilItIsClosed() throws Exception {
    Process open = run("open");
    try {
      assertThat(open.inputReader().readLine()).isEqualTo("main ends");
      assertThat(open.waitFor(2, TimeUnit.SECONDS)).as("it has ended").isFalse();
    } finally {
      open.destroyForcibly().waitFor();
    }
    Process closed = run("close");
    try {
      assertThat(closed.waitFor(60, TimeUnit.SECONDS)).as("it has ended").isTrue();
      assertThat(closed.exitValue()).isZero();
    } finally {
      closed.destroyForcibly().waitFor();
    }
  }
}
