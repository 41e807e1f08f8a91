package io.streamsocial.cli;

import io.streamsocial.cli.shell.Environment;
import io.streamsocial.cli.shell.Shell;
import io.streamsocial.cli.shell.Shutdown;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;

/** A test that runs commands in its own JVM and reads what they print. */
public abstract class CommandLineCase {
  protected StringWriter out = new StringWriter();
  protected StringWriter err = new StringWriter();

  /** Adds to what earlier commands have printed. */
  protected final int run(Map<String, String> environment, String... args) {
    return run(shell(false, environment, new Shutdown()), args);
  }

  /** Forgets what earlier commands have printed. */
  protected final int runAlone(boolean terminal, String... args) {
    out = new StringWriter();
    err = new StringWriter();
    return run(shell(terminal, Map.of(), new Shutdown()), args);
  }

  protected final Shell shell(
      boolean terminal, Map<String, String> environment, Shutdown shutdown) {
    return new Shell(
        new PrintWriter(out),
        new PrintWriter(err),
        terminal,
        new Environment(environment),
        shutdown);
  }

  protected static int run(Shell shell, String... args) {
    int code = Main.run(args, shell);
    shell.out().flush();
    shell.err().flush();
    return code;
  }
}
